/**
 * What can be the matter with an append-only file, one code for each kind; the README says what each means, outcomes.ts what servers do.
 */

export type AofProblemCode =
  // Bytes.
  | "AOF_TRUNCATED"
  | "AOF_OPEN_UNIT"
  | "AOF_TORN"
  | "AOF_CORRUPT"
  | "AOF_DEVIATION"
  | "AOF_RDB_DAMAGED"
  | "AOF_RDB_WARNING"
  | "AOF_MISSING_FILE"
  // Lines that are no commands.
  | "AOF_LONG_ANNOTATION"
  | "AOF_UNENDED_ANNOTATION"
  | "AOF_UNKNOWN_ANNOTATION"
  | "AOF_TIME_GOES_BACK"
  // Commands.
  | "AOF_UNKNOWN_COMMAND"
  | "AOF_MODULE_COMMAND"
  | "AOF_WRONG_ARITY"
  | "AOF_READ_COMMAND"
  | "AOF_BAD_SELECT"
  | "AOF_STRAY_EXEC"
  | "AOF_NESTED_MULTI"
  | "AOF_UNITS_WITHOUT_USER"
  // Files.
  | "AOF_DAMAGED_NOT_LAST"
  | "AOF_RDB_IN_INCREMENT"
  | "AOF_RDB_IGNORED"
  | "AOF_STRAY_FILE"
  | "AOF_LEFTOVER_REWRITE";

/**
 * What servers do with each kind of problem, how grave that is, and what an operator can do.
 *
 * For damaged bytes and commands: observed on Redis 7.0.15 and, where it may differ, Valkey 9.1.2, with `aof-load-truncated yes` (the
 * default); tests start them again. What follows an annotation without its end is drawn from aof.c, not from a second start.
 */
import type { AofServer } from "./command-table.ts";
import type { LoadedFile } from "./loaded-files.ts";
import type { AofProblemCode } from "./problem-codes.ts";
import type { AofProblem, DamageClass, ServerOutcome, Severity } from "./report.ts";

interface Consequence {
  readonly severity: Severity;
  readonly outcome: ServerOutcome;
  readonly advice: string;
}

const CUT = "repair the file: it is cut at the last whole unit, and what is removed is kept beside it";

const consequences: Readonly<Record<AofProblemCode, Consequence>> = {
  AOF_TRUNCATED: { severity: "error", outcome: "cuts", advice: CUT },
  AOF_OPEN_UNIT: { severity: "error", outcome: "cuts", advice: CUT },
  AOF_TORN: { severity: "error", outcome: "refuses", advice: CUT },
  AOF_CORRUPT: { severity: "error", outcome: "refuses", advice: CUT },
  AOF_DEVIATION: {
    severity: "error",
    outcome: "loads-other-data",
    advice: "look at the record: servers overlook this, but no server writes it, so its bytes have changed",
  },
  AOF_RDB_DAMAGED: {
    severity: "error",
    outcome: "refuses",
    advice: "bring the base back from a copy; rdb-inspect says what can still be read in it",
  },
  AOF_RDB_WARNING: {
    severity: "warning",
    outcome: "loads",
    advice: "look at the key with rdb-inspect check",
  },
  AOF_MISSING_FILE: {
    severity: "error",
    outcome: "refuses",
    advice: "bring the file back from a copy, or take its line out of the manifest and lose what was in it",
  },
  AOF_LONG_ANNOTATION: {
    severity: "error",
    outcome: "refuses",
    advice: "cut the line out of the file, it holds no data: servers take its rest for a record",
  },
  AOF_UNENDED_ANNOTATION: {
    severity: "error",
    outcome: "loads",
    advice: `${CUT}; a server would append its next record to the line, and refuse the file at the start after that`,
  },
  AOF_UNKNOWN_ANNOTATION: { severity: "note", outcome: "loads", advice: "" },
  AOF_TIME_GOES_BACK: {
    severity: "warning",
    outcome: "loads",
    advice: "a clock was set back: what is cut at a time is cut at the first line that is later",
  },
  AOF_UNKNOWN_COMMAND: {
    severity: "error",
    outcome: "refuses",
    advice: "load the file with a server that knows the command",
  },
  AOF_MODULE_COMMAND: {
    severity: "note",
    outcome: "loads",
    advice: "load the file with a server that has the module: others refuse it",
  },
  AOF_WRONG_ARITY: {
    severity: "error",
    outcome: "crashes",
    advice: "no server writes this: cut the record out, or bring the file back from a copy",
  },
  AOF_READ_COMMAND: { severity: "note", outcome: "loads", advice: "" },
  AOF_BAD_SELECT: {
    severity: "error",
    outcome: "loads-other-data",
    advice: "start the server with as many `databases`: else what follows goes into the db before",
  },
  AOF_STRAY_EXEC: {
    severity: "warning",
    outcome: "loads",
    advice: "something before it is missing: look whether the file was put together by hand",
  },
  AOF_NESTED_MULTI: {
    severity: "warning",
    outcome: "loads",
    advice: "an EXEC before it is missing: look whether the file was put together by hand",
  },
  AOF_UNITS_WITHOUT_USER: {
    severity: "error",
    outcome: "loads-other-data",
    advice: "start the server with `user default on`, or use Redis 8.6, Valkey 9.1 or later",
  },
  AOF_DAMAGED_NOT_LAST: {
    severity: "error",
    outcome: "refuses",
    advice:
      "do not start a server on it: the first start cuts the file and refuses, the second starts with a gap and says nothing",
  },
  AOF_RDB_IN_INCREMENT: {
    severity: "warning",
    outcome: "loads",
    advice: "no server writes this: look whether the manifest lists a base as an incr",
  },
  AOF_RDB_IGNORED: {
    severity: "warning",
    outcome: "loads-other-data",
    advice:
      "with `appendonly yes` a server does not look at it: start with `appendonly no`, then `CONFIG SET appendonly yes`",
  },
  AOF_STRAY_FILE: {
    severity: "note",
    outcome: "loads",
    advice: "no server reads it: remove it when nothing in it is wanted",
  },
  AOF_LEFTOVER_REWRITE: {
    severity: "warning",
    outcome: "loads",
    advice: "a rewrite did not end: look in the server's log why, or the log grows without limit",
  },
};

/** What follows from a problem at a server; for undefined, at most of them. */
export function consequenceOf(code: AofProblemCode, server: AofServer | undefined): Consequence {
  const usual = consequences[code];
  const refusesArity = code === "AOF_WRONG_ARITY" && server === "valkey-9.1";
  return refusesArity ? { ...usual, outcome: "refuses" } : usual;
}

const codes: Readonly<Record<DamageClass, AofProblemCode>> = {
  truncated: "AOF_TRUNCATED",
  torn: "AOF_TORN",
  corrupt: "AOF_CORRUPT",
};

export function codeOfClass(damageClass: DamageClass): AofProblemCode {
  return codes[damageClass];
}

/** What is wrong when the manifest lists a file that is not there. */
export function missingFileProblem({ name, path }: LoadedFile, server: AofServer | undefined): AofProblem {
  const code = "AOF_MISSING_FILE";
  return { code, path, detail: `${name} is listed and not there as a file`, ...consequenceOf(code, server) };
}

/**
 * What became of a command, and the sentences with which servers refuse one.
 *
 *   applied     the data changed
 *   unchanged   a command that was understood and changed nothing
 *   queued      stands between MULTI and EXEC; nothing has happened yet
 *   unit        EXEC: what became of each command since MULTI
 *   refused     a server answers with this error. While it loads a log, it says CRITICAL and goes on
 *   kept        cannot be applied here: the keyspace holds it, by name
 *
 * A handler throws a Refusal before it has changed anything; the keyspace catches it. Sources of the texts: server.c and t_*.c of Redis
 * 7.0 to 8.6 and Valkey 9.1.
 */

export type Outcome = Applied | Unchanged | Queued | Unit | Refusal | Kept;

interface Applied {
  readonly kind: "applied";
}

interface Unchanged {
  readonly kind: "unchanged";
}

interface Queued {
  readonly kind: "queued";
}

/** `outcomes` are those of the commands between MULTI and EXEC, in order. */
export interface Unit {
  readonly kind: "unit";
  readonly outcomes: readonly Outcome[];
}

export type KeptReason =
  /** Not a command of any server that we know: of a module, or of a release to come. */
  | "unknown-command"
  /** A command on data that this keyspace stores but cannot change: modules, vector sets, arrays. */
  | "foreign-data"
  /** A script: what it does is in the script, which only a server runs. */
  | "script"
  /** What it does was drawn at random by the server. */
  | "random"
  /** About the cluster or the scripts of a server, not about its data. */
  | "server-state";

export interface Kept {
  readonly kind: "kept";
  readonly reason: KeptReason;
}

/** Thrown by handlers. Not an Error: no stack is taken. */
export class Refusal {
  readonly kind = "refused";
  /** As the server answers it, without the dash in front. */
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export const applied: Applied = { kind: "applied" };
export const unchanged: Unchanged = { kind: "unchanged" };
export const queued: Queued = { kind: "queued" };

export function appliedIf(hasChanged: boolean): Outcome {
  return hasChanged ? applied : unchanged;
}

export const kept: { readonly [Reason in KeptReason]: Kept } = {
  "unknown-command": { kind: "kept", reason: "unknown-command" },
  "foreign-data": { kind: "kept", reason: "foreign-data" },
  script: { kind: "kept", reason: "script" },
  random: { kind: "kept", reason: "random" },
  "server-state": { kind: "kept", reason: "server-state" },
};

export const refusal = {
  wrongType: new Refusal("WRONGTYPE Operation against a key holding the wrong kind of value"),
  syntax: new Refusal("ERR syntax error"),
  notInteger: new Refusal("ERR value is not an integer or out of range"),
  notFloat: new Refusal("ERR value is not a valid float"),
  outOfRange: new Refusal("ERR value is out of range"),
  noSuchKey: new Refusal("ERR no such key"),
  sameObject: new Refusal("ERR source and destination objects are the same"),
  indexOutOfRange: new Refusal("ERR index out of range"),
  badDb: new Refusal("ERR DB index is out of range"),
  offset: new Refusal("ERR offset is out of range"),
  stringTooLong: new Refusal("ERR string exceeds maximum allowed size (proto-max-bulk-len)"),
  overflow: new Refusal("ERR increment or decrement would overflow"),
  nan: new Refusal("ERR increment would produce NaN or Infinity"),
  scoreNan: new Refusal("ERR resulting score is not a number (NaN)"),
  minMaxFloat: new Refusal("ERR min or max is not a float"),
  minMaxLex: new Refusal("ERR min or max not valid string range item"),
  badPayload: new Refusal("ERR Bad data format"),
  badPayloadSeal: new Refusal("ERR DUMP payload version or checksum are wrong"),
  busyKey: new Refusal("BUSYKEY Target key name already exists."),
  nestedMulti: new Refusal("ERR MULTI calls can not be nested"),
  execWithoutMulti: new Refusal("ERR EXEC without MULTI"),
  discardWithoutMulti: new Refusal("ERR DISCARD without MULTI"),
} as const;

/** The refusal of a command whose expiry is no time: zero, negative, or beyond 64 bits. */
export function invalidExpire(command: string): Refusal {
  return new Refusal(`ERR invalid expire time in '${command.toLowerCase()}' command`);
}

export function wrongArity(command: string): Refusal {
  return new Refusal(`ERR wrong number of arguments for '${command.toLowerCase()}' command`);
}

/**
 * What a check finds out about an append-only file, as plain data: for people by way of a tool, and for repair.
 *
 *   report
 *     files       in the order in which a server loads them
 *       damage    where a file stops being readable, what kind of damage that is, and what stands behind it
 *     problems    everything worth saying, the damage among it, each with its place and what servers do with it
 *     verdict     what may be done now
 *
 * Offsets are bytes from the start of their file. A unit is a record that servers write in one go: a single command, or
 * everything from MULTI to EXEC.
 */
import type { AofServer } from "./command-table.ts";
import type { AofRole } from "./manifest.ts";
import type { AofProblemCode } from "./problem-codes.ts";

/**
 * - truncated: the file ends inside a record, or inside MULTI; every byte that is there is right
 * - torn: bytes are zeros where a disk lost what was written last
 * - corrupt: other wrong bytes
 */
export type DamageClass = "truncated" | "torn" | "corrupt";

/** What a server does that is started on the file, with `aof-load-truncated yes`, which is the default. */
export type ServerOutcome =
  /** Starts with what was written. */
  | "loads"
  /** Cuts the end of the file and starts with what is before it. */
  | "cuts"
  /** Starts, with other data than was written. */
  | "loads-other-data"
  /** Ends with an error. */
  | "refuses"
  /** Ends by a signal. */
  | "crashes";

/** error: data is damaged or a server will not start; warning: somebody should look; note: unusual, and harmless. */
export type Severity = "error" | "warning" | "note";

export interface AofProblem {
  readonly code: AofProblemCode;
  readonly severity: Severity;
  /** Of the file, or of the directory or manifest. */
  readonly path: string;
  /** Of the first byte that cannot be explained; undefined for what concerns a file as a whole. */
  readonly offset?: number;
  /** Where its record begins. */
  readonly recordOffset?: number;
  /** Which record of the file, counted from 1; commands only. */
  readonly recordNumber?: number;
  /** Where the unit begins that the record belongs to. */
  readonly unitOffset?: number;
  /** What was expected, and what was found. */
  readonly detail: string;
  readonly outcome: ServerOutcome;
  /** What an operator can do about it; empty for notes. */
  readonly advice: string;
  /** The code of the error beneath, such as RESP_BAD_PREFIX or RDB_TRUNCATED. */
  readonly cause?: string;
  /** How many like it are in the same file and not listed. */
  readonly further?: number;
}

/** Sound records behind damage. They are found by their form, so a value that holds commands may be taken for some. */
export interface RecordsBehind {
  readonly offset: number;
  readonly records: number;
  /** Whether they are sound up to the end of the file. */
  readonly reachEnd: boolean;
}

export interface AofDamage {
  readonly class: DamageClass;
  readonly cause: string;
  readonly detail: string;
  readonly offset: number;
  readonly recordOffset: number;
  readonly recordNumber: number;
  /** Number of the line with `offset`, counted from 1 by line feeds. */
  readonly lineNumber: number;
  /** Commands before `recordOffset` that are whole, but in a unit that is not: they go when it is cut. */
  readonly openUnitCommands: number;
  readonly behind: RecordsBehind | undefined;
  /** Zeros that reach to the end of the file begin here; the file's size when there are none. */
  readonly zerosFrom: number;
}

export interface AofRdbPart {
  /** Its bytes, checksum included: commands begin here. */
  readonly sizeBytes: number;
  readonly dialect: "redis" | "valkey";
  readonly version: number;
  readonly keyCount: number;
  /** As the file says: the server's version, and when it was written. */
  readonly serverVersion?: string;
  readonly createdAtSec?: number;
}

/** Where the time goes beyond a limit. */
export interface AofLaterTime {
  readonly timeSec: number;
  /** A unit border: of the line, or of the unit it stands in. */
  readonly offset: number;
  /** Commands before it in the file. */
  readonly commands: number;
}

export interface AofFileReport {
  readonly name: string;
  readonly path: string;
  /** "single": a file by itself, without a manifest. */
  readonly role: AofRole | "single";
  readonly sequence: number | undefined;
  /** Whether a server appends to it. */
  readonly isLast: boolean;
  readonly sizeBytes: number;
  /** Time of its last change when it was read, Unix milliseconds: a repair wants it unchanged. */
  readonly modifiedAtMs: number;
  /** What its first bytes say: an RDB with or without commands behind it, or commands only. */
  readonly form: "rdb" | "commands" | "empty" | "missing";
  readonly rdb?: AofRdbPart;
  /** Whole commands before any damage. */
  readonly commands: number;
  /** MULTI … EXEC before any damage. */
  readonly units: number;
  readonly annotations: number;
  /** Of `#TS:` lines, in Unix seconds. */
  readonly firstTimeSec?: number;
  readonly lastTimeSec?: number;
  /** The first `#TS:` line later than the time that the check was asked about: where the file is cut for it. */
  readonly firstLater?: AofLaterTime;
  /** Up to here the file is whole units; cutting there, and nowhere else, leaves a file that servers load. */
  readonly soundBytes: number;
  readonly damage?: AofDamage;
  /** How often each command is there, most frequent first; names in lower case. */
  readonly commandCounts: readonly { readonly name: string; readonly count: number }[];
}

/**
 * - sound: servers load all of it, and nothing else
 * - repairable: the end of the last file is damaged, and nothing sound stands behind it
 * - needs-decision: a repair loses sound records, or cannot restore what was there
 * - refused: every byte is right, but servers refuse or misread a command
 * - corrupt: an RDB is damaged, or a file is missing: nothing here can repair that
 */
export type AofVerdict = "sound" | "repairable" | "needs-decision" | "refused" | "corrupt";

export interface AofReport {
  readonly kind: "directory" | "file";
  /** Of the directory, or the single file. */
  readonly path: string;
  readonly manifestPath: string | undefined;
  /** The server whose rules were applied: as asked, else as the base says; undefined: all that are known. */
  readonly server: AofServer | undefined;
  /** The time that the check was asked about, Unix seconds. */
  readonly untilSec: number | undefined;
  readonly files: readonly AofFileReport[];
  readonly problems: readonly AofProblem[];
  readonly verdict: AofVerdict;
}

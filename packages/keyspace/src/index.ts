/** Databases in memory that a log is applied to: everything the package offers, in the order a reader should meet it. */

// Commands in.

export type { CommandRows } from "./arguments.ts";
export { type KeptCommand, Keyspace, type KeyspaceOptions } from "./keyspace.ts";
export type { ClaimRules } from "./streams/claim-rules.ts";

// What became of them.

export { type Kept, type KeptReason, type Outcome, Refusal, type Unit } from "./outcome.ts";

export { type CommandCounts, CommandStatistics } from "./statistics.ts";

// The data: loaded from events, frozen, and as events again.

export type { Database } from "./database.ts";
export type { Databases } from "./databases.ts";
export { SnapshotLoader } from "./load.ts";
export { Snapshot } from "./snapshot.ts";

// What goes wrong.

export { KeyspaceError, type KeyspaceErrorCode } from "./errors.ts";

/**
 * What a primary's session wants done. To be carried out in order, each one before the next.
 */
import type { ResyncError } from "./errors.ts";
import type { FullResyncReason } from "./judge-psync.ts";

/** What a replica wants in its snapshot, and how it has to be framed. */
export interface WantedSnapshot {
  /** "mark": the size need not be known. "length": it has to be, for this replica knows no marks. */
  readonly transfer: "length" | "mark";
  /** `rdb-filter-only` leaves out the keys, or the functions, or both. */
  readonly withKeys: boolean;
  readonly withFunctions: boolean;
  /**
   * Valkey 8 tells its version; undefined for others. An RDB that it cannot read helps nobody. Undefined also for a program that passes for a
   * server, as ours does: it reads more than that one.
   */
  readonly replicaVersion: string | undefined;
  readonly why: FullResyncReason;
}

export type PrimaryAction =
  /** Write these bytes to the connection. */
  | { readonly kind: "send"; readonly bytes: Uint8Array }
  /** The link is over; without an error when it has done what it was for. */
  | { readonly kind: "close"; readonly error: ResyncError | undefined }
  /**
   * Take a snapshot and note the stream's offset in the same moment, then call snapshotStarted(); later snapshotReady(), snapshotChunk()
   * as often as need be, snapshotDone().
   */
  | { readonly kind: "start-snapshot"; readonly wanted: WantedSnapshot }
  /** Send the stream from this offset on, for as long as the link lasts, and call sent() for it. */
  | { readonly kind: "online"; readonly fromOffset: number };

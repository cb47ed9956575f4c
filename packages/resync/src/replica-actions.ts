/**
 * What a replica's session wants done. To be carried out in order, each one before the next.
 */
import type { ResyncError } from "./errors.ts";
import type { ReplicaState } from "./replica-state.ts";
import type { ReplicationId } from "./replication-id.ts";
import type { SnapshotFacts } from "./snapshot-reader.ts";

export type ReplicaAction =
  /** Write these bytes to the connection. */
  | { readonly kind: "send"; readonly bytes: Uint8Array }
  /** The link is over; the session answers nothing any more. */
  | { readonly kind: "close"; readonly error: ResyncError }
  /** The primary will send everything; it may take a while to begin. What we have stays as it is. */
  | { readonly kind: "full-resync"; readonly replid: ReplicationId; readonly offset: number }
  /** A snapshot begins; its size is unknown when the primary does not know it either. */
  | { readonly kind: "snapshot-start"; readonly sizeBytes: number | undefined }
  /** More of the snapshot's file. Never empty; must not be changed. */
  | { readonly kind: "snapshot-bytes"; readonly bytes: Uint8Array }
  /**
   * The snapshot is whole and sound. From now on it is what we have, in this state. Make it durable, then call
   * snapshotStored(): the primary is told by then, and not before.
   */
  | { readonly kind: "snapshot-end"; readonly state: ReplicaState; readonly facts: SnapshotFacts }
  /** Partial resync: the stream goes on where we were, in this state; its replid may be another one. */
  | { readonly kind: "continued"; readonly state: ReplicaState }
  /** Whole units of the stream from `offset` on, and the state behind them. Call settled() when they are durable. */
  | {
      readonly kind: "stream";
      /** Never empty; must not be changed. */
      readonly bytes: readonly Uint8Array[];
      readonly offset: number;
      readonly state: ReplicaState;
    }
  /** The primary asks how far we are: make everything up to this offset durable now, somebody waits for it. */
  | { readonly kind: "settle-wanted"; readonly offset: number };

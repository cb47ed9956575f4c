/** Replication: everything the package offers, in the order a reader should meet it. */

// Who we are in the stream, and who may go on.

export { type BacklogHold, MemoryBacklog, type MemoryBacklogOptions, type StreamBacklog } from "./backlog.ts";
export { ResyncError, type ResyncErrorCode } from "./errors.ts";
export { type FullResyncReason, judgePsync, type PsyncRequest, type PsyncVerdict } from "./judge-psync.ts";
export {
  newHistory,
  PREVIOUS_REPLIDS_MAX,
  type PreviousReplid,
  parseReplicationId,
  type ReplicationHistory,
  type ReplicationId,
  replicationIdOf,
  shiftHistory,
} from "./replication-id.ts";
export { nextByteText, offsetOfCount, offsetOfNextByte } from "./wire-offset.ts";

// A replica.

export { type BackOffOptions, backOffMs } from "./back-off.ts";
export { driveReplica, type ReplicaDriveOptions, type ReplicaSink } from "./drive-replica.ts";
export { type FollowOptions, followPrimary, type LinkTrouble } from "./follow-primary.ts";
export type { ReplicaAction } from "./replica-actions.ts";
export type { AnnouncedAddress, Credentials, HandshakeOptions } from "./replica-handshake.ts";
export { ReplicaSession, type ReplicaSessionOptions } from "./replica-session.ts";
export { formatReplicaState, parseReplicaState, type ReplicaState } from "./replica-state.ts";
export type { SnapshotFacts } from "./snapshot-reader.ts";
export { type StreamCommandKind, streamCommandKind } from "./stream-housekeeping.ts";
export { type StreamPiece, StreamUnits, type StreamUnitsOptions } from "./stream-units.ts";

// A primary.

export {
  PrimaryDrive,
  type PrimaryDriveOptions,
  type ServedSnapshot,
  type SnapshotSource,
} from "./drive-primary.ts";
export type { PrimaryAction, WantedSnapshot } from "./primary-actions.ts";
export {
  type GivenResync,
  type OfferedBacklog,
  type PrimaryFacts,
  PrimarySession,
  type PrimarySessionOptions,
} from "./primary-session.ts";
export type { PrimarySource } from "./primary-source.ts";
export { type CountedReplica, countReplicas } from "./replica-counts.ts";
export type { Authenticate, ReplicaProfile } from "./replica-requests.ts";
export {
  type AppendableBacklog,
  type ReplicaFacts,
  Replicas,
  type ReplicasOptions,
  type WaitForReplicas,
} from "./replicas.ts";
export type { SnapshotFrame } from "./snapshot-reader.ts";
export { GETACK, PING, StreamFeed } from "./stream-feed.ts";

// The past on disk.

export { copySegment, type SegmentCopy } from "./disk/copy-segment.ts";
export { DiskBacklog, type DiskBacklogOptions, type OpenedBacklog } from "./disk/disk-backlog.ts";
export type { UnusableSegment } from "./disk/find-segments.ts";
export type { SegmentWriterOptions, StreamSegment } from "./disk/segment-writer.ts";

// A primary's data in files.

export { readSegmentStart } from "./disk/segment.ts";
export { StoredBacklog } from "./disk/stored-backlog.ts";
export { emptyRdb, type StoredRdb, StoredSnapshots } from "./disk/stored-snapshots.ts";
export { type StoredPart, StoredStream, type StoredStreamOptions } from "./disk/stored-stream.ts";

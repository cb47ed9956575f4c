/**
 * What a primary has to have to be one: a history, the stream that can be sent again, and snapshots that go with it.
 *
 *   a live primary above   its stream as it comes, kept in a MemoryBacklog or DiskBacklog, and snapshots of what is kept
 *   files                  StoredBacklog and StoredSnapshots over an RDB or append-only files
 *
 * Replicas are served from it alone, whatever stands behind it.
 */
import type { SnapshotSource } from "./drive-primary.ts";
import type { AppendableBacklog } from "./replicas.ts";
import type { ReplicationHistory } from "./replication-id.ts";

export interface PrimarySource<Backlog extends AppendableBacklog = AppendableBacklog> {
  readonly history: ReplicationHistory;
  readonly backlog: Backlog;
  /** Asked for every full resync; the offsets of its snapshots are in the backlog. */
  readonly snapshots: SnapshotSource;
  /** To be called when no replica is served any more. */
  close(): Promise<void>;
}

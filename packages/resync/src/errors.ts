/**
 * What can go wrong in replication: one code per kind, so that callers match the code and people read the message.
 */

export type ResyncErrorCode =
  | "RESYNC_AUTH_REQUIRED"
  | "RESYNC_AUTH_FAILED"
  | "RESYNC_NOT_READY"
  | "RESYNC_REFUSED"
  | "RESYNC_BAD_REPLY"
  | "RESYNC_BAD_SNAPSHOT"
  | "RESYNC_BAD_STREAM"
  | "RESYNC_TIMEOUT"
  | "RESYNC_CLOSED"
  | "RESYNC_DISCONNECTED"
  | "RESYNC_BAD_REQUEST"
  | "RESYNC_REPLICA_BEHIND"
  | "RESYNC_SNAPSHOT_FAILED"
  | "RESYNC_HISTORY_CHANGED"
  | "RESYNC_BACKLOG_DAMAGED"
  | "RESYNC_BAD_STATE"
  | "RESYNC_SOURCE_CHANGED";

/** Why a replication link ended, or could not begin. */
export class ResyncError extends Error {
  override readonly name = "ResyncError";
  readonly code: ResyncErrorCode;
  /** Offset of the stream, or in the snapshot for RESYNC_BAD_SNAPSHOT, where that is known. */
  readonly offset: number | undefined;

  /** The message reads `resync: detail`. */
  constructor(code: ResyncErrorCode, detail: string, where: { offset?: number; cause?: unknown } = {}) {
    super(`resync: ${detail}`, where.cause === undefined ? undefined : { cause: where.cause });
    this.code = code;
    this.offset = where.offset;
  }
}

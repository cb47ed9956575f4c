/**
 * When the log is written and when it is made lasting: the whole schedule, as one pure function.
 *
 *   always      write, then fsync, then everything written so far is settled; one fsync for all that was queued meanwhile
 *   everysec    write; a background fsync starts a second after the last one started, if anything was written
 *               since. Writes that meet a running fsync wait for it, but at most two seconds: a disk that is stuck
 *               for longer gets them anyway
 *   no          write; the operating system decides when the disk gets it
 *
 * Source: flushAppendOnlyFile in aof.c of Redis 7.0. What differs: servers answer clients while an everysec write is put off,
 * and here a command is settled only once it is written.
 */

/** The option `appendfsync` of servers. */
export type FsyncPolicy = "always" | "everysec" | "no";

/** A background fsync begins at most once in this time. */
const SYNC_EVERY_MS = 1000;
/** So long does a write wait for a background fsync. */
const POSTPONE_MAX_MS = 2000;

/** Offsets are bytes of log; times are monotonic. */
export interface SyncState {
  readonly queuedOffset: number;
  readonly writtenOffset: number;
  readonly syncedOffset: number;
  readonly isSyncing: boolean;
  /** When the last fsync started. */
  readonly lastSyncAtMs: number;
  /** Since when the bytes queued now have been waiting for a running fsync. */
  readonly postponedAtMs: number | undefined;
  /** After a failed write: no other try before. */
  readonly retryAtMs: number | undefined;
  readonly nowMs: number;
}

export type SyncStep =
  /** `isLate`: an fsync has been running for so long that the write does not wait for it any more. */
  | { readonly kind: "write"; readonly isLate: boolean }
  | { readonly kind: "sync" }
  /** Until something changes, and until this time if there is one. */
  | { readonly kind: "wait"; readonly untilMs: number | undefined }
  /** Nothing to do until something is queued. */
  | { readonly kind: "idle" };

const WRITE: SyncStep = { kind: "write", isLate: false };
const WRITE_LATE: SyncStep = { kind: "write", isLate: true };
const SYNC: SyncStep = { kind: "sync" };
const IDLE: SyncStep = { kind: "idle" };

/** What to do now. Asked again after every step, after every append, and when its time has come. */
export function decideSync(policy: FsyncPolicy, state: SyncState): SyncStep {
  const syncDueAtMs = whenSyncIsDue(policy, state);
  if (syncDueAtMs !== undefined && syncDueAtMs <= state.nowMs) return SYNC;
  if (state.queuedOffset > state.writtenOffset) {
    const writeDueAtMs = whenWriteIsDue(state);
    if (writeDueAtMs <= state.nowMs) return state.isSyncing ? WRITE_LATE : WRITE;
    return { kind: "wait", untilMs: Math.min(writeDueAtMs, syncDueAtMs ?? Number.POSITIVE_INFINITY) };
  }
  if (syncDueAtMs !== undefined || state.isSyncing) return { kind: "wait", untilMs: syncDueAtMs };
  return IDLE;
}

/** Undefined when nothing has to be synced, or something is being synced. */
function whenSyncIsDue(policy: FsyncPolicy, state: SyncState): number | undefined {
  if (policy === "no" || state.isSyncing || state.writtenOffset === state.syncedOffset) return undefined;
  return policy === "always" ? state.nowMs : state.lastSyncAtMs + SYNC_EVERY_MS;
}

function whenWriteIsDue({ isSyncing, postponedAtMs, retryAtMs, nowMs }: SyncState): number {
  const afterRetry = retryAtMs ?? nowMs;
  if (!isSyncing) return afterRetry;
  return Math.max(afterRetry, (postponedAtMs ?? nowMs) + POSTPONE_MAX_MS);
}

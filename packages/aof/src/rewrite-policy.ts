/**
 * When the log is rewritten without being asked: the rule of servers, as a pure function.
 *
 *   the files are at least `minSizeBytes`, and have grown over the base by `percentage` or more
 *   after three failures in a row: 1, 2, 4 … 60 minutes between two tries
 *
 * Source: serverCron in server.c and aofRewriteLimited in aof.c of Redis 7.0.
 */

export interface RewriteTriggers {
  /** `auto-aof-rewrite-percentage`: growth over the base; 0 is never. Default 100. */
  readonly percentage?: number | undefined;
  /** `auto-aof-rewrite-min-size`. Default 64 MiB. */
  readonly minSizeBytes?: number | undefined;
}

export interface RewriteState {
  /** Of base and incrs. */
  readonly sizeBytes: number;
  /** 0 when there is no base. */
  readonly baseSizeBytes: number;
  /** Rewrites that have failed since the last one that did not. */
  readonly failures: number;
  /** Monotonic, as `nowMs`. */
  readonly lastFailureAtMs: number;
  readonly nowMs: number;
}

const DEFAULT_PERCENTAGE = 100;
const DEFAULT_MIN_SIZE_BYTES = 64 << 20;
const FAILURES_AT_ONCE = 3;
const MINUTE_MS = 60_000;
const DELAY_MAX_MINUTES = 60;

/** "limited": it is time, but the last tries have failed. */
export function judgeRewrite(triggers: RewriteTriggers, state: RewriteState): "rewrite" | "wait" | "limited" {
  const { percentage = DEFAULT_PERCENTAGE, minSizeBytes = DEFAULT_MIN_SIZE_BYTES } = triggers;
  const { sizeBytes, baseSizeBytes, failures, lastFailureAtMs, nowMs } = state;
  if (percentage <= 0 || sizeBytes < minSizeBytes) return "wait";
  const growth = (100 * sizeBytes) / Math.max(1, baseSizeBytes) - 100;
  if (growth < percentage) return "wait";
  return nowMs - lastFailureAtMs < rewriteDelayMs(failures) ? "limited" : "rewrite";
}

/** How long after a failure nothing is tried. */
function rewriteDelayMs(failures: number): number {
  if (failures < FAILURES_AT_ONCE) return 0;
  return Math.min(DELAY_MAX_MINUTES, 2 ** (failures - FAILURES_AT_ONCE)) * MINUTE_MS;
}

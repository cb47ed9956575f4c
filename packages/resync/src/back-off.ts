/**
 * How long to wait before the next attempt: longer after each one in vain, and never the same for everybody.
 *
 *   failures   1        2        3        …
 *   delay      100 ms   200 ms   400 ms   … up to 30 s; of each, a random part between half and all
 *
 * A primary that says it is not ready is asked again every second, as servers do.
 */
import type { ResyncErrorCode } from "./errors.ts";

export interface BackOffOptions {
  /** Default 100 ms. */
  readonly firstDelayMs?: number;
  /** Default 30 s. */
  readonly longestDelayMs?: number;
}

const NOT_READY_DELAY_MS = 1_000;

/**
 * Delay before the next attempt, in ms. `failures` counts those since the link worked last, at least 1; `fraction` is a random
 * number from 0 up to 1.
 */
export function backOffMs(
  failure: { readonly failures: number; readonly code: ResyncErrorCode },
  fraction: number,
  options: BackOffOptions = {},
): number {
  const { firstDelayMs = 100, longestDelayMs = 30_000 } = options;
  if (failure.code === "RESYNC_NOT_READY") return Math.min(NOT_READY_DELAY_MS, longestDelayMs);
  const fullMs = Math.min(longestDelayMs, firstDelayMs * 2 ** Math.min(failure.failures - 1, 30));
  return fullMs / 2 + (fullMs / 2) * fraction;
}

/**
 * The second door: time.
 *
 * Two clocks, because they answer different questions: what time it is (may jump when the machine's clock is set), and
 * how long something took (never goes back, starts anywhere).
 */
export interface Clock {
  /** Wall time, Unix milliseconds, whole. */
  nowMs(): number;
  /** Milliseconds since some fixed moment, with fractions; never goes back. */
  monotonicMs(): number;
  /** Resolves after at least `ms`; rejects with the signal's reason when it is aborted first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/**
 * Calls somebody when a time has come that may still be moved: what a session's `wakeAtMs` is to a clock that can only sleep.
 */
import type { Clock } from "@holdfast/platform";

export class Alarm {
  readonly #clock: Clock;
  readonly #ring: () => void;
  #atMs = Number.POSITIVE_INFINITY;
  #sleep: AbortController | undefined;

  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock;
    this.#ring = ring;
  }

  /** Rings once at this monotonic time; forgets what was set before. Infinity: not at all. */
  set(atMs: number): void {
    if (atMs === this.#atMs) return;
    this.#atMs = atMs;
    this.#sleep?.abort();
    this.#sleep = undefined;
    if (atMs === Number.POSITIVE_INFINITY) return;
    const sleep = new AbortController();
    this.#sleep = sleep;
    this.#clock.sleep(Math.max(0, atMs - this.#clock.monotonicMs()), sleep.signal).then(
      () => {
        if (this.#sleep !== sleep) return;
        this.#sleep = undefined;
        this.#atMs = Number.POSITIVE_INFINITY;
        this.#ring();
      },
      // Only an abort ends a sleep early, and then it was us.
      () => {},
    );
  }
}

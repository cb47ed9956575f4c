/**
 * The second door in a test: time that moves only when it is told.
 *
 * `advance` wakes sleepers in the order of their deadlines, each at exactly its own time, and lets everything that
 * follows from one run until it waits again before the next one is woken.
 */

import type { Clock } from "../clock.ts";

interface Sleeper {
  readonly deadlineMs: number;
  readonly wake: () => void;
}

export class VirtualClock implements Clock {
  #monotonicMs = 0;
  /** Wall time minus monotonic time. */
  #shiftMs: number;
  readonly #sleepers = new Set<Sleeper>();

  /** Wall time at the start, Unix milliseconds. */
  constructor(startAtMs = 0) {
    this.#shiftMs = startAtMs;
  }

  nowMs(): number {
    return Math.floor(this.#monotonicMs + this.#shiftMs);
  }

  monotonicMs(): number {
    return this.#monotonicMs;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) return reject(signal.reason);
      const stop = () => {
        this.#sleepers.delete(sleeper);
        reject(signal?.reason);
      };
      const wake = () => {
        signal?.removeEventListener("abort", stop);
        resolve();
      };
      const sleeper: Sleeper = { deadlineMs: this.#monotonicMs + Math.max(0, ms), wake };
      this.#sleepers.add(sleeper);
      signal?.addEventListener("abort", stop, { once: true });
    });
  }

  /** How many sleep now. */
  get sleeping(): number {
    return this.#sleepers.size;
  }

  /** Lets this much time pass. Resolves when everybody who was woken waits again. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#monotonicMs + ms;
    await everythingElse();
    for (;;) {
      const next = this.#nextBefore(endMs);
      if (next === undefined) break;
      this.#sleepers.delete(next);
      this.#monotonicMs = Math.max(this.#monotonicMs, next.deadlineMs);
      next.wake();
      await everythingElse();
    }
    this.#monotonicMs = endMs;
  }

  /** The machine's clock is set, forward or back: wall time jumps, nobody wakes. */
  jump(ms: number): void {
    this.#shiftMs += ms;
  }

  #nextBefore(endMs: number): Sleeper | undefined {
    let first: Sleeper | undefined;
    for (const sleeper of this.#sleepers) {
      if (sleeper.deadlineMs > endMs) continue;
      if (first === undefined || sleeper.deadlineMs < first.deadlineMs) first = sleeper;
    }
    return first;
  }
}

/** Resolves when all promises that can go on have done so. */
function everythingElse(): Promise<void> {
  // biome-ignore lint/style/noRestrictedGlobals: no time passes; this waits for promises, which no clock can see.
  return new Promise((resolve) => setImmediate(resolve));
}

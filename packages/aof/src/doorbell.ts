/** Lets one loop sleep until it is rung for, or until its time has come. */
import type { Clock } from "@holdfast/platform";

export class Doorbell {
  readonly #clock: Clock;
  #answer: (() => void) | undefined;
  #rang = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Ends the wait, or the next one if nobody waits now. */
  ring(): void {
    this.#rang = true;
    this.#answer?.();
  }

  /** Resolves when it is rung, and at this monotonic time if there is one. */
  async wait(untilMs: number | undefined): Promise<void> {
    const alarm = new AbortController();
    const rung = new Promise<void>((resolve) => {
      this.#answer = resolve;
    });
    if (!this.#rang) {
      if (untilMs === undefined) await rung;
      else await Promise.race([rung, this.#sleep(untilMs, alarm.signal)]);
    }
    alarm.abort();
    this.#answer = undefined;
    this.#rang = false;
  }

  async #sleep(untilMs: number, signal: AbortSignal): Promise<void> {
    const ms = Math.max(0, untilMs - this.#clock.monotonicMs());
    // Rejects only when it is aborted, and then nobody waits for it.
    await this.#clock.sleep(ms, signal).catch(() => {});
  }
}

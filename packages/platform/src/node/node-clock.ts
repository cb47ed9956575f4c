/** The time door on Node. */

import { setTimeout as wait } from "node:timers/promises";
import type { Clock } from "../clock.ts";

/** Longest delay of one timer (2^31 - 1 ms, about 25 days); Node takes a longer one for 1 ms. */
const TIMER_MAX_MS = 2_147_483_647;

/** The machine's clocks. A pending sleep keeps the process alive. */
export function nodeClock(): Clock {
  return {
    nowMs: () => Date.now(),
    // Not performance.now(): loading its module takes every command 3 ms.
    monotonicMs: () => Number(process.hrtime.bigint()) / 1e6,
    sleep,
  };
}

async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  try {
    for (let left = ms; left > 0; left -= TIMER_MAX_MS) {
      await wait(Math.min(left, TIMER_MAX_MS), undefined, signal === undefined ? {} : { signal });
    }
  } catch (error) {
    // Node wraps the reason in an AbortError of its own; the caller wants what it said itself.
    signal?.throwIfAborted();
    throw error;
  }
}

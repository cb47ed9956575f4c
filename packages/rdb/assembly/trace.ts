/** The numbers that a walk at level "skip" notes, in file order; src/walker.ts has the list. */

import { TRACE, TRACE_END } from "./memory";

/** Room for the numbers of one step, which are at most two, and of the count before a loop. */
const TRACE_STEP_BYTES: usize = 32;

/** Where the next number goes. */
export let traceAt: usize = TRACE;

/** Forgets what was noted behind `address`, or takes what was noted up to there. */
export function setTrace(address: usize): void {
  traceAt = address;
}

export function note(value: f64): void {
  store<f64>(traceAt, value);
  traceAt += 8;
}

/** Whether the numbers of one more step have room, the next of them at `address`. */
export function hasTraceRoom(address: usize): bool {
  return address + TRACE_STEP_BYTES <= TRACE_END;
}

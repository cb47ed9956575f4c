/**
 * Which of its two numbers a result reaches.
 *
 * Speed is a ratio, higher is better; memory is bytes, lower is better. A result exactly on the number reaches it.
 */
import type { Measured } from "../measure/compare.ts";
import type { MemoryTargets, SpeedTargets } from "../questions/question.ts";

/** `unknown`: there was nothing to measure it with. */
export type Verdict = "aim reached" | "at least reached" | "missed" | "unknown";

export function judgeSpeed(ratio: number, { atLeast, aim }: SpeedTargets): Verdict {
  if (aim !== undefined && ratio >= aim) return "aim reached";
  return ratio >= atLeast ? "at least reached" : "missed";
}

export function judgeMemory({ peakBytes }: Measured, { atLeastBytes, aimBytes }: MemoryTargets): Verdict {
  if (peakBytes === undefined) return "unknown";
  if (aimBytes !== undefined && peakBytes <= aimBytes) return "aim reached";
  return peakBytes <= atLeastBytes ? "at least reached" : "missed";
}

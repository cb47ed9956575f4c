/**
 * Which of its two numbers a result reaches.
 *
 * Speed is a ratio, higher is better; memory is bytes, lower is better. A result exactly on the number reaches it.
 */
import type { Measured } from "../measure/compare.ts";
import type { SpeedTargets } from "../questions/question.ts";

/** `unknown`: there was nothing to measure it with. */
export type Verdict = "aim reached" | "at least reached" | "missed" | "unknown";

/** What each of our commands may hold in memory at most, in bytes. A MB is 10^6 bytes. */
export const memoryTargets = { atLeastBytes: 200e6, aimBytes: 120e6 } as const;

export function judgeSpeed(ratio: number, { atLeast, aim }: SpeedTargets): Verdict {
  if (ratio >= aim) return "aim reached";
  return ratio >= atLeast ? "at least reached" : "missed";
}

export function judgeMemory({ peakBytes }: Measured): Verdict {
  if (peakBytes === undefined) return "unknown";
  if (peakBytes <= memoryTargets.aimBytes) return "aim reached";
  return peakBytes <= memoryTargets.atLeastBytes ? "at least reached" : "missed";
}

/** Times a piece of synchronous work inside this process: one warm-up, then the median of `runCount` runs. */
import { median } from "./statistics.ts";

/** Milliseconds of the median run. Jobs shorter than a clock tick are the caller's to repeat. */
export function timeWork(work: () => void, runCount: number): number {
  work();
  const wallMs = Array.from({ length: runCount }, () => {
    const startMs = performance.now();
    work();
    return performance.now() - startMs;
  });
  return median(wallMs);
}

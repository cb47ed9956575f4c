/** What a comparison comes to: the answer of the process. */
import { type ExitCode, exitCode } from "@holdfast/command-line";
import type { Comparison } from "./compare-files.ts";

export function isDifferent({ counts, records }: Comparison): boolean {
  return counts.changed + counts.onlyA + counts.onlyB + records.length > 0 || hasTwice(counts);
}

/** A key that stands more than once makes a file one that no server loads, whatever else there is. */
export function exitCodeOfComparison(comparison: Comparison): ExitCode {
  if (hasTwice(comparison.counts)) return exitCode.corrupt;
  return isDifferent(comparison) ? exitCode.differences : exitCode.ok;
}

function hasTwice({ twiceA, twiceB }: Comparison["counts"]): boolean {
  return twiceA + twiceB > 0;
}

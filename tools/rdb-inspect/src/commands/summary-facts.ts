/** What the screen and the document of `rdb-inspect summary` show: the same facts, told twice. */
import type { SummaryResult } from "../passes/summary.ts";

export interface SummaryFacts {
  readonly result: SummaryResult;
  /** Keys read, those that the filters left out among them. */
  readonly walkedKeyCount: number;
  /** The input could not be read to its end. */
  readonly isPartial: boolean;
}

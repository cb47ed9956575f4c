/**
 * Findings about one file: all are counted, the first of each code are kept, and deviations also the last one, which tells a torn end.
 */
import type { AofProblemCode } from "./problem-codes.ts";

/** Something about a record, before it is known what file it is in. */
export interface Finding {
  readonly code: AofProblemCode;
  readonly detail: string;
  readonly offset: number;
  readonly recordOffset: number;
  readonly recordNumber: number;
  /** Where its unit begins, and how many commands of that stand before the record. */
  readonly unitOffset: number;
  readonly unitCommands: number;
  readonly cause?: string;
}

export class FindingLog {
  readonly #max: number;
  readonly #kept = new Map<AofProblemCode, Finding[]>();
  readonly #counts = new Map<AofProblemCode, number>();
  readonly #last = new Map<AofProblemCode, Finding>();

  /** `max`: how many of each code are kept. */
  constructor(max: number) {
    this.#max = max;
  }

  add(finding: Finding): void {
    const { code } = finding;
    const kept = this.#kept.get(code) ?? [];
    if (kept.length < this.#max) kept.push(finding);
    this.#kept.set(code, kept);
    this.#counts.set(code, this.count(code) + 1);
    this.#last.set(code, finding);
  }

  count(code: AofProblemCode): number {
    return this.#counts.get(code) ?? 0;
  }

  last(code: AofProblemCode): Finding | undefined {
    return this.#last.get(code);
  }

  /** Kept findings in the order of their codes' first appearance; the last kept one of a code says how many more there were. */
  *all(): Generator<{ readonly finding: Finding; readonly further: number }, void, void> {
    for (const [code, kept] of this.#kept) {
      const more = this.count(code) - kept.length;
      for (const [index, finding] of kept.entries())
        yield { finding, further: index === kept.length - 1 ? more : 0 };
    }
  }
}

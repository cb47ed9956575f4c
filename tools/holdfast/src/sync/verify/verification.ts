/** What a comparison of two sides found. */
import type { Difference } from "./key-content.ts";

export interface Verification {
  /** Keys of the source that were compared. */
  comparedKeys: number;
  /** Libraries of functions of the source that were compared. */
  comparedFunctions: number;
  /** Counted by kind. */
  readonly differences: Record<Difference, number>;
  /** The first ones by name. */
  readonly examples: { readonly kind: Difference; readonly key: string }[];
}

const EXAMPLES_MAX = 20;

export function newVerification(): Verification {
  return {
    comparedKeys: 0,
    comparedFunctions: 0,
    differences: { missing: 0, extra: 0, content: 0, expiry: 0 },
    examples: [],
  };
}

/** A key that differs: by name in the source, an extra one in the target. */
export function countDifference(
  { differences, examples }: Verification,
  kind: Difference,
  shown: string,
): void {
  differences[kind]++;
  if (examples.length < EXAMPLES_MAX) examples.push({ kind, key: shown });
}

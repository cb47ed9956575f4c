/**
 * What a sync could not bring over, or left out because it was told to: counted by kind, with the first keys of each by name.
 */
import { exitCode, formatKey, Problem } from "@holdfast/command-line";

export interface LeftOutKindTotal {
  /** Such as "field-expiry", or "command FUNCTION". */
  readonly kind: string;
  readonly count: number;
  /** Data is missing in the target, and not only a hint. */
  readonly isLoss: boolean;
  /** The first ones, as they are shown to people. */
  readonly examples: readonly string[];
}

/** Named of each kind; the others are counted. */
const EXAMPLES_MAX = 3;

export class LeftOutList {
  readonly #kinds = new Map<string, { count: number; isLoss: boolean; examples: string[] }>();

  add(
    kind: string,
    options: {
      readonly isLoss: boolean;
      readonly count?: number;
      readonly key?: Uint8Array | undefined;
      readonly db?: number;
    },
  ): void {
    const { isLoss, count = 1, key, db = 0 } = options;
    const found = this.#kinds.get(kind) ?? { count: 0, isLoss, examples: [] };
    found.count += count;
    if (key !== undefined && found.examples.length < EXAMPLES_MAX) {
      const shown = formatKey(key, db);
      if (!found.examples.includes(shown)) found.examples.push(shown);
    }
    this.#kinds.set(kind, found);
  }

  get hasLoss(): boolean {
    return [...this.#kinds.values()].some(({ isLoss }) => isLoss);
  }

  get totals(): readonly LeftOutKindTotal[] {
    return [...this.#kinds].map(([kind, total]) => ({ kind, ...total }));
  }
}

/** One line a kind, for stderr. */
export function leftOutText({ kind, count, examples }: LeftOutKindTotal): string {
  const named =
    examples.length === 0 ? "" : `: ${examples.join(", ")}${count > examples.length ? ", …" : ""}`;
  return `holdfast: left out: ${count} × ${kind}${named}\n`;
}

/** Data is missing, and nobody has said that it may. */
export function lossProblem(): Problem {
  return new Problem(
    exitCode.unsupported,
    "not everything could be brought into the target: see what was left out",
    {
      nextStep:
        "give --allow-loss to go on without it, a newer target, or --not-match to leave such keys out",
    },
  );
}

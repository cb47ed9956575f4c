/** What became of commands, counted by name. */
import type { Outcome } from "./outcome.ts";

export interface CommandCounts {
  applied: number;
  unchanged: number;
  refused: number;
  kept: number;
}

/** Names that are no command are counted one by one up to here, then together. */
const unknownNamesMax = 1000;
const otherUnknown = "(other)";

export class CommandStatistics {
  readonly #byName = new Map<string, CommandCounts>();
  #unknownNames = 0;

  /** Counts by command name in capitals, in the order in which the names were first met. */
  get byName(): ReadonlyMap<string, Readonly<CommandCounts>> {
    return this.#byName;
  }

  /** Sums over all commands. */
  total(): CommandCounts {
    const sum: CommandCounts = { applied: 0, unchanged: 0, refused: 0, kept: 0 };
    for (const counts of this.#byName.values()) {
      sum.applied += counts.applied;
      sum.unchanged += counts.unchanged;
      sum.refused += counts.refused;
      sum.kept += counts.kept;
    }
    return sum;
  }

  /** The counts of a name, to be counted in; `isKnown` when the name stands in the table of commands. */
  countsOf(name: string, isKnown: boolean): CommandCounts {
    let counts = this.#byName.get(name);
    if (counts !== undefined) return counts;
    if (!isKnown && this.#unknownNames >= unknownNamesMax && name !== otherUnknown)
      return this.countsOf(otherUnknown, true);
    if (!isKnown) this.#unknownNames += 1;
    counts = { applied: 0, unchanged: 0, refused: 0, kept: 0 };
    this.#byName.set(name, counts);
    return counts;
  }
}

export function count(counts: CommandCounts, outcome: Outcome): void {
  if (outcome.kind === "queued" || outcome.kind === "unit") return;
  if (outcome.kind === "applied") counts.applied += 1;
  else counts[outcome.kind] += 1;
}

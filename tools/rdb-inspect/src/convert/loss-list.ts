/** What a target cannot hold, as it is met: the first losses one by one, all of them by kind. */
import type { RdbLoss } from "@holdfast/rdb";

/** A loss of the encoder, or the append-only log behind a snapshot, which no RDB holds. */
export type Loss = Omit<RdbLoss, "kind"> & { readonly kind: RdbLoss["kind"] | "append-only-log" };

export interface LossTotal {
  readonly kind: Loss["kind"];
  /** Keys that it was met in; 0 for what belongs to the file. */
  keyCount: number;
  /** How often it was met. */
  count: number;
}

export class LossList {
  readonly #max: number;
  readonly #first: Loss[] = [];
  readonly #totals = new Map<Loss["kind"], LossTotal>();
  #count = 0;
  #keyCount = 0;

  /** `max`: how many are kept one by one. */
  constructor(max: number) {
    this.#max = max;
  }

  get count(): number {
    return this.#count;
  }

  /** Keys that are left out as a whole. */
  get lostKeys(): number {
    return this.#keyCount;
  }

  /** In the order in which they were met. */
  get first(): readonly Loss[] {
    return this.#first;
  }

  get totals(): readonly LossTotal[] {
    return [...this.#totals.values()];
  }

  add(loss: Loss): void {
    this.#count += 1;
    if (loss.isWholeKey) this.#keyCount += 1;
    if (this.#first.length < this.#max) this.#first.push(loss);
    const total = this.#totals.get(loss.kind) ?? { kind: loss.kind, keyCount: 0, count: 0 };
    if (loss.key !== undefined) total.keyCount += 1;
    total.count += loss.count;
    this.#totals.set(loss.kind, total);
  }

  /** A log of commands lies behind the snapshot. */
  addLog(): void {
    this.add({ kind: "append-only-log", db: undefined, key: undefined, isWholeKey: false, count: 1 });
  }
}

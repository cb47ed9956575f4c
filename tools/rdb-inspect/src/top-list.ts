/**
 * The N heaviest of very many: a heap with the lightest on top, so that most candidates cost one comparison.
 *
 *   if (weight > top.threshold) top.add(weight, place, makeRow())
 *
 * Among equals the one that stands first in the input stays: the result does not depend on how the input
 * was cut, nor on who read which part.
 */

export interface Weighed<Row> {
  readonly weight: number;
  /** Where it stands in the input: the lower one wins among equals. */
  readonly order: number;
  readonly row: Row;
}

export class TopList<Row> {
  /** A row must weigh more than this to get in; -Infinity while there is room. */
  threshold: number;
  readonly #limit: number;
  readonly #heap: Weighed<Row>[] = [];

  /** Keeps at most `limit` rows, at least 0. */
  constructor(limit: number) {
    this.#limit = limit;
    this.threshold = limit > 0 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  }

  /** `order`: the row's place in the input. Rows are added in ascending order. */
  add(weight: number, order: number, row: Row): void {
    if (!(weight > this.threshold)) return;
    const entry = { weight, order, row };
    if (this.#heap.length < this.#limit) {
      this.#heap.push(entry);
      this.#rise(this.#heap.length - 1);
    } else {
      this.#heap[0] = entry;
      this.#sink();
    }
    if (this.#heap.length === this.#limit) this.threshold = this.#heap[0].weight;
  }

  /** The rows kept, heaviest first. */
  sorted(): Weighed<Row>[] {
    return [...this.#heap].sort((a, b) => (isLighter(a, b) ? 1 : -1));
  }

  #rise(index: number): void {
    const heap = this.#heap;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isLighter(heap[index], heap[parent])) return;
      [heap[index], heap[parent]] = [heap[parent], heap[index]];
      index = parent;
    }
  }

  #sink(): void {
    const heap = this.#heap;
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      if (left >= heap.length) return;
      const right = left + 1;
      const child = right < heap.length && isLighter(heap[right], heap[left]) ? right : left;
      if (!isLighter(heap[child], heap[index])) return;
      [heap[index], heap[child]] = [heap[child], heap[index]];
      index = child;
    }
  }
}

function isLighter(a: Weighed<unknown>, b: Weighed<unknown>): boolean {
  return a.weight < b.weight || (a.weight === b.weight && a.order > b.order);
}

/** The heaviest of two lists from different parts of one input. */
export function mergeTop<Row>(
  first: readonly Weighed<Row>[],
  second: readonly Weighed<Row>[],
  limit: number,
): Weighed<Row>[] {
  return [...first, ...second].sort((a, b) => (isLighter(a, b) ? 1 : -1)).slice(0, limit);
}

/**
 * A cost that depends on one length, computed once for each of the short lengths that nearly all elements have.
 *
 * Entries are filled as they are met: every model has several tables, a file needs one model, and filling them all
 * took 13 ms of every start. Hot: `of` runs once or twice for every element of a file.
 */

const tableLengths = 2048;

export class ByLength {
  readonly #compute: (lengthBytes: number) => number;
  /** 0: not computed yet. No cost is 0, and one that were would only be computed again. */
  readonly #table = new Float64Array(tableLengths);

  constructor(compute: (lengthBytes: number) => number) {
    this.#compute = compute;
  }

  of(lengthBytes: number): number {
    if (lengthBytes >= tableLengths) return this.#compute(lengthBytes);
    const known = this.#table[lengthBytes];
    return known === 0 ? (this.#table[lengthBytes] = this.#compute(lengthBytes)) : known;
  }
}

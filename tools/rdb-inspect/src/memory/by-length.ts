/**
 * A cost that depends on one length, computed once for the short lengths that nearly all elements have.
 *
 * Hot: `of` runs once or twice for every element of a file.
 */

const tableLengths = 2048;

export class ByLength {
  readonly #compute: (lengthBytes: number) => number;
  readonly #table = new Float64Array(tableLengths);

  constructor(compute: (lengthBytes: number) => number) {
    this.#compute = compute;
    for (let length = 0; length < tableLengths; length += 1) this.#table[length] = compute(length);
  }

  of(lengthBytes: number): number {
    return lengthBytes < tableLengths ? this.#table[lengthBytes] : this.#compute(lengthBytes);
  }
}

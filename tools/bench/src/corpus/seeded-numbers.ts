/**
 * Random numbers that a seed repeats: xorshift32 (Marsaglia, "Xorshift RNGs", 2003, shifts 13, 17, 5).
 *
 * One corpus takes tens of millions of them, so a number is three shifts on one integer. Good enough to
 * make text look like text; nothing here is fit for statistics or secrets.
 */
export class SeededNumbers {
  #state: number;

  constructor(seed: number) {
    // Zero is the one state that xorshift never leaves.
    this.#state = Math.imul(seed, 0x9e3779b1) | 0 || 1;
  }

  /** An integer from 0 to 2^32 - 1; the same number never comes twice in a row. */
  next(): number {
    let state = this.#state;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.#state = state;
    return state >>> 0;
  }

  /** An integer from 0 up to, not including, `limit`. */
  below(limit: number): number {
    return Math.floor((this.next() / 2 ** 32) * limit);
  }

  /** An integer from `least` up to and including `most`. */
  between(least: number, most: number): number {
    return least + this.below(most - least + 1);
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)];
  }
}

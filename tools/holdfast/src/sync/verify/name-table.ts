/**
 * Which names a file has, so far as memory allows: 53 bits of the fingerprint of each, sorted.
 *
 * Of names that are not in it, one in 10^9 or so is taken for one that is when it is full. Names beyond what it holds are for
 * another pass: a name belongs to one of them by other bits of its fingerprint.
 */
import { ContentFingerprinter } from "@holdfast/rdb";

/** 32 MiB. */
export const NAMES_MAX = 4 << 20;

export class NamePrints {
  readonly #fingerprinter = new ContentFingerprinter();

  /** Of a name in a database: 53 bits as a number, and others that say to which of so many passes it belongs. */
  of(db: number, name: Uint8Array, passCount: number): { readonly print: number; readonly pass: number } {
    this.#fingerprinter.setKey(db, name, 0, name.length);
    const [low, high, other] = this.#fingerprinter.words;
    return { print: (high & 0x1fffff) * 2 ** 32 + low, pass: other % passCount };
  }
}

export class NameTable {
  #prints = new Float64Array(1024);
  #count = 0;

  add(print: number): void {
    if (this.#count === this.#prints.length) {
      const larger = new Float64Array(2 * this.#count);
      larger.set(this.#prints);
      this.#prints = larger;
    }
    this.#prints[this.#count++] = print;
  }

  /** Behind the last add(), before the first has(). */
  sort(): void {
    this.#prints = this.#prints.subarray(0, this.#count).sort();
  }

  has(print: number): boolean {
    const prints = this.#prints;
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (prints[middle] < print) low = middle + 1;
      else high = middle;
    }
    return low < this.#count && prints[low] === print;
  }
}

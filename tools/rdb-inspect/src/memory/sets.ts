/**
 * Sets stored element by element. A server loads a small one into a listpack (since 7.2).
 *
 *   trace   count, then the bytes of each member
 */
import type { ElementSums } from "./element-sums.ts";
import type { MemoryModel } from "./model.ts";
import { listpackEntryBytes, listpackFixedBytes } from "./packed-sizes.ts";
import type { ValueSizer } from "./value-sizer.ts";

export class SetSizer implements ValueSizer {
  readonly #model: MemoryModel;
  readonly #sums: ElementSums;
  #count = -1;
  #tableBytes = 0;
  #packedBytes = 0;
  #longestBytes = 0;

  constructor(model: MemoryModel, sums: ElementSums) {
    this.#model = model;
    this.#sums = sums;
  }

  begin(): void {
    this.#count = -1;
    this.#tableBytes = 0;
    this.#packedBytes = 0;
    this.#longestBytes = 0;
  }

  add(trace: Float64Array, start: number, end: number): void {
    let index = start;
    if (this.#count < 0 && index < end) this.#count = trace[index++];
    this.#tableBytes = this.#sums.members("set", trace, index, end, this.#tableBytes);
    if (this.#count > this.#model.limits.setEntriesMax) return;
    for (; index < end; index += 1) {
      const bytes = trace[index];
      this.#packedBytes += listpackEntryBytes(bytes);
      if (bytes > this.#longestBytes) this.#longestBytes = bytes;
    }
  }

  finish(): number {
    const { limits, set } = this.#model;
    const isPacked = this.#count <= limits.setEntriesMax && this.#longestBytes <= limits.elementBytesMax;
    if (isPacked) return this.#model.packed(listpackFixedBytes + this.#packedBytes);
    return set.table(this.#count) + this.#tableBytes;
  }
}

/**
 * Sorted sets stored element by element. A server packs a small one again after loading.
 *
 *   trace   count, then the bytes of each member (scores leave no trace)
 */
import type { ElementSums } from "./element-sums.ts";
import type { MemoryModel } from "./model.ts";
import { listpackEntryBytes, listpackFixedBytes } from "./packed-sizes.ts";
import type { ValueSizer } from "./value-sizer.ts";

/** A score in a listpack: two bytes for a small integer, nineteen for most fractions. */
const packedScoreBytes = 6;

export class SortedSetSizer implements ValueSizer {
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
    this.#tableBytes = this.#sums.members("zset", trace, index, end, this.#tableBytes);
    if (this.#count > this.#model.limits.zsetEntriesMax) return;
    for (; index < end; index += 1) {
      const bytes = trace[index];
      this.#packedBytes += listpackEntryBytes(bytes) + packedScoreBytes;
      if (bytes > this.#longestBytes) this.#longestBytes = bytes;
    }
  }

  finish(): number {
    const { limits, zset } = this.#model;
    const isPacked = this.#count <= limits.zsetEntriesMax && this.#longestBytes <= limits.elementBytesMax;
    if (isPacked) return this.#model.packed(listpackFixedBytes + this.#packedBytes);
    return zset.table(this.#count) + this.#tableBytes;
  }
}

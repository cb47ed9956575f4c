/**
 * Hashes stored field by field, with or without expiry. A server loads a small one into a listpack.
 *
 *   layout   N(ss)          trace   count, then field, value
 *            N(lss) eN(lss)         (least expiry,) count, then expiry or 0, field, value
 *            N(sse)                 count, then field, value, expiry or -1
 */
import type { TypeRow } from "@holdfast/rdb";
import type { ElementSums } from "./element-sums.ts";
import type { MemoryModel } from "./model.ts";
import { listpackEntryBytes, listpackFixedBytes } from "./packed-sizes.ts";
import type { Growth } from "./tables.ts";
import type { ValueSizer } from "./value-sizer.ts";

/** An expiry in a listpack: eight bytes with head and length, two where there is none. */
const packedExpiryBytes = 10;
const packedNoExpiryBytes = 2;

export class HashSizer implements ValueSizer {
  readonly #model: MemoryModel;
  readonly #sums: ElementSums;
  #leadingNumbers = 1;
  #stride = 2;
  #expiryFirst = false;
  #count = 0;
  /** Numbers taken of the current field; they wait in `#first` and `#second` for the rest. */
  #taken = 0;
  #first = 0;
  #second = 0;
  #tableBytes = 0;
  #packedBytes = 0;
  #fieldsSeen = 0;
  /** Fields in front of the first that is too long to be packed. */
  #fieldsBeforeLong = -1;
  #expiringCount = 0;
  #leastExpiryMs = 0;
  #greatestExpiryMs = 0;

  constructor(model: MemoryModel, sums: ElementSums) {
    this.#model = model;
    this.#sums = sums;
  }

  begin(row: TypeRow): void {
    const { layout } = row;
    this.#leadingNumbers = layout.startsWith("e") ? 2 : 1;
    this.#expiryFirst = layout.includes("(lss)");
    this.#stride = layout.includes("(ss)") ? 2 : 3;
    this.#taken = 0;
    this.#tableBytes = 0;
    this.#packedBytes = 0;
    this.#fieldsSeen = 0;
    this.#fieldsBeforeLong = -1;
    this.#expiringCount = 0;
  }

  add(trace: Float64Array, start: number, end: number): void {
    let index = start;
    for (; this.#leadingNumbers > 0 && index < end; this.#leadingNumbers -= 1) {
      this.#count = trace[index++];
    }
    if (this.#stride === 2) this.#addPairs(trace, index, end);
    else this.#addTriples(trace, index, end);
  }

  #addPairs(trace: Float64Array, start: number, end: number): void {
    if (start === end) return;
    let index = start;
    if (this.#taken === 1) this.#field(this.#first, trace[index++]);
    this.#taken = (end - index) & 1;
    const pairsEnd = end - this.#taken;
    if (this.#count > this.#model.limits.hashEntriesMax)
      this.#tableBytes = this.#sums.fields(trace, index, pairsEnd, this.#tableBytes);
    else for (; index < pairsEnd; index += 2) this.#field(trace[index], trace[index + 1]);
    if (this.#taken === 1) this.#first = trace[end - 1];
  }

  #addTriples(trace: Float64Array, index: number, end: number): void {
    for (; index < end; index += 1) {
      const number = trace[index];
      if (this.#taken === 0) this.#first = number;
      else if (this.#taken === 1) this.#second = number;
      else if (this.#expiryFirst) this.#fieldWithExpiry(this.#second, number, this.#first);
      else this.#fieldWithExpiry(this.#first, this.#second, number);
      this.#taken = (this.#taken + 1) % 3;
    }
  }

  #field(fieldBytes: number, valueBytes: number): void {
    this.#tableBytes += this.#model.hash.field(fieldBytes, valueBytes);
    this.#pack(fieldBytes, valueBytes);
  }

  #fieldWithExpiry(fieldBytes: number, valueBytes: number, expiry: number): void {
    if (expiry <= 0) {
      this.#packedBytes += packedNoExpiryBytes;
      this.#field(fieldBytes, valueBytes);
      return;
    }
    this.#packedBytes += packedExpiryBytes;
    if (this.#expiringCount === 0) this.#leastExpiryMs = this.#greatestExpiryMs = expiry;
    else if (expiry < this.#leastExpiryMs) this.#leastExpiryMs = expiry;
    else if (expiry > this.#greatestExpiryMs) this.#greatestExpiryMs = expiry;
    this.#expiringCount += 1;
    this.#tableBytes += this.#model.hash.expiringField(fieldBytes, valueBytes);
    this.#pack(fieldBytes, valueBytes);
  }

  #pack(fieldBytes: number, valueBytes: number): void {
    const { limits } = this.#model;
    if (this.#count > limits.hashEntriesMax) return;
    this.#packedBytes += listpackEntryBytes(fieldBytes) + listpackEntryBytes(valueBytes);
    const isLong = fieldBytes > limits.elementBytesMax || valueBytes > limits.elementBytesMax;
    if (isLong && this.#fieldsBeforeLong < 0) this.#fieldsBeforeLong = this.#fieldsSeen;
    this.#fieldsSeen += 1;
  }

  finish(): number {
    const { limits, hash, packed, packedWithExpiry } = this.#model;
    const mayBePacked = this.#count <= limits.hashEntriesMax;
    const isSmall = mayBePacked && this.#fieldsBeforeLong < 0;
    const packedBytes = listpackFixedBytes + this.#packedBytes;
    if (isSmall && this.#stride === 2) return packed(packedBytes);
    if (isSmall && packedWithExpiry !== undefined) return packedWithExpiry(packedBytes);
    const table = hash.table(this.#count, {
      growth: mayBePacked && this.#stride === 2 ? this.#growth() : undefined,
      expiringCount: this.#expiringCount,
      leastExpiryMs: this.#leastExpiryMs,
      greatestExpiryMs: this.#greatestExpiryMs,
    });
    return table + this.#tableBytes;
  }

  /** The server packs fields until one is too long, makes a table, and enlarges it for those still to come. */
  #growth(): Growth {
    const firstCount = this.#fieldsBeforeLong;
    return { firstCount, enlargedFor: this.#count - firstCount - 1 };
  }
}

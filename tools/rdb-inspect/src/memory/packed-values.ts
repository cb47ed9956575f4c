/**
 * Values that are one packed encoding in the file. The server takes a listpack or intset as it is,
 * rewrites a ziplist or zipmap, and unpacks what has more entries than its limits allow.
 *
 *   layout   p    trace   bytes, entries
 *            ep           least expiry, bytes, entries
 */
import type { TypeRow } from "@holdfast/rdb";
import type { MemoryModel } from "./model.ts";
import { meanEntryBytes, type PackedShape, repackedBytes } from "./packed-sizes.ts";
import type { ValueSizer } from "./value-sizer.ts";

export class PackedValueSizer implements ValueSizer {
  readonly #model: MemoryModel;
  #row!: TypeRow;
  #leadingNumbers = 0;
  #taken = 0;
  #sizeBytes = 0;
  #entries = 0;

  constructor(model: MemoryModel) {
    this.#model = model;
  }

  begin(row: TypeRow): void {
    this.#row = row;
    this.#leadingNumbers = row.layout.startsWith("e") ? 1 : 0;
    this.#taken = 0;
    this.#sizeBytes = 0;
    this.#entries = 0;
  }

  add(trace: Float64Array, start: number, end: number): void {
    for (let index = start; index < end; index += 1) {
      if (this.#taken === this.#leadingNumbers) this.#sizeBytes = trace[index];
      else if (this.#taken > this.#leadingNumbers) this.#entries = trace[index];
      this.#taken += 1;
    }
  }

  finish(): number {
    const shape: PackedShape = {
      kind: this.#row.packed ?? "listpack",
      sizeBytes: this.#sizeBytes,
      entries: this.#entries,
    };
    const items = Math.floor(this.#entries / (this.#row.entriesPerItem ?? 1));
    switch (this.#row.type) {
      case "list":
        return this.#list(shape);
      case "set":
        return this.#set(shape, items);
      case "zset":
        return this.#sortedSet(shape, items);
      default:
        return this.#hash(shape, items);
    }
  }

  /** Only servers before 3.2 wrote a list like this; a newer one makes a quicklist of it and leaves it so. */
  #list(shape: PackedShape): number {
    const { list, packedKind } = this.#model;
    const bytes = repackedBytes(shape, packedKind);
    const nodes = Math.max(1, Math.ceil(bytes / list.nodeBytesMax));
    return list.quicklist + nodes * list.node(Math.ceil(bytes / nodes));
  }

  #set(shape: PackedShape, items: number): number {
    const { limits, set, packed } = this.#model;
    const itemsMax = shape.kind === "intset" ? limits.intsetEntriesMax : limits.setEntriesMax;
    if (items <= itemsMax) return packed(shape.sizeBytes);
    return set.table(items) + items * set.member(meanEntryBytes(shape));
  }

  #sortedSet(shape: PackedShape, items: number): number {
    const { limits, zset, packed, packedKind } = this.#model;
    if (items <= limits.zsetEntriesMax) return packed(repackedBytes(shape, packedKind));
    return zset.table(items) + items * zset.member(meanEntryBytes(shape));
  }

  #hash(shape: PackedShape, items: number): number {
    const { limits, hash, packed, packedWithExpiry, packedKind } = this.#model;
    const expires = this.#row.entriesPerItem === 3;
    const isSmall = items <= limits.hashEntriesMax;
    if (isSmall && !expires) return packed(repackedBytes(shape, packedKind));
    if (isSmall && packedWithExpiry !== undefined) return packedWithExpiry(shape.sizeBytes);
    const mean = meanEntryBytes(shape);
    const field = expires ? hash.expiringField(mean, mean) : hash.field(mean, mean);
    const table = hash.table(items, {
      growth: undefined,
      expiringCount: expires ? items : 0,
      leastExpiryMs: 0,
      greatestExpiryMs: 0,
    });
    return table + items * field;
  }
}

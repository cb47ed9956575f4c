/**
 * A hash: values by field, and when fields expire. As with keys, no field goes by itself.
 *
 *   packed   field value field value …      up to 128 fields and 4 KiB, none of which expires
 *   maps     values and expiries by field   everything else
 */
import type { ItemBatch, RdbType } from "@holdfast/rdb";
import { sizeOfWord, sliceOfWord, textOfSlice, textOfWord, type Word } from "../latin1.ts";
import type { Slabs } from "../store/slabs.ts";
import { WideMap } from "../wide-map.ts";
import { type ItemPen, inBatches, type ValueBatch, wrongItems } from "./item-pen.ts";
import { PackedItems, packedSearchMax } from "./packed-items.ts";
import type { MutableValue } from "./value.ts";

export class HashValue implements MutableValue {
  readonly type: RdbType = "hash";
  readonly #slabs: Slabs;
  #packed: PackedItems | undefined;
  #packedCount = 0;
  /** In use when nothing is packed. */
  #values: WideMap<string> | undefined;
  /** Only of fields that expire; most hashes have none. */
  #expiries: WideMap<number> | undefined;

  constructor(slabs: Slabs) {
    this.#slabs = slabs;
    this.#packed = new PackedItems(slabs);
  }

  get rowName(): string {
    return this.expiryCount > 0 ? "HASH_METADATA" : "HASH";
  }

  get itemCount(): number {
    return this.#values === undefined ? this.#packedCount : this.#values.size;
  }

  /** Fields that expire. */
  get expiryCount(): number {
    return this.#expiries?.size ?? 0;
  }

  has(field: Word): boolean {
    if (this.#packed !== undefined) return this.#packed.find(sliceOfWord(field), 2) >= 0;
    return this.#values!.has(textOfWord(field));
  }

  get(field: Word): string | undefined {
    const packed = this.#packed;
    if (packed === undefined) return this.#values!.get(textOfWord(field));
    const at = packed.find(sliceOfWord(field), 2);
    return at < 0 ? undefined : packed.textAt(packed.next(at));
  }

  /** The field's expiry stays. */
  put(field: Word, value: Word): void {
    if (!this.#putPacked(field, value)) this.#maps().set(textOfWord(field), textOfWord(value));
  }

  /** The field is new from now on: no expiry. */
  replace(field: Word, value: Word): void {
    if (this.#putPacked(field, value)) return;
    const name = textOfWord(field);
    this.#maps().set(name, textOfWord(value));
    this.#expiries?.delete(name);
  }

  /** False when it was not there. */
  remove(field: Word): boolean {
    const packed = this.#packed;
    if (packed === undefined) {
      const name = textOfWord(field);
      this.#expiries?.delete(name);
      return this.#values!.delete(name);
    }
    const at = packed.find(sliceOfWord(field), 2);
    if (at < 0) return false;
    packed.remove(at, packed.next(packed.next(at)));
    this.#packedCount -= 1;
    return true;
  }

  /** Unix ms; undefined when the field does not expire. */
  expireAtMs(field: string): number | undefined {
    return this.#expiries?.get(field);
  }

  /** The field must be there. */
  expireAt(field: string, expireAtMs: number): void {
    this.#maps();
    this.#expiries ??= new WideMap();
    this.#expiries.set(field, expireAtMs);
  }

  /** False when the field did not expire. */
  persist(field: string): boolean {
    return this.#expiries?.delete(field) ?? false;
  }

  entries(): IterableIterator<[field: string, value: string]> {
    return this.#values === undefined ? packedEntries(this.#packed!) : this.#values.entries();
  }

  clone(): HashValue {
    const copy = new HashValue(this.#slabs);
    copy.#packed = this.#packed?.clone();
    copy.#packedCount = this.#packedCount;
    copy.#values = this.#values?.clone();
    copy.#expiries = this.#expiries?.clone();
    return copy;
  }

  dispose(): void {
    this.#packed?.dispose();
  }

  batches(pen: ItemPen): Iterable<ValueBatch> {
    const packed = this.#packed;
    if (packed !== undefined)
      return [{ items: { of: "fields", fields: packedFields(packed) }, isLast: true }];
    const expiries = this.#expiries;
    return inBatches(
      pen,
      this.#values!.entries(),
      ([field, value]) => ({
        field: pen.slice(field),
        value: pen.slice(value),
        expireAtMs: expiries?.get(field),
      }),
      (fields) => ({ of: "fields", fields }),
    );
  }

  load(items: ItemBatch): void {
    if (items.of !== "fields") throw wrongItems(items, "fields");
    for (const { field, value, expireAtMs } of items.fields) {
      this.put(field, value);
      if (expireAtMs !== undefined) this.expireAt(textOfSlice(field), expireAtMs);
    }
  }

  /** False when it does not fit. */
  #putPacked(field: Word, value: Word): boolean {
    const packed = this.#packed;
    if (packed?.fits(sizeOfWord(field) + sizeOfWord(value) + 2) !== true) return false;
    const name = sliceOfWord(field);
    const at = packed.find(name, 2);
    if (at >= 0) packed.replace(packed.next(at), sliceOfWord(value));
    else {
      if (this.#packedCount === packedSearchMax) return false;
      packed.append(name);
      packed.append(sliceOfWord(value));
      this.#packedCount += 1;
    }
    return true;
  }

  /** Values by field, nothing packed from now on. */
  #maps(): WideMap<string> {
    const packed = this.#packed;
    if (packed === undefined) return this.#values!;
    const values = new WideMap<string>();
    for (const [field, value] of packedEntries(packed)) values.set(field, value);
    packed.dispose();
    this.#packed = undefined;
    this.#values = values;
    return values;
  }
}

function* packedEntries(packed: PackedItems): IterableIterator<[field: string, value: string]> {
  for (let at = packed.first; at < packed.end; ) {
    const behind = packed.next(at);
    yield [packed.textAt(at), packed.textAt(behind)];
    at = packed.next(behind);
  }
}

function packedFields(packed: PackedItems) {
  const fields = [];
  for (let at = packed.first; at < packed.end; ) {
    const behind = packed.next(at);
    fields.push({ field: packed.sliceAt(at), value: packed.sliceAt(behind), expireAtMs: undefined });
    at = packed.next(behind);
  }
  return fields;
}

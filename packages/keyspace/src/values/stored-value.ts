/**
 * Values that a keyspace does not understand but keeps: of modules (vector sets among them) as stored, and arrays of Redis 8.8 slot by
 * slot. They can be renamed, copied, deleted, given an expiry, and are saved as they came.
 */
import { type ArraySlot, ByteSlice, type ItemBatch, type RdbType } from "@holdfast/rdb";
import { type ValueBatch, wrongItems } from "./item-pen.ts";
import type { MutableValue } from "./value.ts";

export class ModuleValue implements MutableValue {
  readonly type: RdbType = "module";
  readonly rowName = "MODULE_2";
  readonly itemCount = undefined;
  /** The value's bytes as stored. Nobody changes them. */
  readonly #pieces: Uint8Array[] = [];

  /** All of it is the engine's. */
  dispose(): void {}

  clone(): ModuleValue {
    const copy = new ModuleValue();
    copy.#pieces.push(...this.#pieces);
    return copy;
  }

  *batches(): Iterable<ValueBatch> {
    for (const [index, bytes] of this.#pieces.entries())
      yield { items: { of: "opaque", bytes }, isLast: index === this.#pieces.length - 1 };
  }

  load(items: ItemBatch): void {
    if (items.of !== "opaque") throw wrongItems(items, "stored bytes");
    this.#pieces.push(items.bytes.slice());
  }
}

export class ArrayValue implements MutableValue {
  readonly type: RdbType = "array";
  readonly rowName = "ARRAY";
  /** Nobody changes them. */
  readonly #slots: ArraySlot[] = [];
  #insertIndex: bigint | undefined;

  get itemCount(): number {
    return this.#slots.length;
  }

  /** All of it is the engine's. */
  dispose(): void {}

  clone(): ArrayValue {
    const copy = new ArrayValue();
    for (const slot of this.#slots) copy.#slots.push(slot);
    copy.#insertIndex = this.#insertIndex;
    return copy;
  }

  *batches(): Iterable<ValueBatch> {
    yield { items: { of: "array", slots: this.#slots, insertIndex: this.#insertIndex }, isLast: true };
  }

  load(items: ItemBatch): void {
    if (items.of !== "array") throw wrongItems(items, "slots");
    for (const slot of items.slots) this.#slots.push({ ...slot, value: ByteSlice.of(slot.value.slice()) });
    this.#insertIndex = items.insertIndex;
  }
}

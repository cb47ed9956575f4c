/** Sets: 11 (intset), 20 (listpack, since RDB 11), 2 (plain). */
import { ByteSlice } from "../byte-slice.ts";
import type { ItemBatch } from "../events.ts";
import { type CollectionForm, wrongBatch } from "./collection-writer.ts";
import { integerOf } from "./integer-text.ts";
import { intsetOf } from "./intset-writer.ts";
import type { ValueContext } from "./value-context.ts";

const type = { plain: 2, intset: 11, listpack: 20 } as const;

export class SetForm implements CollectionForm<ByteSlice> {
  readonly #context: ValueContext;
  #areIntegers = true;
  #areShort = true;

  constructor(context: ValueContext) {
    this.#context = context;
  }

  itemsOf(batch: ItemBatch): readonly ByteSlice[] {
    if (batch.of !== "elements") throw wrongBatch(batch, "elements");
    return batch.elements;
  }

  begin(): void {
    this.#areIntegers = true;
    this.#areShort = true;
  }

  mayPack(items: readonly ByteSlice[], count: number): boolean {
    const { limits } = this.#context;
    for (const item of items) {
      if (item.length > limits.setValueBytesMax) this.#areShort = false;
      if (this.#areIntegers && integerOf(item.buffer, item.start, item.end) === undefined)
        this.#areIntegers = false;
      if (!this.#areShort && !this.#areIntegers) return false;
    }
    return this.#packsAsIntegers(count) || (this.#areShort && count <= limits.setEntriesMax);
  }

  #packsAsIntegers(count: number): boolean {
    return this.#areIntegers && count <= this.#context.limits.intsetEntriesMax;
  }

  own(item: ByteSlice): ByteSlice {
    return ByteSlice.of(item.slice());
  }

  writePacked(items: readonly ByteSlice[]): void {
    const { head, output, listpack } = this.#context;
    if (this.#packsAsIntegers(items.length)) {
      head(type.intset);
      output.string(intsetOf(items.map(({ buffer, start, end }) => integerOf(buffer, start, end) ?? 0)));
      return;
    }
    head(type.listpack);
    listpack.begin();
    for (const { buffer, start, end } of items) listpack.text(buffer, start, end);
    output.string(listpack.finish());
  }

  beginPlain(): void {
    this.#context.head(type.plain);
  }

  writePlain(item: ByteSlice): void {
    this.#context.output.string(item.buffer, item.start, item.end);
  }
}

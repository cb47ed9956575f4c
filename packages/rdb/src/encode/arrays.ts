/**
 * Arrays of Redis 8.8: type 28.
 *
 *   count | 0, or 1 and the index to insert at | count × (index, tag, payload)
 *
 * An integer is eight bytes, a double too, a text of at most seven bytes has a tag of its own.
 */
import type { ArraySlot, ItemBatch, KeyEvent } from "../events.ts";
import { arraySmallStringMax, arrayTag } from "../format.ts";
import { wrongBatch } from "./collection-writer.ts";
import { integerOf } from "./integer-text.ts";
import type { ValueContext, ValueWriter } from "./value-context.ts";

const arrayType = 28;

export class ArrayWriter implements ValueWriter {
  readonly #context: ValueContext;
  #statedCount: number | undefined;
  #count = 0;
  #isOpen = false;

  constructor(context: ValueContext) {
    this.#context = context;
  }

  begin(event: KeyEvent): void {
    this.#statedCount = event.itemCount;
    this.#count = 0;
    this.#isOpen = false;
  }

  add(batch: ItemBatch): void {
    if (batch.of !== "array") throw wrongBatch(batch, "array slots");
    if (!this.#isOpen) this.#open(batch.insertIndex);
    for (const slot of batch.slots) this.#writeSlot(slot);
    this.#count += batch.slots.length;
  }

  end(): void {
    if (this.#isOpen && this.#statedCount === undefined) this.#context.output.closeGap(this.#count);
  }

  #open(insertIndex: bigint | undefined): void {
    const { head, output } = this.#context;
    this.#isOpen = true;
    head(arrayType);
    if (this.#statedCount === undefined) output.openGap();
    else output.length(this.#statedCount);
    output.byte(insertIndex === undefined ? 0 : 1);
    if (insertIndex !== undefined) output.length64(insertIndex);
  }

  #writeSlot({ index, value, stored }: ArraySlot): void {
    const { output } = this.#context;
    const { buffer, start, end } = value;
    output.length64(index);
    if (stored === "integer") {
      output.byte(arrayTag.integer);
      output.bigInt64(BigInt(integerOf(buffer, start, end) ?? 0));
    } else if (stored === "double") {
      output.byte(arrayTag.double);
      output.double(Number(Buffer.from(value.view()).toString("latin1")));
    } else {
      output.byte(value.length <= arraySmallStringMax ? arrayTag.smallString : arrayTag.string);
      output.string(buffer, start, end);
    }
  }
}

/**
 * Lists: 18 (nodes of listpacks, plain nodes), 14 (nodes of ziplists), and before RDB 7 10 (one ziplist) or 1 (plain).
 *
 * Nodes are filled to about 8 KiB, as servers do; a longer element has a node of its own. How many nodes there will be is known only
 * at the end, so their number is a gap.
 *
 * Source: quicklist.c of Redis; rdbSaveObject in rdb.c.
 */
import { ByteSlice } from "../byte-slice.ts";
import type { ItemBatch, KeyEvent } from "../events.ts";
import { quicklistPacked, quicklistPlain } from "../quicklist-nodes.ts";
import { type CollectionForm, wrongBatch } from "./collection-writer.ts";
import { entryBytesMax } from "./listpack-writer.ts";
import type { ValueContext, ValueWriter } from "./value-context.ts";

const type = { plain: 1, ziplist: 10, ziplistNodes: 14, listpackNodes: 18 } as const;

/** Since RDB 7. */
export class QuicklistWriter implements ValueWriter {
  readonly #context: ValueContext;
  #isOpen = false;
  #nodes = 0;
  /** Entries of the node under way. */
  #entries = 0;

  constructor(context: ValueContext) {
    this.#context = context;
  }

  begin(_event: KeyEvent): void {
    this.#isOpen = false;
    this.#nodes = 0;
    this.#entries = 0;
  }

  add(batch: ItemBatch): void {
    if (batch.of !== "elements") throw wrongBatch(batch, "elements");
    if (batch.elements.length > 0) this.#open();
    for (const element of batch.elements) this.#addElement(element);
  }

  end(): void {
    const { head, output } = this.#context;
    if (!this.#isOpen) {
      // A list without elements: no server makes one, some load it.
      head(type.plain);
      output.length(0);
      return;
    }
    this.#finishNode();
    output.closeGap(this.#nodes);
  }

  #open(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    this.#context.head(this.#context.usesListpacks ? type.listpackNodes : type.ziplistNodes);
    this.#context.output.openGap();
  }

  #addElement({ buffer, start, end }: ByteSlice): void {
    const { packed, limits, usesListpacks, output } = this.#context;
    const isLong = end - start > limits.listNodeBytesMax;
    if (isLong && usesListpacks) {
      this.#finishNode();
      output.length(quicklistPlain);
      output.string(buffer, start, end);
      this.#nodes += 1;
      return;
    }
    if (this.#entries > 0 && packed.sizeBytes + entryBytesMax(end - start) > limits.listNodeBytesMax)
      this.#finishNode();
    if (this.#entries === 0) packed.begin();
    packed.text(buffer, start, end);
    this.#entries += 1;
  }

  #finishNode(): void {
    if (this.#entries === 0) return;
    const { packed, output, usesListpacks } = this.#context;
    if (usesListpacks) output.length(quicklistPacked);
    output.string(packed.finish());
    this.#nodes += 1;
    this.#entries = 0;
  }
}

/** Before RDB 7: one ziplist, or plain. */
export class OldListForm implements CollectionForm<ByteSlice> {
  readonly #context: ValueContext;
  #areShort = true;

  constructor(context: ValueContext) {
    this.#context = context;
  }

  itemsOf(batch: ItemBatch): readonly ByteSlice[] {
    if (batch.of !== "elements") throw wrongBatch(batch, "elements");
    return batch.elements;
  }

  begin(): void {
    this.#areShort = true;
  }

  mayPack(items: readonly ByteSlice[], count: number): boolean {
    const { listEntriesMax, listValueBytesMax } = this.#context.limits;
    this.#areShort &&= items.every((item) => item.length <= listValueBytesMax);
    return this.#areShort && count <= listEntriesMax;
  }

  own(item: ByteSlice): ByteSlice {
    return ByteSlice.of(item.slice());
  }

  writePacked(items: readonly ByteSlice[]): void {
    const { head, output, packed } = this.#context;
    head(type.ziplist);
    packed.begin();
    for (const { buffer, start, end } of items) packed.text(buffer, start, end);
    output.string(packed.finish());
  }

  beginPlain(): void {
    this.#context.head(type.plain);
  }

  writePlain(item: ByteSlice): void {
    this.#context.output.string(item.buffer, item.start, item.end);
  }
}

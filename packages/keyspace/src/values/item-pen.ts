/**
 * Texts as byte slices for events: a scratch buffer that is written over with each batch.
 *
 * Hot: slice(), called for every element that is saved.
 */
import { ByteSlice, type ItemBatch } from "@holdfast/rdb";
import { KeyspaceError } from "../errors.ts";
import { bufferOver, bytesOf } from "../latin1.ts";

const scratchBytes = 1 << 16;
/** So many items make a batch, unless their bytes do before. */
const batchItemsMax = 256;

/** A part of a value as events have it: valid until the next one is asked for. */
export interface ValueBatch {
  readonly items: ItemBatch;
  readonly isLast: boolean;
}

export class ItemPen {
  #bytes = new Uint8Array(scratchBytes);
  /** The same memory. Slices are of #bytes: slice() of a Buffer would not copy. */
  #scratch = bufferOver(this.#bytes);
  #used = 0;
  #batchBytes = 0;

  /** Starts a batch: what was handed out before is written over from now on. */
  begin(): void {
    this.#used = 0;
    this.#batchBytes = 0;
  }

  /** Bytes since begin(). */
  get batchBytes(): number {
    return this.#batchBytes;
  }

  /** The bytes of a text. */
  slice(text: string): ByteSlice {
    const size = text.length;
    this.#batchBytes += size;
    if (size > scratchBytes) return ByteSlice.of(bytesOf(text));
    if (this.#used + size > scratchBytes) {
      // Slices that were made keep the buffer they are in.
      this.#bytes = new Uint8Array(scratchBytes);
      this.#scratch = bufferOver(this.#bytes);
      this.#used = 0;
    }
    const start = this.#used;
    this.#scratch.write(text, start, "latin1");
    this.#used = start + size;
    return new ByteSlice(this.#bytes, start, start + size);
  }
}

/** Items in batches: `item` makes each from its source with the pen, `batch` wraps them. At least one batch, empty if need be. */
export function* inBatches<Source, Item>(
  pen: ItemPen,
  sources: Iterable<Source>,
  item: (source: Source) => Item,
  batch: (items: Item[]) => ItemBatch,
): Iterable<ValueBatch> {
  const iterator = sources[Symbol.iterator]();
  let next = iterator.next();
  do {
    const items: Item[] = [];
    pen.begin();
    while (next.done !== true && items.length < batchItemsMax && pen.batchBytes < scratchBytes) {
      items.push(item(next.value));
      next = iterator.next();
    }
    yield { items: batch(items), isLast: next.done === true };
  } while (next.done !== true);
}

/** A batch of another kind than the value it was given to has. */
export function wrongItems(items: ItemBatch, wanted: string): KeyspaceError {
  return new KeyspaceError("KEYSPACE_EVENTS", `${items.of} where ${wanted} belong: decode at level "items"`);
}

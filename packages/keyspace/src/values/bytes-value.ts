/**
 * A string that is long, or that commands change in place: bytes with room to grow.
 *
 *   buffer [ content .......... | room ]      content is buffer[0, size)
 *
 * Short strings stand in the record of their key (store/records.ts). What appends or writes into one makes a BytesValue of it, so that a bitmap is not copied for
 * every bit.
 */
import type { ItemBatch, RdbType } from "@holdfast/rdb";
import { bufferOver, bytesOf, textOf } from "../latin1.ts";
import { type ValueBatch, wrongItems } from "./item-pen.ts";
import type { MutableValue } from "./value.ts";

/** Strings above this are bytes: outside the engine's heap, without a copy when they are saved. */
export const textValueBytesMax = 4096;
const firstRoom = 64;

export class BytesValue implements MutableValue {
  readonly type: RdbType = "string";
  readonly rowName = "STRING";
  readonly itemCount = 1;
  #buffer: Uint8Array;
  #size: number;

  /** Owns `bytes` from now on. */
  constructor(bytes: Uint8Array = new Uint8Array(0)) {
    this.#buffer = bytes;
    this.#size = bytes.length;
  }

  /** In bytes. */
  get size(): number {
    return this.#size;
  }

  /** The content: borrowed until the next change, and to be written to by whoever owns the value. */
  get bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#size);
  }

  /** Makes the content at least so long, with zero bytes behind. */
  growTo(size: number): void {
    if (size <= this.#size) return;
    if (size > this.#buffer.length) {
      const larger = new Uint8Array(
        Math.max(firstRoom, size, Math.min(2 * this.#buffer.length, size + (1 << 20))),
      );
      larger.set(this.bytes);
      this.#buffer = larger;
    }
    this.#size = size;
  }

  append(bytes: Uint8Array): void {
    const at = this.#size;
    this.growTo(at + bytes.length);
    this.#buffer.set(bytes, at);
  }

  /** All of it is the engine's. */
  dispose(): void {}

  clone(): BytesValue {
    return new BytesValue(this.#buffer.slice(0, this.#size));
  }

  *batches(): Iterable<ValueBatch> {
    yield { items: { of: "chunks", chunks: [this.bytes] }, isLast: true };
  }

  load(items: ItemBatch): void {
    if (items.of !== "chunks") throw wrongItems(items, "chunks");
    for (const chunk of items.chunks) this.append(chunk);
  }
}

/** The string value with this content, which is copied. */
export function stringValueOf(bytes: Uint8Array): string | BytesValue {
  return bytes.length > textValueBytesMax ? new BytesValue(bytes.slice()) : textOf(bytes);
}

/** The content of a string value: borrowed, not to be written to. */
export function bytesOfString(value: string | BytesValue): Uint8Array {
  return typeof value === "string" ? bytesOf(value) : value.bytes;
}

export function textOfString(value: string | BytesValue): string {
  return typeof value === "string" ? value : bufferOver(value.bytes).toString("latin1");
}

export function sizeOfString(value: string | BytesValue): number {
  return typeof value === "string" ? value.length : value.size;
}

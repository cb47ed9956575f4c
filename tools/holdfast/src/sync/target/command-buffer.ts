/**
 * Commands on their way to a target: one growing buffer, filled again and again.
 *
 * Hot: every byte that is copied passes through here. `npm run bench -- sync` watches it.
 */

import type { CommandSink } from "@holdfast/rdb";
import { type CommandArgument, commandSize, writeCommand } from "@holdfast/resp";

const FIRST_BYTES = 1 << 16;
/** Below this a loop is quicker than the call of set(). */
const SHORT_BYTES = 24;
/** A buffer that one large key made larger than this is not kept. */
const KEPT_BYTES_MAX = 4 << 20;

export class CommandBuffer implements CommandSink {
  #buffer = Buffer.allocUnsafeSlow(FIRST_BYTES);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** What stands here, borrowed until the next clear(). */
  get view(): Buffer {
    return this.#buffer.subarray(0, this.#size);
  }

  clear(): void {
    this.#size = 0;
    if (this.#buffer.length > KEPT_BYTES_MAX) this.#buffer = Buffer.allocUnsafeSlow(FIRST_BYTES);
  }

  /** Forgets what was written behind `size`. */
  cutTo(size: number): void {
    this.#size = size;
  }

  byte(value: number): void {
    if (this.#size === this.#buffer.length) this.#grow(1);
    this.#buffer[this.#size++] = value;
  }

  bytes(source: Uint8Array, start = 0, end: number = source.length): void {
    const count = end - start;
    if (this.#size + count > this.#buffer.length) this.#grow(count);
    const buffer = this.#buffer;
    let to = this.#size;
    if (count <= SHORT_BYTES) for (let at = start; at < end; ) buffer[to++] = source[at++];
    else buffer.set(source.subarray(start, end), to);
    this.#size += count;
  }

  ascii(text: string): void {
    const count = text.length;
    if (this.#size + count > this.#buffer.length) this.#grow(count);
    const buffer = this.#buffer;
    let to = this.#size;
    for (let at = 0; at < count; at++) buffer[to++] = text.charCodeAt(at);
    this.#size = to;
  }

  integer(value: number): void {
    if (value >= 0 && value < 10) this.byte(0x30 + value);
    else this.ascii(String(value));
  }

  /** One whole command. */
  command(args: readonly CommandArgument[]): void {
    const count = commandSize(args);
    if (this.#size + count > this.#buffer.length) this.#grow(count);
    this.#size = writeCommand(args, this.#buffer, this.#size);
  }

  #grow(count: number): void {
    const next = Buffer.allocUnsafeSlow(Math.max(this.#buffer.length * 2, this.#size + count));
    next.set(this.#buffer.subarray(0, this.#size));
    this.#buffer = next;
  }
}

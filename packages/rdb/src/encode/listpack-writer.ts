/**
 * Writes listpacks: the drawing is in packed/listpack.ts, which reads them.
 *
 *   u32le total bytes | u16le entries, 65535 = count them | entry … | FF
 *   entry = encoding and data | size of these, 7 bits a byte, to be read from the back
 *
 * The size takes a third byte from 16383 on, and from 16384 on since Redis 8.8; likewise at 2^21 and 2^28. Servers compute the width
 * from the size and refuse the other one, so the target decides (`wideEntryBytes`).
 *
 * Hot: text().
 *
 * Source: listpack.c of Redis, lpEncodeGetType and lpEncodeBacklen.
 */
import { integerOf } from "./integer-text.ts";

const headBytes = 6;
const endByte = 0xff;
const countMax = 65535;
const firstBytes = 1024;
const int64Min = -(2n ** 63n);

/** One listpack at a time; begin() starts the next in the same memory. */
export class ListpackWriter {
  /** Sizes from which an entry's own size takes 3, 4, 5 bytes. */
  readonly #wideFrom: readonly [number, number, number];
  #buffer = new Uint8Array(firstBytes);
  #view = new DataView(this.#buffer.buffer);
  #size = headBytes;
  #count = 0;

  constructor(wideEntryBytes: 16383 | 16384) {
    const shift = wideEntryBytes - 16384;
    this.#wideFrom = [2 ** 14 + shift, 2 ** 21 + shift, 2 ** 28 + shift];
  }

  begin(): void {
    this.#size = headBytes;
    this.#count = 0;
  }

  get count(): number {
    return this.#count;
  }

  /** Bytes of the listpack so far, the end byte not included. */
  get sizeBytes(): number {
    return this.#size;
  }

  /** buffer[start, end): stored as an integer where it is the text of one. */
  text(buffer: Uint8Array, start = 0, end = buffer.length): void {
    const value = integerOf(buffer, start, end);
    if (value !== undefined) this.integer(value);
    else this.#string(buffer, start, end);
  }

  integer(value: number | bigint): void {
    const start = this.#claim(16);
    this.#size = typeof value === "bigint" ? this.#wideInteger(value, start) : this.#number(value, start);
    this.#finishEntry(start);
  }

  /** Replaces the number 0 to 127 that was written first. */
  setFirst(value: number): void {
    this.#buffer[headBytes] = value;
  }

  /** The whole listpack, borrowed until the next begin(). */
  finish(): Uint8Array {
    const end = this.#claim(1);
    this.#buffer[end] = endByte;
    this.#view.setUint32(0, end + 1, true);
    this.#view.setUint16(4, Math.min(this.#count, countMax), true);
    return this.#buffer.subarray(0, end + 1);
  }

  #number(value: number, at: number): number {
    const buffer = this.#buffer;
    if (value >= 0 && value < 128) {
      buffer[at] = value;
      return at + 1;
    }
    if (value >= -4096 && value < 4096) {
      buffer[at] = 0xc0 | ((value >> 8) & 0x1f);
      buffer[at + 1] = value & 255;
      return at + 2;
    }
    if (value >= -0x8000 && value < 0x8000) {
      buffer[at] = 0xf1;
      this.#view.setInt16(at + 1, value, true);
      return at + 3;
    }
    if (value >= -0x800000 && value < 0x800000) {
      buffer[at] = 0xf2;
      this.#view.setUint16(at + 1, value & 0xffff, true);
      buffer[at + 3] = (value >> 16) & 255;
      return at + 4;
    }
    if (value >= -(2 ** 31) && value < 2 ** 31) {
      buffer[at] = 0xf3;
      this.#view.setInt32(at + 1, value, true);
      return at + 5;
    }
    return this.#wideInteger(BigInt(value), at);
  }

  #wideInteger(value: bigint, at: number): number {
    if (value >= -(2n ** 31n) && value < 2n ** 31n) return this.#number(Number(value), at);
    this.#buffer[at] = 0xf4;
    this.#view.setBigInt64(at + 1, value < int64Min ? int64Min : value, true);
    return at + 9;
  }

  #string(buffer: Uint8Array, start: number, end: number): void {
    const count = end - start;
    const at = this.#claim(count + 16);
    const target = this.#buffer;
    let to = at;
    if (count < 64) {
      target[to++] = 0x80 | count;
    } else if (count < 4096) {
      target[to++] = 0xe0 | (count >> 8);
      target[to++] = count & 255;
    } else {
      target[to] = 0xf0;
      this.#view.setUint32(to + 1, count, true);
      to += 5;
    }
    if (count < 32) for (let from = start; from < end; ) target[to++] = buffer[from++];
    else {
      target.set(buffer.subarray(start, end), to);
      to += count;
    }
    this.#size = to;
    this.#finishEntry(at);
  }

  /** Appends the size of the entry that began at `start`. There is room. */
  #finishEntry(start: number): void {
    const size = this.#size - start;
    const [three, four, five] = this.#wideFrom;
    let width = 1;
    if (size > 127) width = size < three ? 2 : size < four ? 3 : size < five ? 4 : 5;
    for (let place = width - 1; place >= 0; place--) {
      const group = (size / 2 ** (7 * place)) & 127;
      this.#buffer[this.#size++] = place === width - 1 ? group : group | 128;
    }
    this.#count += 1;
  }

  /** Makes room for `count` bytes; returns where they go. */
  #claim(count: number): number {
    if (this.#size + count > this.#buffer.length) {
      const grown = new Uint8Array(Math.max(this.#buffer.length * 2, this.#size + count));
      grown.set(this.#buffer.subarray(0, this.#size));
      this.#buffer = grown;
      this.#view = new DataView(grown.buffer);
    }
    return this.#size;
  }
}

/** About what an entry of so many bytes adds to a listpack or ziplist. */
export function entryBytesMax(textBytes: number): number {
  return textBytes + 10;
}

/**
 * Writes ziplists, for servers before Redis 7.0: the drawing is in packed/ziplist.ts, which reads them.
 *
 *   u32le total bytes | u32le offset of the last entry | u16le entries, 65535 = count them | entry … | FF
 *   entry = size of the entry before (1 byte, or FE and u32le from 254 on) | encoding and data
 *
 * Integers of 8 and 24 bits and the ones inside the encoding byte came with RDB 6; before that 16, 32 and 64 bits are all there is.
 *
 * Source: ziplist.c of Redis.
 */
import { integerOf } from "./integer-text.ts";

const headBytes = 10;
const endByte = 0xff;
const countMax = 65535;
const longSizeFrom = 254;
const firstBytes = 1024;

/** One ziplist at a time; begin() starts the next in the same memory. */
export class ZiplistWriter {
  readonly #hasShortIntegers: boolean;
  #buffer = new Uint8Array(firstBytes);
  #view = new DataView(this.#buffer.buffer);
  #size = headBytes;
  #count = 0;
  #last = headBytes;
  #previousBytes = 0;

  constructor(hasShortIntegers: boolean) {
    this.#hasShortIntegers = hasShortIntegers;
  }

  begin(): void {
    this.#size = headBytes;
    this.#count = 0;
    this.#last = headBytes;
    this.#previousBytes = 0;
  }

  get count(): number {
    return this.#count;
  }

  /** Bytes of the ziplist so far, the end byte not included. */
  get sizeBytes(): number {
    return this.#size;
  }

  /** buffer[start, end): stored as an integer where it is the text of one. */
  text(buffer: Uint8Array, start = 0, end = buffer.length): void {
    const value = integerOf(buffer, start, end);
    if (value !== undefined) {
      this.integer(value);
      return;
    }
    this.#beginEntry(end - start + 16);
    this.#stringHead(end - start);
    this.#buffer.set(buffer.subarray(start, end), this.#size);
    this.#size += end - start;
    this.#endEntry();
  }

  integer(value: number | bigint): void {
    this.#beginEntry(16);
    this.#size += this.#putInteger(BigInt(value), this.#size);
    this.#endEntry();
  }

  /** The whole ziplist, borrowed until the next begin(). */
  finish(): Uint8Array {
    this.#claim(1);
    this.#buffer[this.#size] = endByte;
    this.#view.setUint32(0, this.#size + 1, true);
    this.#view.setUint32(4, this.#last, true);
    this.#view.setUint16(8, Math.min(this.#count, countMax), true);
    return this.#buffer.subarray(0, this.#size + 1);
  }

  #beginEntry(bytesMax: number): void {
    this.#claim(bytesMax);
    this.#last = this.#size;
    if (this.#previousBytes < longSizeFrom) {
      this.#buffer[this.#size++] = this.#previousBytes;
      return;
    }
    this.#buffer[this.#size] = longSizeFrom;
    this.#view.setUint32(this.#size + 1, this.#previousBytes, true);
    this.#size += 5;
  }

  #endEntry(): void {
    this.#previousBytes = this.#size - this.#last;
    this.#count += 1;
  }

  #stringHead(count: number): void {
    const buffer = this.#buffer;
    if (count < 64) {
      buffer[this.#size++] = count;
    } else if (count < 16384) {
      buffer[this.#size++] = 0x40 | (count >> 8);
      buffer[this.#size++] = count & 255;
    } else {
      buffer[this.#size] = 0x80;
      this.#view.setUint32(this.#size + 1, count, false);
      this.#size += 5;
    }
  }

  /** Returns the bytes written. */
  #putInteger(value: bigint, at: number): number {
    const fits = (bits: number) => BigInt.asIntN(bits, value) === value;
    const number = Number(value);
    if (this.#hasShortIntegers && value >= 0n && value <= 12n) {
      this.#buffer[at] = 0xf1 + number;
      return 1;
    }
    if (this.#hasShortIntegers && fits(8)) {
      this.#buffer[at] = 0xfe;
      this.#view.setInt8(at + 1, number);
      return 2;
    }
    if (fits(16)) {
      this.#buffer[at] = 0xc0;
      this.#view.setInt16(at + 1, number, true);
      return 3;
    }
    if (this.#hasShortIntegers && fits(24)) {
      this.#buffer[at] = 0xf0;
      this.#view.setUint16(at + 1, number & 0xffff, true);
      this.#buffer[at + 3] = (number >> 16) & 255;
      return 4;
    }
    if (fits(32)) {
      this.#buffer[at] = 0xd0;
      this.#view.setInt32(at + 1, number, true);
      return 5;
    }
    this.#buffer[at] = 0xe0;
    this.#view.setBigInt64(at + 1, value, true);
    return 9;
  }

  #claim(count: number): void {
    if (this.#size + count <= this.#buffer.length) return;
    const grown = new Uint8Array(Math.max(this.#buffer.length * 2, this.#size + count));
    grown.set(this.#buffer.subarray(0, this.#size));
    this.#buffer = grown;
    this.#view = new DataView(grown.buffer);
  }
}

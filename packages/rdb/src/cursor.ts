/**
 * Reads the primitives of the format from a window, with one way to say "not enough bytes yet".
 *
 * Whoever runs short throws the sentinel `shortage`; `RdbDecoder.next()` catches it, puts the window
 * back to the last `commit()` and waits for the next push. So an element is either whole or not there.
 *
 *   00nnnnnn                            length 0…63
 *   01nnnnnn nnnnnnnn                   length 0…16383
 *   10000000 + 4 bytes big-endian       length up to 2^32 - 1
 *   10000001 + 8 bytes big-endian       length up to 2^64 - 1
 *   11eeeeee                            not a length: a specially encoded string, see strings.ts
 *
 * Servers before 4.0 took any 10…… byte as the 32-bit form but never wrote another one than 10000000.
 *
 * Source: rdb.h of Redis and Valkey.
 */
import type { ByteWindow } from "@holdfast/bytes";
import { Damage, type RdbErrorCode } from "./errors.ts";

/** Thrown when the window ends inside an element. Only the decoder catches it. */
export const shortage: unique symbol = Symbol("rdb: more bytes wanted");

const uint64Max = 2n ** 64n - 1n;

export class RdbCursor {
  readonly window: ByteWindow;
  /** Index in the window's buffer: everything before it is decoded. */
  committed = 0;
  /** How many bytes from `committed` on the last shortage asked for. */
  wanted = 1;
  /** Stream offset where the input ends, when that is known; otherwise infinite. */
  readonly inputEnd: number;
  /** No more bytes will be pushed. */
  isInputOver = false;

  constructor(window: ByteWindow, inputEnd: number) {
    this.window = window;
    this.inputEnd = inputEnd;
  }

  /** Everything read so far is decoded for good. */
  commit(): void {
    this.committed = this.window.position;
  }

  rewind(): void {
    this.window.position = this.committed;
  }

  /** Returns with at least `count` unread bytes in the window, or throws the sentinel. */
  need(count: number): void {
    const { window } = this;
    if (window.limit - window.position >= count) return;
    this.mustExist(count);
    this.wanted = window.position + count - this.committed;
    throw shortage;
  }

  /** Refuses a size that the input cannot have any more, before anybody waits or allocates for it. */
  mustExist(count: number): void {
    const missing = this.window.start + this.window.position + count - this.inputEnd;
    if (missing > 0) {
      this.fail(
        "RDB_TRUNCATED",
        `${count} bytes announced, ${count - missing} are left`,
        this.inputEnd - this.window.start,
      );
    }
  }

  /** Damage at an index of the window's buffer; without one, where the cursor stands. */
  fail(code: RdbErrorCode, detail: string, at = this.window.position): never {
    throw new Damage(code, detail, at);
  }

  byte(): number {
    const { window } = this;
    if (window.position >= window.limit) this.need(1);
    return window.buffer[window.position++];
  }

  /** Looks at the next byte without reading it. */
  peek(): number {
    this.need(1);
    return this.window.buffer[this.window.position];
  }

  skip(count: number): void {
    this.need(count);
    this.window.position += count;
  }

  int32(): number {
    this.need(4);
    const value = this.window.view.getInt32(this.window.position, true);
    this.window.position += 4;
    return value;
  }

  double(): number {
    this.need(8);
    const value = this.window.view.getFloat64(this.window.position, true);
    this.window.position += 8;
    return value;
  }

  /** A signed 64-bit time as a number; exact up to 2^53, which is the year 287396. */
  int64(): number {
    this.need(8);
    const { view, position } = this.window;
    this.window.position += 8;
    return view.getInt32(position + 4, true) * 4294967296 + view.getUint32(position, true);
  }

  exactInt64(): bigint {
    this.need(8);
    const value = this.window.view.getBigInt64(this.window.position, true);
    this.window.position += 8;
    return value;
  }

  /**
   * Reads one length.
   *
   * Lengths above 2^53 - 1 are damage: nothing of that size fits in a file. So is the prefix of an
   * encoded string.
   */
  length(): number {
    const { window } = this;
    if (window.position >= window.limit) this.need(1);
    const first = window.buffer[window.position];
    if (first < 0x40) {
      window.position += 1;
      return first;
    }
    return this.#longLength(first);
  }

  #longLength(first: number): number {
    const { window } = this;
    const at = window.position;
    if (first < 0x80) {
      this.need(2);
      window.position = at + 2;
      return ((first & 0x3f) << 8) | window.buffer[at + 1];
    }
    if (first === 0x80) {
      this.need(5);
      window.position = at + 5;
      return window.view.getUint32(at + 1, false);
    }
    if (first !== 0x81) this.fail("RDB_BAD_LENGTH", `a length was due, found byte 0x${first.toString(16)}`);
    this.need(9);
    const high = window.view.getUint32(at + 1, false);
    if (high >= 0x200000) this.fail("RDB_BAD_LENGTH", "length above 2^53 - 1");
    window.position = at + 9;
    return high * 4294967296 + window.view.getUint32(at + 5, false);
  }

  /** A length that may use all 64 bits: parts of stream ids, counters, module integers. */
  length64(): bigint {
    this.need(1);
    const { window } = this;
    if (window.buffer[window.position] !== 0x81) return BigInt(this.length());
    this.need(9);
    const value = window.view.getBigUint64(window.position + 1, false);
    window.position += 9;
    return value;
  }

  /** A 64-bit length whose greatest value means "unknown". */
  optionalLength64(): bigint | undefined {
    const value = this.length64();
    return value === uint64Max ? undefined : value;
  }

  /** A 64-bit length as a number, rounded above 2^53: for estimates, not for data. */
  roughLength(): number {
    this.need(1);
    const { window } = this;
    if (window.buffer[window.position] !== 0x81) return this.length();
    this.need(9);
    const at = window.position;
    window.position += 9;
    return window.view.getUint32(at + 1, false) * 4294967296 + window.view.getUint32(at + 5, false);
  }
}

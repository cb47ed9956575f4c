/**
 * Strings: raw bytes, small integers, or an LZF block.
 *
 *   length  bytes                     raw
 *   C0 + 1, C1 + 2, C2 + 4 bytes      little-endian integer that stands for its decimal text
 *   C3  packed  unpacked  bytes       LZF block of `packed` bytes that makes `unpacked` bytes
 *
 * Every string of a file can come in any of these forms: keys, elements, packed encodings, aux values.
 *
 * Source: rdb.c of Redis and Valkey (rdbGenericLoadStringObject).
 */
import { decimalOf, LZF_MAX_RATIO, LzfError, lzfDecompress } from "@holdfast/bytes";
import { ByteSlice } from "./byte-slice.ts";
import type { RdbCursor } from "./cursor.ts";
import { Damage } from "./errors.ts";

export type StoredForm = "raw" | "int" | "lzf";

/** Memory for unpacked strings between two pushes; what lies in it is borrowed like the window's bytes. */
export class Arena {
  static readonly #slabBytes = 256 * 1024;
  #slab = new Uint8Array(0);
  #used = 0;
  readonly #poison: boolean;
  #filled: Uint8Array[] = [];
  /** Where the last claim lies: buffer[start, start + size). */
  buffer: Uint8Array = this.#slab;
  start = 0;

  constructor(poison: boolean) {
    this.#poison = poison;
  }

  /** Sets `buffer` and `start` to room for so many bytes. */
  claim(sizeBytes: number): void {
    if (sizeBytes > Arena.#slabBytes / 4) {
      this.#use(new Uint8Array(sizeBytes), 0);
      return;
    }
    if (this.#used + sizeBytes > this.#slab.length) {
      this.#slab = new Uint8Array(Arena.#slabBytes);
      this.#used = 0;
    }
    this.#use(this.#slab, this.#used);
    this.#used += sizeBytes;
  }

  #use(buffer: Uint8Array, start: number): void {
    this.buffer = buffer;
    this.start = start;
    if (this.#poison && this.#filled.at(-1) !== buffer) this.#filled.push(buffer);
  }

  /** Everything claimed is free again. */
  reset(): void {
    this.#used = 0;
    if (!this.#poison) return;
    for (const buffer of this.#filled) buffer.fill(0xdb);
    this.#filled = [];
    this.#slab = new Uint8Array(0);
  }
}

/**
 * Reads strings at a cursor. After `head()` the form and sizes of a string are known and the cursor
 * stands before its stored bytes; after `read()` the whole text is in `buffer[start, end)`, borrowed.
 */
export class StringReader {
  readonly #cursor: RdbCursor;
  /** Where unpacked text goes. */
  arena: Arena;

  form: StoredForm = "raw";
  /** Bytes of the text. */
  textBytes = 0;
  /** Bytes stored behind the head. */
  storedBytes = 0;
  /** Index in the window where the string begins: its first prefix byte. */
  at = 0;
  /** Index in the window where the stored bytes begin; -1 until the head was read. */
  bodyAt = -1;

  buffer: Uint8Array = new Uint8Array(0);
  start = 0;
  end = 0;

  constructor(cursor: RdbCursor, arena: Arena) {
    this.#cursor = cursor;
    this.arena = arena;
  }

  /** Reads the prefix and the sizes. */
  head(): void {
    const cursor = this.#cursor;
    const { window } = cursor;
    this.at = window.position;
    this.bodyAt = -1;
    const first = cursor.peek();
    if (first < 0xc0) {
      this.form = "raw";
      this.textBytes = this.storedBytes = cursor.length();
      this.bodyAt = window.position;
    } else if (first === 0xc3) {
      this.#lzfHead();
    } else if (first <= 0xc2) {
      this.#intHead(first);
    } else {
      cursor.fail("RDB_BAD_STRING", `0x${first.toString(16)} is no string encoding`);
    }
  }

  #intHead(first: number): void {
    this.form = "int";
    this.storedBytes = 1 << (first - 0xc0);
    this.#cursor.need(1 + this.storedBytes);
    this.bodyAt = this.#cursor.window.position += 1;
    this.textBytes = decimalDigits(this.#peekInt());
  }

  #peekInt(): number {
    const { view, position } = this.#cursor.window;
    if (this.storedBytes === 1) return view.getInt8(position);
    return this.storedBytes === 2 ? view.getInt16(position, true) : view.getInt32(position, true);
  }

  #lzfHead(): void {
    const cursor = this.#cursor;
    this.form = "lzf";
    cursor.window.position += 1;
    this.storedBytes = cursor.length();
    this.textBytes = cursor.length();
    this.bodyAt = cursor.window.position;
    const isLie = this.textBytes > this.storedBytes * LZF_MAX_RATIO || this.textBytes === 0;
    if (isLie) {
      cursor.fail("RDB_BAD_LZF", `${this.storedBytes} packed bytes cannot make ${this.textBytes}`, this.at);
    }
  }

  /** Reads a whole string of at most `limitBytes`, packed and unpacked. */
  read(limitBytes: number): void {
    this.head();
    if (this.textBytes > limitBytes || this.storedBytes > limitBytes) this.#tooLong(limitBytes);
    this.body();
  }

  #tooLong(limitBytes: number): never {
    this.#cursor.mustExist(this.storedBytes);
    return this.#cursor.fail(
      "RDB_LIMIT",
      `a string of ${this.textBytes} bytes is above the limit of ${limitBytes}`,
      this.at,
    );
  }

  /** Reads the stored bytes behind a head. */
  body(): void {
    const { window } = this.#cursor;
    this.#cursor.need(this.storedBytes);
    const position = window.position;
    if (this.form === "raw") {
      this.buffer = window.buffer;
      this.start = position;
      this.end = position + this.storedBytes;
    } else if (this.form === "int") {
      this.#writeInt(this.#peekInt());
    } else {
      this.#unpack(position);
    }
    window.position = position + this.storedBytes;
  }

  /** Passes over the stored bytes behind a head; an LZF block is unpacked all the same, to be checked. */
  pass(limitBytes: number): void {
    this.head();
    if (this.textBytes > limitBytes || this.storedBytes > limitBytes) this.#tooLong(limitBytes);
    if (this.form === "lzf") this.body();
    else this.#cursor.skip(this.storedBytes);
  }

  #writeInt(value: number): void {
    this.arena.claim(this.textBytes);
    this.#useArena();
    writeDecimal(value, this.buffer, this.end);
  }

  /** The text is what the arena handed out last. */
  #useArena(): void {
    this.buffer = this.arena.buffer;
    this.start = this.arena.start;
    this.end = this.start + this.textBytes;
  }

  #unpack(position: number): void {
    this.arena.claim(this.textBytes);
    this.#useArena();
    const { buffer } = this.#cursor.window;
    try {
      lzfDecompress(buffer, position, position + this.storedBytes, this.buffer, this.start, this.end);
    } catch (error) {
      if (!(error instanceof LzfError)) throw error;
      throw lzfDamage(error, this.at);
    }
  }

  /** The text of the last `read()`: borrowed. */
  text(): ByteSlice {
    return new ByteSlice(this.buffer, this.start, this.end);
  }

  /** The same as a view. */
  view(): Uint8Array {
    return this.buffer.subarray(this.start, this.end);
  }
}

export function lzfDamage(error: LzfError, at: number): Damage {
  return new Damage("RDB_BAD_LZF", `${error.detail}, ${error.sourceOffset} bytes into the LZF block`, at);
}

/** Bytes that the decimal text of a safe integer takes. */
export function decimalDigits(value: number): number {
  const sign = value < 0 ? 1 : 0;
  const size = sign === 1 ? -value : value;
  if (size < 100) return sign + (size < 10 ? 1 : 2);
  if (size < 10_000) return sign + (size < 1000 ? 3 : 4);
  if (size < 1_000_000) return sign + (size < 100_000 ? 5 : 6);
  if (size < 100_000_000) return sign + (size < 10_000_000 ? 7 : 8);
  if (size < 10_000_000_000) return sign + (size < 1_000_000_000 ? 9 : 10);
  return sign + 5 + decimalDigits(Math.floor(size / 100_000));
}

/** The integer of an int-encoded string whose prefix byte is at `at`. */
export function storedInt(buffer: Uint8Array, at: number): number {
  if (buffer[at] === 0xc0) return (buffer[at + 1] << 24) >> 24;
  if (buffer[at] === 0xc1) return ((buffer[at + 1] | (buffer[at + 2] << 8)) << 16) >> 16;
  return buffer[at + 1] | (buffer[at + 2] << 8) | (buffer[at + 3] << 16) | (buffer[at + 4] << 24);
}

/** The decimal text of an integer, written to the arena; a bigint may be any. */
export function decimalText(value: number | bigint, arena: Arena): ByteSlice {
  if (typeof value !== "number") return ByteSlice.of(decimalOf(value));
  const size = decimalDigits(value);
  arena.claim(size);
  const { buffer, start } = arena;
  writeDecimal(value, buffer, start + size);
  return new ByteSlice(buffer, start, start + size);
}

/** Writes the decimal text of an integer below 2^53 so that it ends before target[end]. */
export function writeDecimal(value: number, target: Uint8Array, end: number): void {
  let at = end;
  let rest = value < 0 ? -value : value;
  while (rest > 0x7fffffff) {
    const next = Math.floor(rest / 10);
    target[--at] = 0x30 + (rest - next * 10);
    rest = next;
  }
  // Below 2^31 the division is one of integers, which takes a quarter of the time.
  do {
    const next = (rest / 10) | 0;
    target[--at] = 0x30 + (rest - next * 10);
    rest = next;
  } while (rest > 0);
  if (value < 0) target[at - 1] = 0x2d;
}

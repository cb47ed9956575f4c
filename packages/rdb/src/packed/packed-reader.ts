/**
 * One way to step through the entries of any packed encoding, once it was validated.
 *
 * Validation and reading are two walks: the first is what makes the second free of checks, and a
 * caller that only wants the number of entries stops after the first.
 */
import { decimalOf } from "@holdfast/bytes";
import { ByteSlice } from "../byte-slice.ts";
import type { PackedKind } from "../format.ts";
import { type Arena, decimalText } from "../strings.ts";
import { intsetElement, intsetWidth, statedIntsetCount, validateIntset } from "./intset.ts";
import {
  listpackBackBytes,
  listpackEntryBytes,
  listpackHeaderBytes,
  statedListpackCount,
  validateListpack,
} from "./listpack.ts";
import {
  statedZiplistCount,
  uint32be,
  validateZiplist,
  ziplistEntryBytes,
  ziplistHeaderBytes,
  ziplistPreviousBytes,
} from "./ziplist.ts";
import {
  statedZipmapCount,
  validateZipmap,
  zipmapHeaderBytes,
  zipmapSize,
  zipmapSizeBytes,
} from "./zipmap.ts";

/** Bytes at the start of a packed encoding that are enough to know what it says about its count. */
export const packedHeadBytes = 10;

/** Checks a packed encoding whole and returns its number of entries. Throws Damage at place `at`. */
export function validatePacked(
  kind: PackedKind,
  bytes: Uint8Array,
  start: number,
  end: number,
  at: number,
): number {
  switch (kind) {
    case "listpack":
      return validateListpack(bytes, start, end, at);
    case "ziplist":
      return validateZiplist(bytes, start, end, at);
    case "intset":
      return validateIntset(bytes, start, end, at);
    case "zipmap":
      return validateZipmap(bytes, start, end, at);
  }
}

/**
 * What the head of a packed encoding says about its number of entries, unchecked; undefined when the
 * head does not say or is not whole.
 */
export function statedPackedCount(
  kind: PackedKind,
  head: Uint8Array,
  start: number,
  available: number,
): number | undefined {
  switch (kind) {
    case "listpack":
      return available >= listpackHeaderBytes ? statedListpackCount(head, start) : undefined;
    case "ziplist":
      return available >= ziplistHeaderBytes ? statedZiplistCount(head, start) : undefined;
    case "intset":
      return available >= 8 ? statedIntsetCount(head, start) : undefined;
    case "zipmap": {
      const fields = available >= 1 ? statedZipmapCount(head, start) : undefined;
      return fields === undefined ? undefined : fields * 2;
    }
  }
}

/** Steps through a validated packed encoding. After `next()` the entry is an integer or a range of bytes. */
export class PackedReader {
  #kind: PackedKind = "listpack";
  #position = 0;
  #index = 0;
  #width = 0;
  #start = 0;
  bytes: Uint8Array = new Uint8Array(0);
  /** Entries not read yet. */
  left = 0;

  isInteger = false;
  /** The entry, when it is an integer; a bigint when it was stored in 64 bits and may be no safe integer. */
  integer: number | bigint = 0;
  /** The entry's bytes in `bytes`, half-open, when it is not. */
  start = 0;
  end = 0;

  /** `count` is what validatePacked returned. The bytes are borrowed until the last entry was read. */
  open(kind: PackedKind, bytes: Uint8Array, start: number, count: number): void {
    this.#kind = kind;
    this.bytes = bytes;
    this.left = count;
    this.#index = 0;
    this.#start = start;
    if (kind === "listpack") this.#position = start + listpackHeaderBytes;
    else if (kind === "ziplist") this.#position = start + ziplistHeaderBytes;
    else if (kind === "zipmap") this.#position = start + zipmapHeaderBytes;
    else this.#width = intsetWidth(bytes, start);
  }

  next(): void {
    this.left -= 1;
    if (this.#kind === "listpack") this.#nextListpack();
    else if (this.#kind === "ziplist") this.#nextZiplist();
    else if (this.#kind === "zipmap") this.#nextZipmap();
    else this.#setInteger(intsetElement(this.bytes, this.#start, this.#width, this.#index++));
  }

  /** The entry as bytes, borrowed. The text of an integer is written to the arena; without one, it is owned. */
  text(arena?: Arena): ByteSlice {
    if (!this.isInteger) return new ByteSlice(this.bytes, this.start, this.end);
    return arena === undefined ? ByteSlice.of(decimalOf(this.integer)) : decimalText(this.integer, arena);
  }

  #nextListpack(): void {
    const { bytes } = this;
    const at = this.#position;
    const first = bytes[at];
    const size = listpackEntryBytes(bytes, at);
    const behind = at + size;
    this.#position = behind + (size < 128 ? 1 : listpackBackBytes(bytes, behind, size));
    if (first < 0x80) this.#setInteger(first);
    else if (first < 0xc0) this.#setRange(at + 1, behind);
    else if (first < 0xe0) this.#setInteger(((((first & 0x1f) << 8) | bytes[at + 1]) << 19) >> 19);
    else if (first < 0xf0) this.#setRange(at + 2, behind);
    else if (first === 0xf0) this.#setRange(at + 5, behind);
    else this.#setInteger(littleEndian(bytes, at + 1, size - 1));
  }

  #nextZiplist(): void {
    const { bytes } = this;
    const at = this.#position + ziplistPreviousBytes(bytes, this.#position);
    const first = bytes[at];
    const behind = at + ziplistEntryBytes(bytes, at);
    this.#position = behind;
    if (first < 0x40) this.#setRange(at + 1, behind);
    else if (first < 0x80) this.#setRange(at + 2, behind);
    else if (first < 0xc0) this.#setRange(behind - uint32be(bytes, at + 1), behind);
    else if (first > 0xf0 && first < 0xfe) this.#setInteger((first & 0x0f) - 1);
    else this.#setInteger(littleEndian(bytes, at + 1, behind - at - 1));
  }

  #nextZipmap(): void {
    const isValue = this.#index++ % 2 === 1;
    const sizeBytes = zipmapSizeBytes(this.bytes, this.#position);
    const text = this.#position + sizeBytes + (isValue ? 1 : 0);
    const end = text + zipmapSize(this.bytes, this.#position);
    this.#position = end + (isValue ? this.bytes[text - 1] : 0);
    this.#setRange(text, end);
  }

  #setInteger(value: number | bigint): void {
    this.isInteger = true;
    this.integer = value;
  }

  #setRange(start: number, end: number): void {
    this.isInteger = false;
    this.start = start;
    this.end = end;
  }
}

function littleEndian(bytes: Uint8Array, at: number, width: number): number | bigint {
  if (width === 1) return (bytes[at] << 24) >> 24;
  if (width === 2) return ((bytes[at] | (bytes[at + 1] << 8)) << 16) >> 16;
  if (width === 3) return ((bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16)) << 8) >> 8;
  const low = bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
  if (width === 4) return low;
  const high = bytes[at + 4] | (bytes[at + 5] << 8) | (bytes[at + 6] << 16) | (bytes[at + 7] << 24);
  const value = high * 2 ** 32 + (low >>> 0);
  return Number.isSafeInteger(value) ? value : (BigInt(high) << 32n) | BigInt(low >>> 0);
}

/**
 * Listpack: entries packed into one string, since Redis 5 in streams, since 7.0 everywhere.
 *
 *   u32le total bytes | u16le entry count, 65535 = unknown | entries … | FF
 *   entry = encoding + data, then the size of these two again, readable from right to left
 *
 *   0xxxxxxx           integer 0…127          F1 + 2 bytes LE   int16
 *   10xxxxxx           string, 6-bit size     F2 + 3 bytes LE   int24
 *   110xxxxx + 1       13-bit integer         F3 + 4 bytes LE   int32
 *   1110xxxx + 1       string, 12-bit size    F4 + 8 bytes LE   int64
 *   F0 + 4 bytes LE    string, 32-bit size
 *
 * Servers disagree on the width of the back length of entries of exactly 16383, 2097151 and 268435455
 * bytes (redis issue 15151), so the width is read from the bytes and both forms pass.
 *
 * Hot: validateListpack and the listpack branch of packed-reader.ts; watched by `bench check`.
 *
 * Source: listpack.c of Redis and Valkey.
 */
import { Damage } from "../errors.ts";

export const listpackHeaderBytes = 6;
const unknownCount = 0xffff;
const terminator = 0xff;

/** Size of encoding and data of the entry at `at`, or -1 for a byte that begins no entry. */
export function listpackEntryBytes(bytes: Uint8Array, at: number): number {
  const first = bytes[at];
  if (first < 0x80) return 1;
  if (first < 0xc0) return 1 + (first & 0x3f);
  if (first < 0xe0) return 2;
  if (first < 0xf0) return 2 + (((first & 0x0f) << 8) | bytes[at + 1]);
  switch (first) {
    case 0xf0:
      return 5 + (bytes[at + 1] | (bytes[at + 2] << 8) | (bytes[at + 3] << 16)) + bytes[at + 4] * 16777216;
    case 0xf1:
      return 3;
    case 0xf2:
      return 4;
    case 0xf3:
      return 5;
    case 0xf4:
      return 9;
    default:
      return -1;
  }
}

/** Width of the back length behind an entry of `size` bytes; 0 when it does not say `size`. */
export function listpackBackBytes(bytes: Uint8Array, at: number, size: number): number {
  if (size < 128) return bytes[at] === size ? 1 : 0;
  // Most significant group first; every byte but the first has its top bit set.
  let value = bytes[at];
  if (value >= 0x80) return 0;
  let width = 1;
  while (bytes[at + width] >= 0x80 && width < 5) {
    value = value * 128 + (bytes[at + width] & 0x7f);
    width += 1;
    if (value === size) return width;
  }
  return 0;
}

/** Number of entries as the header has it; undefined when one has to walk. */
export function statedListpackCount(bytes: Uint8Array, start: number): number | undefined {
  const count = bytes[start + 4] | (bytes[start + 5] << 8);
  return count === unknownCount ? undefined : count;
}

/**
 * Checks header, every entry and the end, and returns the number of entries.
 *
 * Throws Damage with the inner offset in its text. `at` is the place reported: where the string that
 * holds the listpack begins.
 */
export function validateListpack(bytes: Uint8Array, start: number, end: number, at: number): number {
  checkHeader(bytes, start, end, at);
  const last = end - 1;
  let position = start + listpackHeaderBytes;
  let count = 0;
  while (position < last) {
    const size = listpackEntryBytes(bytes, position);
    const behind = position + size;
    if (size < 0)
      throw damage(`byte 0x${bytes[position].toString(16)} begins no entry`, position - start, at);
    if (behind >= last) throw damage("entry reaches behind the end", position - start, at);
    const back = size < 128 && bytes[behind] === size ? 1 : listpackBackBytes(bytes, behind, size);
    if (back === 0) throw damage(`back length does not say ${size}`, behind - start, at);
    position = behind + back;
    count += 1;
  }
  if (position !== last) throw damage("last entry reaches behind the end", position - start, at);
  const stated = statedListpackCount(bytes, start);
  if (stated !== undefined && stated !== count) {
    throw new Damage("RDB_BAD_LISTPACK", `listpack says ${stated} entries, found ${count}`, at);
  }
  return count;
}

function checkHeader(bytes: Uint8Array, start: number, end: number, at: number): void {
  const size = end - start;
  if (size < listpackHeaderBytes + 1)
    throw new Damage("RDB_BAD_LISTPACK", `listpack of only ${size} bytes`, at);
  const total =
    (bytes[start] | (bytes[start + 1] << 8) | (bytes[start + 2] << 16)) + bytes[start + 3] * 16777216;
  if (total !== size) throw new Damage("RDB_BAD_LISTPACK", `listpack says ${total} bytes, has ${size}`, at);
  if (bytes[end - 1] !== terminator) throw damage("listpack does not end with FF", size - 1, at);
}

function damage(detail: string, innerOffset: number, at: number): Damage {
  return new Damage("RDB_BAD_LISTPACK", `${detail} (byte ${innerOffset} of the listpack)`, at);
}

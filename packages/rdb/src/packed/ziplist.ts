/**
 * Ziplist: what servers before 7.0 used where newer ones use listpacks.
 *
 *   u32le total bytes | u32le offset of the last entry | u16le entry count, 65535 = unknown | entries … | FF
 *   entry = size of the previous entry (1 byte, or FE + u32le), encoding, data
 *
 *   00pppppp                    string, 6-bit size       C0 D0 E0   int16, int32, int64 LE
 *   01pppppp qqqqqqqq           string, 14-bit size BE   F0 FE      int24 LE, int8
 *   10…      + 4 bytes BE       string, 32-bit size      F1…FD      0…12
 *
 * Source: ziplist.c of Redis up to 6.2.
 */
import { Damage } from "../errors.ts";

export const ziplistHeaderBytes = 10;
const unknownCount = 0xffff;
const terminator = 0xff;
const longPrevious = 0xfe;

/** Bytes of the "previous entry" field at `at`. */
export function ziplistPreviousBytes(bytes: Uint8Array, at: number): number {
  return bytes[at] < longPrevious ? 1 : 5;
}

/** Size of encoding and data at `at` (behind the "previous entry" field), or -1 for an unknown encoding. */
export function ziplistEntryBytes(bytes: Uint8Array, at: number): number {
  const first = bytes[at];
  if (first < 0x40) return 1 + first;
  if (first < 0x80) return 2 + (((first & 0x3f) << 8) | bytes[at + 1]);
  if (first < 0xc0) return 5 + uint32be(bytes, at + 1);
  switch (first) {
    case 0xc0:
      return 3;
    case 0xd0:
      return 5;
    case 0xe0:
      return 9;
    case 0xf0:
      return 4;
    case 0xfe:
      return 2;
    default:
      return first > 0xf0 && first < 0xfe ? 1 : -1;
  }
}

/** Number of entries as the header has it; undefined when one has to walk. */
export function statedZiplistCount(bytes: Uint8Array, start: number): number | undefined {
  const count = bytes[start + 8] | (bytes[start + 9] << 8);
  return count === unknownCount ? undefined : count;
}

/** Checks header, every entry and the end, and returns the number of entries. Throws Damage. */
export function validateZiplist(bytes: Uint8Array, start: number, end: number, at: number): number {
  checkHeader(bytes, start, end, at);
  const last = end - 1;
  let position = start + ziplistHeaderBytes;
  let previous = 0;
  let lastEntry = position;
  let count = 0;
  while (position < last) {
    const field = ziplistPreviousBytes(bytes, position);
    if (position + field >= last) throw damage("entry reaches behind the end", position - start, at);
    const stated = field === 1 ? bytes[position] : uint32le(bytes, position + 1);
    if (stated !== previous)
      throw damage(`previous entry has ${previous} bytes, not ${stated}`, position - start, at);
    const size = ziplistEntryBytes(bytes, position + field);
    if (size < 0)
      throw damage(
        `byte 0x${bytes[position + field].toString(16)} is no encoding`,
        position + field - start,
        at,
      );
    if (position + field + size > last) throw damage("entry reaches behind the end", position - start, at);
    lastEntry = position;
    previous = field + size;
    position += previous;
    count += 1;
  }
  const tail = uint32le(bytes, start + 4);
  if (tail !== lastEntry - start)
    throw damage(`last entry is at ${lastEntry - start}, the header says ${tail}`, 4, at);
  const stated = statedZiplistCount(bytes, start);
  if (stated !== undefined && stated !== count) {
    throw new Damage("RDB_BAD_ZIPLIST", `ziplist says ${stated} entries, found ${count}`, at);
  }
  return count;
}

function checkHeader(bytes: Uint8Array, start: number, end: number, at: number): void {
  const size = end - start;
  if (size < ziplistHeaderBytes + 1) throw new Damage("RDB_BAD_ZIPLIST", `ziplist of only ${size} bytes`, at);
  const total = uint32le(bytes, start);
  if (total !== size) throw new Damage("RDB_BAD_ZIPLIST", `ziplist says ${total} bytes, has ${size}`, at);
  if (bytes[end - 1] !== terminator) throw damage("ziplist does not end with FF", size - 1, at);
}

function damage(detail: string, innerOffset: number, at: number): Damage {
  return new Damage("RDB_BAD_ZIPLIST", `${detail} (byte ${innerOffset} of the ziplist)`, at);
}

function uint32le(bytes: Uint8Array, at: number): number {
  return (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16)) + bytes[at + 3] * 16777216;
}

export function uint32be(bytes: Uint8Array, at: number): number {
  return bytes[at] * 16777216 + ((bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]);
}

/**
 * Zipmap: the small hash of Redis up to 2.4.
 *
 *   count, 254 and above = unknown | entries … | FF
 *   entry = field size, field, value size, free, value, `free` unused bytes
 *   size  = 1 byte below 254, or FE + u32le
 *
 * Source: zipmap.c of Redis.
 */
import { Damage } from "../errors.ts";

const unknownCount = 254;
const terminator = 0xff;
const longSize = 0xfe;

export const zipmapHeaderBytes = 1;

/** Fields as the header has it; undefined when one has to walk. */
export function statedZipmapCount(bytes: Uint8Array, start: number): number | undefined {
  return bytes[start] < unknownCount ? bytes[start] : undefined;
}

/** Bytes of the size field at `at`. */
export function zipmapSizeBytes(bytes: Uint8Array, at: number): number {
  return bytes[at] < longSize ? 1 : 5;
}

export function zipmapSize(bytes: Uint8Array, at: number): number {
  if (bytes[at] < longSize) return bytes[at];
  return (bytes[at + 1] | (bytes[at + 2] << 8) | (bytes[at + 3] << 16)) + bytes[at + 4] * 16777216;
}

/** Checks every entry and the end, and returns the number of entries: two for each field. Throws Damage. */
export function validateZipmap(bytes: Uint8Array, start: number, end: number, at: number): number {
  const last = end - 1;
  if (last <= start) throw new Damage("RDB_BAD_ZIPMAP", `zipmap of only ${end - start} bytes`, at);
  if (bytes[last] !== terminator) throw damage("zipmap does not end with FF", last - start, at);
  let position = start + zipmapHeaderBytes;
  let fields = 0;
  while (position < last) {
    position = behindText(bytes, position, last, start, at, 0);
    if (position >= last) throw damage("field without a value", position - start, at);
    position = behindText(bytes, position, last, start, at, 1);
    fields += 1;
  }
  if (fields === 0) throw new Damage("RDB_BAD_ZIPMAP", "zipmap without fields", at);
  if (position !== last) throw damage("last value reaches behind the end", position - start, at);
  const stated = statedZipmapCount(bytes, start);
  if (stated !== undefined && stated !== fields) {
    throw new Damage("RDB_BAD_ZIPMAP", `zipmap says ${stated} fields, found ${fields}`, at);
  }
  return fields * 2;
}

/** Steps over a size, `extra` bytes that count free ones, the text and the free bytes. */
function behindText(
  bytes: Uint8Array,
  at: number,
  last: number,
  start: number,
  place: number,
  extra: 0 | 1,
): number {
  if (bytes[at] === terminator) throw damage("a size was due, found FF", at - start, place);
  const text = at + zipmapSizeBytes(bytes, at) + extra;
  if (text > last) throw damage("size reaches behind the end", at - start, place);
  const free = extra === 1 ? bytes[text - 1] : 0;
  const behind = text + zipmapSize(bytes, at) + free;
  if (behind > last) throw damage("text reaches behind the end", at - start, place);
  return behind;
}

function damage(detail: string, innerOffset: number, at: number): Damage {
  return new Damage("RDB_BAD_ZIPMAP", `${detail} (byte ${innerOffset} of the zipmap)`, at);
}

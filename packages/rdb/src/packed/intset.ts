/**
 * Intset: a small set of integers.
 *
 *   u32le width: 2, 4 or 8 bytes | u32le count | count signed little-endian integers, strictly ascending
 *
 * Source: intset.c of Redis and Valkey.
 */
import { Damage } from "../errors.ts";

export const intsetHeaderBytes = 8;

export function statedIntsetCount(bytes: Uint8Array, start: number): number {
  return uint32le(bytes, start + 4);
}

export function intsetWidth(bytes: Uint8Array, start: number): number {
  return uint32le(bytes, start);
}

/** Element `index` of a validated intset. */
export function intsetElement(
  bytes: Uint8Array,
  start: number,
  width: number,
  index: number,
): number | bigint {
  const at = start + intsetHeaderBytes + index * width;
  if (width === 2) return ((bytes[at] | (bytes[at + 1] << 8)) << 16) >> 16;
  const low = bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
  if (width === 4) return low;
  const high = bytes[at + 4] | (bytes[at + 5] << 8) | (bytes[at + 6] << 16) | (bytes[at + 7] << 24);
  return (BigInt(high) << 32n) | BigInt(low >>> 0);
}

/** Checks width, size and order, and returns the number of elements. Throws Damage. */
export function validateIntset(bytes: Uint8Array, start: number, end: number, at: number): number {
  const size = end - start;
  if (size < intsetHeaderBytes) throw new Damage("RDB_BAD_INTSET", `intset of only ${size} bytes`, at);
  const width = intsetWidth(bytes, start);
  if (width !== 2 && width !== 4 && width !== 8)
    throw new Damage("RDB_BAD_INTSET", `integers of ${width} bytes`, at);
  const count = statedIntsetCount(bytes, start);
  if (size !== intsetHeaderBytes + count * width) {
    throw new Damage("RDB_BAD_INTSET", `${count} integers of ${width} bytes do not fill ${size} bytes`, at);
  }
  if (count === 0) throw new Damage("RDB_BAD_INTSET", "intset without elements", at);
  let previous = intsetElement(bytes, start, width, 0);
  for (let index = 1; index < count; index += 1) {
    const element = intsetElement(bytes, start, width, index);
    if (element <= previous)
      throw new Damage("RDB_BAD_ORDER", `intset element ${index} is not above the one before`, at);
    previous = element;
  }
  return count;
}

function uint32le(bytes: Uint8Array, at: number): number {
  return (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16)) + bytes[at + 3] * 16777216;
}

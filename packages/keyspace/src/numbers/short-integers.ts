/**
 * Integers of few digits, read and written as bytes where they lie: what counters and most scores are.
 *
 * Hot: both, for every INCR of a log. A text on the way there and one on the way back take twice as long.
 */
import { exactDigits } from "./integers.ts";

const zero = 0x30;
const minus = 0x2d;

/** The integer that bytes[start, end) spell in at most fifteen digits, as servers write it; undefined for everything else. */
export function readShortInteger(bytes: Uint8Array, start: number, end: number): number | undefined {
  const isNegative = end > start && bytes[start] === minus;
  const first = isNegative ? start + 1 : start;
  const digitCount = end - first;
  if (digitCount < 1 || digitCount > exactDigits) return undefined;
  if (bytes[first] === zero && end - start > 1) return undefined;
  let value = 0;
  for (let at = first; at < end; at++) {
    const digit = bytes[at] - zero;
    if (digit < 0 || digit > 9) return undefined;
    value = 10 * value + digit;
  }
  return isNegative ? -value : value;
}

/** Writes an integer within ±2^53 so that it ends at bytes[end - 1]; answers where it begins. It takes up to 17 bytes. */
export function writeIntegerBefore(bytes: Uint8Array, end: number, value: number): number {
  let at = end;
  let left = Math.abs(value);
  do {
    const rest = Math.floor(left / 10);
    bytes[--at] = zero + (left - 10 * rest);
    left = rest;
  } while (left > 0);
  if (value < 0) bytes[--at] = minus;
  return at;
}

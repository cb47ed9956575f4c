/**
 * Which texts are stored as integers: the canonical decimals of signed 64-bit numbers, without sign, zeros or blanks in
 * front that a printed number would not have.
 *
 * Hot: every element of every value is looked at.
 *
 * Source: string2ll() of util.c.
 */
import { parseCanonicalInt } from "@holdfast/bytes";

const zero = 0x30;
const nine = 0x39;
const minus = 0x2d;
/** So many digits always are an exact double. */
const exactDigitsMax = 15;
const int64TextMax = 20;

/** The integer that buffer[start, end) spells canonically, if it has at most 15 digits; undefined otherwise. */
export function smallIntegerOf(buffer: Uint8Array, start: number, end: number): number | undefined {
  const first = buffer[start];
  const isNegative = first === minus;
  const digits = isNegative ? start + 1 : start;
  const count = end - digits;
  if (count < 1 || count > exactDigitsMax) return undefined;
  let value = buffer[digits] - zero;
  if (value < 0 || value > 9) return undefined;
  if (value === 0) return count === 1 && !isNegative ? 0 : undefined;
  for (let at = digits + 1; at < end; at++) {
    const byte = buffer[at];
    if (byte < zero || byte > nine) return undefined;
    value = value * 10 + (byte - zero);
  }
  return isNegative ? -value : value;
}

/** The same for every signed 64-bit integer; a bigint where a number would not be exact. */
export function integerOf(buffer: Uint8Array, start: number, end: number): number | bigint | undefined {
  const count = end - start;
  if (count > int64TextMax) return undefined;
  const small = smallIntegerOf(buffer, start, end);
  if (small !== undefined || count <= exactDigitsMax) return small;
  return parseCanonicalInt(buffer, start, end);
}

/**
 * 64-bit integers as servers read them from a word: an optional minus, digits, no leading zero, no space, no "-0".
 *
 * Source: string2ll in util.c of Redis.
 */

const zero = 0x30;
const minus = 0x2d;
/** "-9223372036854775808" */
const longestText = 20;
/** Any integer of so many digits is exact as a number. */
export const exactDigits = 15;
export const int64Min = -(2n ** 63n);
export const int64Max = 2n ** 63n - 1n;

/** The integer that a text spells, exactly; undefined for any other text. */
export function parseInt64(text: string): bigint | undefined {
  if (!isDecimal(text)) return undefined;
  const value = BigInt(text);
  return value < int64Min || value > int64Max ? undefined : value;
}

/** The same as a number: beyond 2^53 it is the nearest one. */
export function parseInteger(text: string): number | undefined {
  if (!isDecimal(text)) return undefined;
  if (text.length <= exactDigits) return Number(text);
  const value = BigInt(text);
  return value < int64Min || value > int64Max ? undefined : Number(value);
}

function isDecimal(text: string): boolean {
  const size = text.length;
  if (size === 0 || size > longestText) return false;
  const isNegative = text.charCodeAt(0) === minus;
  const first = isNegative ? 1 : 0;
  if (first === size) return false;
  if (text.charCodeAt(first) === zero) return size === 1;
  for (let at = first; at < size; at++) {
    const digit = text.charCodeAt(at) - zero;
    if (digit < 0 || digit > 9) return false;
  }
  return true;
}

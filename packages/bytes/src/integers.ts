/**
 * Integers in bytes: fixed-width ones at an index, and decimal text.
 *
 * The readers take no DataView, so that a hot loop can call them on any view without allocating one. They do not
 * check bounds: the caller has made sure that the bytes are there.
 *
 * Canonical decimal text is what Redis itself accepts as an integer (redis src/util.c, string2ll): an optional
 * "-", no "+", no leading zero, no "-0", within int64.
 */

const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;
/** "-9223372036854775808" */
const LONGEST_INT64_TEXT = 20;
/** Any integer of so many digits is exact as a number. */
const EXACT_DIGITS = 15;
const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;

export function readU16le(bytes: Uint8Array, at: number): number {
  return bytes[at] | (bytes[at + 1] << 8);
}

export function readU24le(bytes: Uint8Array, at: number): number {
  return bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16);
}

export function readU32le(bytes: Uint8Array, at: number): number {
  return (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)) >>> 0;
}

export function readU64le(bytes: Uint8Array, at: number): bigint {
  return (BigInt(readU32le(bytes, at + 4)) << 32n) | BigInt(readU32le(bytes, at));
}

export function readI64le(bytes: Uint8Array, at: number): bigint {
  return BigInt.asIntN(64, readU64le(bytes, at));
}

export function readU16be(bytes: Uint8Array, at: number): number {
  return (bytes[at] << 8) | bytes[at + 1];
}

export function readU24be(bytes: Uint8Array, at: number): number {
  return (bytes[at] << 16) | (bytes[at + 1] << 8) | bytes[at + 2];
}

export function readU32be(bytes: Uint8Array, at: number): number {
  return ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0;
}

export function readU64be(bytes: Uint8Array, at: number): bigint {
  return (BigInt(readU32be(bytes, at)) << 32n) | BigInt(readU32be(bytes, at + 4));
}

/**
 * The integer's decimal text in ASCII; the bytes are the caller's. A `number` must be a safe integer, a `bigint`
 * may have any size. Throws RangeError for a number that is not a safe integer.
 */
export function decimalOf(value: bigint | number): Uint8Array {
  if (typeof value === "number" && !Number.isSafeInteger(value)) {
    throw new RangeError(`not an exact integer: ${value}`);
  }
  // -0 reads as "0" here, as it should.
  const text = String(value);
  const bytes = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index++) bytes[index] = text.charCodeAt(index);
  return bytes;
}

/** The int64 that bytes[start, end) spell canonically; undefined for any other bytes. */
export function parseCanonicalInt(bytes: Uint8Array, start: number, end: number): bigint | undefined {
  if (end <= start || end - start > LONGEST_INT64_TEXT) return undefined;
  const negative = bytes[start] === MINUS;
  const digits = negative ? start + 1 : start;
  if (!isCanonicalDigits(bytes, digits, end, negative)) return undefined;
  let magnitude = 0;
  const exactEnd = Math.min(end, digits + EXACT_DIGITS);
  for (let at = digits; at < exactEnd; at++) magnitude = magnitude * 10 + (bytes[at] - ZERO);
  let value = BigInt(magnitude);
  for (let at = exactEnd; at < end; at++) value = value * 10n + BigInt(bytes[at] - ZERO);
  if (negative) value = -value;
  return value < INT64_MIN || value > INT64_MAX ? undefined : value;
}

function isCanonicalDigits(bytes: Uint8Array, start: number, end: number, negative: boolean): boolean {
  if (start === end) return false;
  if (bytes[start] === ZERO && (negative || end - start > 1)) return false;
  for (let at = start; at < end; at++) if (bytes[at] < ZERO || bytes[at] > NINE) return false;
  return true;
}

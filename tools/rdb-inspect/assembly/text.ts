/**
 * Byte strings as JSON text: what src/output/json-text.ts writes, 16 bytes at a time.
 *
 * Writers take the address to write to and give the one behind, or NO_ROOM. Hot: writeText() sees every byte of an
 * export; watched by `bench export`.
 */

import { writeDecimal } from "../../../packages/rdb/assembly/strings";
import { OUT_END } from "./memory";

export const NO_ROOM: usize = 0;

const QUOTE: u8 = 0x22;
const BACKSLASH: u8 = 0x5c;
/** The most that stands for one byte, `\u001f`; what stands around base64 takes less than the rest. */
const ESCAPE_BYTES: usize = 6;
const AROUND_BYTES: usize = 64;

/** Writes the text [at, at + size) as a JSON value. */
export function writeText(out: usize, at: usize, size: usize): usize {
  if (out + size * ESCAPE_BYTES + AROUND_BYTES > OUT_END || size > 1 << 20) return NO_ROOM;
  const end = at + size;
  let isText = false;
  let from = at;
  store<u8>(out, QUOTE);
  let to = out + 1;
  while (from < end) {
    const bytes = v128.load(from);
    v128.store(to, bytes);
    const count = min<usize>(end - from, 16);
    const special = specials(bytes, isText) & ((1 << (<i32>count)) - 1);
    if (special === 0) {
      from += count;
      to += count;
      continue;
    }
    const plain = <usize>ctz(special);
    from += plain;
    to += plain;
    const byte = load<u8>(from++);
    if (byte < 0x80) {
      to = writeEscape(to, byte);
    } else {
      if (!isUtf8(from - 1, end)) return writeBase64(out, at, end);
      isText = true;
      store<u8>(to++, byte);
    }
  }
  store<u8>(to, QUOTE);
  return to + 1;
}

/** A bit for each byte that cannot be copied as it is; bytes above 0x7f can once the text is known to be UTF-8. */
function specials(bytes: v128, isText: bool): i32 {
  const space = i8x16.splat(0x20);
  const low = isText ? i8x16.lt_u(bytes, space) : i8x16.lt_s(bytes, space);
  const quotes = i8x16.eq(bytes, i8x16.splat(QUOTE));
  const backslashes = i8x16.eq(bytes, i8x16.splat(BACKSLASH));
  return i8x16.bitmask(v128.or(low, v128.or(quotes, backslashes)));
}

function writeEscape(to: usize, byte: u8): usize {
  store<u8>(to, BACKSLASH);
  const letter = letterOf(byte);
  if (letter !== 0) {
    store<u8>(to, letter, 1);
    return to + 2;
  }
  store<u8>(to, 0x75, 1);
  store<u16>(to, 0x3030, 2);
  store<u8>(to, 0x30 + (byte >> 4), 4);
  const low = byte & 15;
  store<u8>(to, low < 10 ? 0x30 + low : 0x57 + low, 5);
  return to + 6;
}

function letterOf(byte: u8): u8 {
  switch (byte) {
    case QUOTE:
    case BACKSLASH:
      return byte;
    case 0x08:
      return 0x62;
    case 0x09:
      return 0x74;
    case 0x0a:
      return 0x6e;
    case 0x0c:
      return 0x66;
    case 0x0d:
      return 0x72;
    default:
      return 0;
  }
}

/** Whether [at, end) is UTF-8 as the Unicode standard has it: shortest forms, no surrogates, nothing above U+10FFFF. */
export function isUtf8(start: usize, end: usize): bool {
  let at = start;
  while (at < end) {
    const first = <u32>load<u8>(at);
    if (first < 0x80) {
      at++;
      continue;
    }
    let count: usize = 2;
    let least: u32 = 0x80;
    if (first >= 0xf0) {
      count = 4;
      least = 0x10000;
    } else if (first >= 0xe0) {
      count = 3;
      least = 0x800;
    }
    if (first < 0xc2 || first > 0xf4 || end - at < count) return false;
    let point = first & (0x7f >> <u32>count);
    for (let index: usize = 1; index < count; index++) {
      const byte = <u32>load<u8>(at + index);
      if ((byte & 0xc0) !== 0x80) return false;
      point = (point << 6) | (byte & 0x3f);
    }
    if (point < least || point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) return false;
    at += count;
  }
  return true;
}

/** Writes `{"$base64":"…"}`. */
function writeBase64(out: usize, start: usize, end: usize): usize {
  // {"$base64":"
  store<u32>(out, 0x6224227b);
  store<u32>(out, 0x36657361, 4);
  store<u32>(out, 0x223a2234, 8);
  let to = out + 12;
  let at = start;
  for (; at + 3 <= end; at += 3) {
    const bits = ((<u32>load<u8>(at)) << 16) | ((<u32>load<u8>(at, 1)) << 8) | <u32>load<u8>(at, 2);
    store<u8>(to, digit(bits >> 18));
    store<u8>(to, digit((bits >> 12) & 63), 1);
    store<u8>(to, digit((bits >> 6) & 63), 2);
    store<u8>(to, digit(bits & 63), 3);
    to += 4;
  }
  const rest = end - at;
  if (rest > 0) {
    const second = rest === 2 ? <u32>load<u8>(at, 1) : 0;
    const bits = ((<u32>load<u8>(at)) << 16) | (second << 8);
    store<u8>(to, digit(bits >> 18));
    store<u8>(to, digit((bits >> 12) & 63), 1);
    store<u8>(to, rest === 2 ? digit((bits >> 6) & 63) : 0x3d, 2);
    store<u8>(to, 0x3d, 3);
    to += 4;
  }
  store<u16>(to, 0x7d22);
  return to + 2;
}

/** A digit of base64. */
function digit(value: u32): u8 {
  if (value < 26) return <u8>(0x41 + value);
  if (value < 52) return <u8>(0x61 + value - 26);
  if (value < 62) return <u8>(0x30 + value - 52);
  return value === 62 ? 0x2b : 0x2f;
}

/** Writes an integer's decimal text as a JSON string. */
export function writeIntegerText(out: usize, value: i64): usize {
  if (out + AROUND_BYTES > OUT_END) return NO_ROOM;
  store<u8>(out, QUOTE);
  const to = writeDecimal(out + 1, value);
  store<u8>(to, QUOTE);
  return to + 1;
}

/**
 * Strings and lengths where they lie; the forms are drawn in src/strings.ts and src/cursor.ts.
 *
 * Every function here and in the files beside it takes an address and gives the one behind what it read, or NOT_MINE:
 * the bytes are damaged, not all at hand, or of a rare form. JavaScript reads such a record and says what is wrong.
 */

import { lzfUnpack } from "../../bytes/assembly/lzf";
import { UNPACKED, UNPACKED_BYTES } from "./memory";

export const NOT_MINE: usize = 0;

export const RAW: i32 = 0;
export const INTEGER: i32 = 1;
export const LZF: i32 = 2;

/** An LZF block makes at most so many times its own size. */
const LZF_MAX_RATIO: usize = 88;
/** Packed bytes that are sure to unpack to the head of a packed encoding. */
const LZF_HEAD_BYTES: usize = 64;

/** Of the string whose head was read last. */
export let form: i32 = RAW;
/** Bytes stored behind the head. */
export let stored: usize = 0;
/** Bytes of the text; not set for an integer. */
export let text: usize = 0;
export let integer: i32 = 0;

/** Of the length read last. */
export let length: usize = 0;

/** Reads a length below 2^32. */
export function readLength(at: usize): usize {
  const first = <usize>load<u8>(at);
  if (first < 0x40) {
    length = first;
    return at + 1;
  }
  if (first < 0x80) {
    length = ((first & 0x3f) << 8) | <usize>load<u8>(at, 1);
    return at + 2;
  }
  if (first !== 0x80) return NOT_MINE;
  length = <usize>bswap<u32>(load<u32>(at, 1));
  return at + 5;
}

/** Reads the head of a string and gives the address of its stored bytes. */
export function readHead(at: usize): usize {
  const first = <usize>load<u8>(at);
  if (first < 0x40) {
    form = RAW;
    stored = text = first;
    return at + 1;
  }
  return readLongHead(at, first);
}

function readLongHead(at: usize, first: usize): usize {
  if (first < 0xc0) {
    form = RAW;
    const behind = readLength(at);
    stored = text = length;
    return behind;
  }
  if (first === 0xc3) return readLzfHead(at + 1);
  form = INTEGER;
  if (first === 0xc0) {
    stored = 1;
    integer = <i32>load<i8>(at, 1);
  } else if (first === 0xc1) {
    stored = 2;
    integer = <i32>load<i16>(at, 1);
  } else if (first === 0xc2) {
    stored = 4;
    integer = load<i32>(at, 1);
  } else {
    return NOT_MINE;
  }
  return at + 1;
}

function readLzfHead(at: usize): usize {
  form = LZF;
  let behind = readLength(at);
  if (behind === NOT_MINE) return NOT_MINE;
  stored = length;
  behind = readLength(behind);
  text = length;
  if (behind === NOT_MINE || text === 0 || <u64>text > <u64>stored * LZF_MAX_RATIO) return NOT_MINE;
  return behind;
}

/** Where the text of the string lies whose head was read last, whole and sound; its stored bytes begin at `body`. */
export function textAt(body: usize): usize {
  if (form === RAW) return body;
  return unpack(body) ? UNPACKED : NOT_MINE;
}

/** Unpacks an LZF block whole; false when it is damaged or too large. */
export function unpack(body: usize): bool {
  if (text > UNPACKED_BYTES) return false;
  return lzfUnpack(body, body + stored, UNPACKED, UNPACKED + text) === <i32>text;
}

/**
 * Whether an LZF block is sound and makes as many bytes as it says: what unpacking it would find, without making them,
 * in a third of the time.
 */
export function isSoundLzf(body: usize): bool {
  const end = body + stored;
  let at = body;
  let made: usize = 0;
  while (at < end) {
    const control = <usize>load<u8>(at++);
    if (control < 32) {
      at += control + 1;
      made += control + 1;
      continue;
    }
    let count = (control >> 5) + 2;
    if (count === 9) count += <usize>load<u8>(at++);
    const distance = (((control & 31) << 8) | <usize>load<u8>(at++)) + 1;
    if (distance > made) return false;
    made += count;
  }
  return at === end && made === text;
}

/** Unpacks the first bytes of an LZF block, at least `wanted`; false when it is damaged there. */
export function unpackHead(body: usize, wanted: usize): bool {
  const end = body + min(stored, LZF_HEAD_BYTES);
  let at = body;
  let out = UNPACKED;
  while (at < end && out < UNPACKED + wanted) {
    const control = <usize>load<u8>(at++);
    if (control < 32) {
      memory.copy(out, at, control + 1);
      at += control + 1;
      out += control + 1;
      continue;
    }
    let count = (control >> 5) + 2;
    if (count === 9) count += <usize>load<u8>(at++);
    const from = out - (((control & 31) << 8) | <usize>load<u8>(at++)) - 1;
    if (from < UNPACKED) return false;
    for (let index: usize = 0; index < count; index++) store<u8>(out + index, load<u8>(from + index));
    out += count;
  }
  return at <= end && out >= UNPACKED + wanted;
}

/** Bytes of an integer's decimal text. */
export function decimalDigits(value: i64): i32 {
  let count = value < 0 ? 2 : 1;
  let rest = value < 0 ? 0 - <u64>value : <u64>value;
  for (; rest >= 10000; rest /= 10000) count += 4;
  if (rest >= 1000) return count + 3;
  if (rest >= 100) return count + 2;
  return rest >= 10 ? count + 1 : count;
}

/** Writes an integer's decimal text at `to` and gives the address behind it. */
export function writeDecimal(to: usize, value: i64): usize {
  const end = to + <usize>decimalDigits(value);
  let rest = value < 0 ? 0 - <u64>value : <u64>value;
  let place = end;
  for (; rest > 0xffffffff; rest /= 10) store<u8>(--place, <u8>(0x30 + (rest % 10)));
  let small = <u32>rest;
  do {
    const next = small / 10;
    store<u8>(--place, <u8>(0x30 + (small - next * 10)));
    small = next;
  } while (small > 0);
  if (value < 0) store<u8>(to, 0x2d);
  return end;
}

/** Of the text that isInteger() was asked about last, when it is one. */
export let textInteger: i64 = 0;

/** Whether a text is the canonical decimal of a signed 64-bit integer: what a server would store as a number. */
export function isInteger(at: usize, size: usize): bool {
  if (size === 0 || size > 20) return false;
  const isNegative = load<u8>(at) === 0x2d;
  let place = isNegative ? at + 1 : at;
  const end = at + size;
  const first = <u32>load<u8>(place) - 0x30;
  if (place === end || first > 9) return false;
  if (first === 0) {
    textInteger = 0;
    return !isNegative && size === 1;
  }
  if (end - place > 19) return false;
  let value: u64 = 0;
  for (; place < end; place++) {
    const digit = <u32>load<u8>(place) - 0x30;
    if (digit > 9) return false;
    value = value * 10 + digit;
  }
  // Nineteen digits are below 2^64; the sign decides about the last step.
  if (value > <u64>i64.MAX_VALUE + (isNegative ? 1 : 0)) return false;
  textInteger = isNegative ? <i64>(0 - value) : <i64>value;
  return true;
}

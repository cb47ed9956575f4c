/**
 * Strings and lengths on their way out, each in the form that src/encode/rdb-output.ts gives it: an integer where the text is one, packed
 * where that saves four bytes, else raw.
 *
 * What is made lies in the area of the table that only level "check" uses.
 */

import { LZF_TABLE_BYTES, lzfPackBlock } from "../../bytes/assembly/lzf-pack";
import { TABLE, TABLE_SLOTS } from "./memory";
import { isInteger, textInteger } from "./strings";

const TABLE_END: usize = TABLE + TABLE_SLOTS * 8;
const LZF_TABLE: usize = TABLE_END - LZF_TABLE_BYTES;
/** Copies and the packer write a little too far. */
const SLACK_BYTES: usize = 64;
/** Bytes of a string beside its text, at most: the mark of a packed one and two lengths. */
const STRING_HEAD_BYTES: usize = 11;

export const OUT: usize = TABLE;
const OUT_END: usize = LZF_TABLE - SLACK_BYTES;

const INTEGER_TEXT_MAX: usize = 11;
const PACK_FROM_BYTES: usize = 21;
const PACK_SAVES_BYTES: usize = 4;

/** Address behind what was put last. */
export let outAt: usize = OUT;

/** Goes back to where a record began, or to the front. */
export function putBackTo(address: usize): void {
  outAt = address;
}

/** Whether a string of so many bytes, or as many of anything, may be put. */
export function hasRoom(count: usize): bool {
  return count <= OUT_END - OUT && outAt + count + STRING_HEAD_BYTES <= OUT_END;
}

/** Copies [start, start + count); there is room. */
export function putBytes(start: usize, count: usize): void {
  if (count <= 32) {
    v128.store(outAt, v128.load(start));
    if (count > 16) v128.store(outAt, v128.load(start, 16), 16);
  } else {
    memory.copy(outAt, start, count);
  }
  outAt += count;
}

/** A length below 2^32 in its shortest form; there is room. */
export function putLength(value: usize): void {
  outAt = lengthTo(outAt, value);
}

/** The string [start, start + count); there is room. */
export function putString(start: usize, count: usize): void {
  if (count <= INTEGER_TEXT_MAX && isInteger(start, count)) {
    const value = textInteger;
    if (value >= <i64>i32.MIN_VALUE && value <= <i64>i32.MAX_VALUE) {
      putInteger(<i32>value);
      return;
    }
  }
  if (count >= PACK_FROM_BYTES && putPacked(start, count)) return;
  putLength(count);
  putBytes(start, count);
}

/** The string that spells an integer; there is room. */
export function putInteger(value: i32): void {
  if (value >= -0x80 && value < 0x80) {
    store<u8>(outAt, 0xc0);
    store<i8>(outAt, <i8>value, 1);
    outAt += 2;
  } else if (value >= -0x8000 && value < 0x8000) {
    store<u8>(outAt, 0xc1);
    store<i16>(outAt, <i16>value, 1);
    outAt += 3;
  } else {
    store<u8>(outAt, 0xc2);
    store<i32>(outAt, value, 1);
    outAt += 5;
  }
}

/** C3, packed size, size, block. The packed size may take fewer bytes than there was room for: the block moves then. */
function putPacked(start: usize, count: usize): bool {
  const blockAt = outAt + 1 + 2 * lengthBytes(count);
  const packedBytes = <usize>(
    lzfPackBlock(start, start + count, blockAt, blockAt + count - PACK_SAVES_BYTES, LZF_TABLE)
  );
  if (packedBytes === 0) return false;
  store<u8>(outAt, 0xc3);
  const behind = lengthTo(lengthTo(outAt + 1, packedBytes), count);
  if (behind !== blockAt) memory.copy(behind, blockAt, packedBytes);
  outAt = behind + packedBytes;
  return true;
}

function lengthBytes(value: usize): usize {
  return value < 64 ? 1 : value < 16384 ? 2 : 5;
}

function lengthTo(at: usize, value: usize): usize {
  if (value < 64) {
    store<u8>(at, <u8>value);
    return at + 1;
  }
  if (value < 16384) {
    store<u8>(at, <u8>(0x40 | (value >> 8)));
    store<u8>(at, <u8>value, 1);
    return at + 2;
  }
  store<u8>(at, 0x80);
  store<u32>(at, bswap<u32>(<u32>value), 1);
  return at + 5;
}

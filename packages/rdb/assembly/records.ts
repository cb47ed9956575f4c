/**
 * Records one after the other: attributes, type, name, value. Each one that is wholly at hand, common and sound becomes
 * a row; the first that is not ends the walk and is left untouched.
 */

import { NAME_BYTES, NAMES, ROWS_MAX, TYPES, WINDOW } from "./memory";
import { fingerprint, rowAt, storePrint } from "./rows";
import { STRING } from "./shapes";
import {
  form,
  INTEGER,
  integer,
  length,
  NOT_MINE,
  RAW,
  readHead,
  readLength,
  stored,
  text,
  writeDecimal,
} from "./strings";

const EXPIRE_TIME_MS: i32 = 0xfc;
const EXPIRE_TIME: i32 = 0xfd;
const IDLE: i32 = 0xf8;
const FREQUENCY: i32 = 0xf9;

/** Of the record whose head was read last. */
export let shape: i32 = 0;
export let keyStart: usize = 0;
export let keyEnd: usize = 0;

/** Reads everything in front of a value into row `index` and gives the value's address. */
export function readRecordHead(index: i32, start: usize, limit: usize): usize {
  const row = rowAt(index);
  let at = start;
  store<f64>(row, NaN, 32);
  store<i32>(row, -1, 40);
  store<i32>(row, -1, 44);
  let code = <i32>load<u8>(at);
  while (code >= IDLE && at < limit) {
    at = readAttribute(row, at, code);
    if (at === NOT_MINE) return NOT_MINE;
    code = <i32>load<u8>(at);
  }
  shape = <i32>load<u8>(TYPES + <usize>code);
  if (shape === 0 || at >= limit) return NOT_MINE;
  store<u32>(row, <u32>(start - WINDOW));
  store<u32>(row, <u32>(at - WINDOW), 4);
  store<u8>(row, <u8>code, 20);
  const value = readName(index, at + 1, limit);
  if (value === NOT_MINE) return NOT_MINE;
  store<u32>(row, <u32>keyStart, 12);
  store<u32>(row, <u32>keyEnd, 16);
  store<u8>(row, shape === STRING ? stringForm(value) : 0, 21);
  return value;
}

function readAttribute(row: usize, at: usize, code: i32): usize {
  switch (code) {
    case EXPIRE_TIME_MS:
      store<f64>(row, <f64>load<i64>(at, 1), 32);
      return at + 9;
    case EXPIRE_TIME:
      store<f64>(row, <f64>load<i32>(at, 1) * 1000, 32);
      return at + 5;
    case FREQUENCY:
      store<i32>(row, <i32>load<u8>(at, 1), 44);
      return at + 2;
    case IDLE: {
      const behind = readLength(at + 1);
      if (length > <usize>i32.MAX_VALUE) return NOT_MINE;
      store<i32>(row, <i32>length, 40);
      return behind;
    }
    default:
      return NOT_MINE;
  }
}

/** A name that is stored as an integer is written out; one that is an LZF block is rare. */
function readName(index: i32, at: usize, limit: usize): usize {
  const body = readHead(at);
  if (body === NOT_MINE || body > limit || stored >= limit - body) return NOT_MINE;
  if (form === RAW) {
    keyStart = body;
    keyEnd = body + text;
  } else if (form === INTEGER) {
    keyStart = NAMES + <usize>index * NAME_BYTES;
    keyEnd = writeDecimal(keyStart, <i64>integer);
  } else {
    return NOT_MINE;
  }
  return body + stored;
}

/** How a string value is stored, by its first byte: 0 raw, 1 integer, 2 LZF. */
function stringForm(value: usize): u8 {
  const first = load<u8>(value);
  if (first < 0xc0) return 0;
  return first === 0xc3 ? 2 : 1;
}

/** Completes row `index`, the one whose head was read last, of a record that ends before `end`. */
export function closeRow(index: i32, end: usize, items: i32): void {
  const row = rowAt(index);
  store<u32>(row, <u32>(end - WINDOW), 8);
  store<i32>(row, items, 24);
}

/** Adds the fingerprint of the key whose head was read last. */
export function printRow(index: i32, db: u32): void {
  storePrint(index, fingerprint(db, keyStart, keyEnd));
}

/** Rows that one walk can make. */
export const rowsMax: i32 = ROWS_MAX;

/**
 * Records as JSON objects: what src/passes/export-json.ts and json-values.ts write, for the common ones. Whatever a
 * writer cannot do gives NO_ROOM, and the record is left to JavaScript.
 */

import {
  entryEnd,
  entryInteger,
  entryIsInteger,
  entryStart,
  INTSET,
  isPackedOver,
  LISTPACK,
  nextEntry,
  openPacked,
  ZIPLIST,
} from "../../../packages/rdb/assembly/packed";
import {
  HASH,
  INTSET_SET,
  LIST,
  LISTPACK_HASH,
  LISTPACK_SET,
  LISTPACK_ZSET,
  QUICKLIST,
  QUICKLIST_PACKED,
  QUICKLIST_PLAIN,
  SET,
  STRING,
  ZIPLIST_HASH,
  ZIPLIST_LIST,
  ZIPLIST_QUICKLIST,
  ZIPLIST_ZSET,
  ZSET,
} from "../../../packages/rdb/assembly/shapes";
import {
  form,
  INTEGER,
  integer,
  length,
  NOT_MINE,
  readHead,
  readLength,
  stored,
  text,
  textAt,
} from "../../../packages/rdb/assembly/strings";
import { OUT_END } from "./memory";
import { NOT_SHORT, writeScore, writeScoreText } from "./scores";
import { NO_ROOM, writeIntegerText, writeText } from "./text";

const COMMA: u8 = 0x2c;
const OPEN: u8 = 0x5b;
const CLOSE: u8 = 0x5d;
/** Room for a score and what stands around an item. */
const ITEM_BYTES: usize = 64;
const SAFE_INTEGER_MAX: i64 = 9007199254740991;

/** Where the next byte goes. */
export let out: usize = 0;
/** Address behind the value that was written last. */
let behind: usize = 0;

export function setOut(address: usize): void {
  out = address;
}

function put(byte: u8): void {
  store<u8>(out++, byte);
}

/** Writes the value at `at` and gives the address behind it in the file. */
export function writeValue(shape: i32, at: usize, limit: usize): usize {
  if (shape === STRING) return writeString(at, limit) ? behind : NOT_MINE;
  put(OPEN);
  if (!writeItems(shape, at, limit)) return NOT_MINE;
  put(CLOSE);
  return behind;
}

function writeItems(shape: i32, at: usize, limit: usize): bool {
  switch (shape) {
    case LIST:
    case SET:
    case HASH:
    case ZSET:
      return writeStrings(shape, at, limit);
    case LISTPACK_SET:
      return writePacked(LISTPACK, at, limit, 1, false);
    case LISTPACK_HASH:
      return writePacked(LISTPACK, at, limit, 2, false);
    case LISTPACK_ZSET:
      return writePacked(LISTPACK, at, limit, 2, true);
    case ZIPLIST_LIST:
      return writePacked(ZIPLIST, at, limit, 1, false);
    case ZIPLIST_HASH:
      return writePacked(ZIPLIST, at, limit, 2, false);
    case ZIPLIST_ZSET:
      return writePacked(ZIPLIST, at, limit, 2, true);
    case INTSET_SET:
      return writePacked(INTSET, at, limit, 1, false);
    case ZIPLIST_QUICKLIST:
    case QUICKLIST:
      return writeNodes(shape, at, limit);
    default:
      return false;
  }
}

/** Writes the string at `at` as a JSON value; `behind` is then the address behind it. */
function writeString(at: usize, limit: usize): bool {
  const body = readHead(at);
  if (body === NOT_MINE || body > limit || stored > limit - body) return false;
  behind = body + stored;
  let written: usize;
  if (form === INTEGER) {
    written = writeIntegerText(out, <i64>integer);
  } else {
    const start = textAt(body);
    if (start === NOT_MINE) return false;
    written = writeText(out, start, text);
  }
  if (written === NO_ROOM) return false;
  out = written;
  return true;
}

function writeStrings(shape: i32, start: usize, limit: usize): bool {
  let at = readLength(start);
  if (at === NOT_MINE) return false;
  const count = length;
  if (count === 0 || count > limit - start) return false;
  const isPair = shape === HASH || shape === ZSET;
  for (let round: usize = 0; round < count; round++) {
    if (at >= limit || out + ITEM_BYTES > OUT_END) return false;
    if (round > 0) put(COMMA);
    if (isPair) put(OPEN);
    if (!writeString(at, limit)) return false;
    at = behind;
    if (!isPair) continue;
    put(COMMA);
    if (shape === HASH) {
      if (at >= limit || !writeString(at, limit)) return false;
      at = behind;
    } else {
      if (limit - at < 8 || !writeNumber(load<f64>(at))) return false;
      at += 8;
    }
    put(CLOSE);
  }
  behind = at;
  return true;
}

function writeNumber(score: f64): bool {
  if (Number.isNaN(score)) return false;
  if (out + ITEM_BYTES > OUT_END) return false;
  const written = writeScore(out, score);
  if (written === NOT_SHORT) return false;
  out = written;
  return true;
}

/** Writes the entries of a packed encoding, each or in pairs, of which the second may be a score. */
function writePacked(kind: i32, at: usize, limit: usize, entriesInItem: i32, isScored: bool): bool {
  const body = readHead(at);
  if (body === NOT_MINE || form === INTEGER || body > limit || stored > limit - body) return false;
  const end = body + stored;
  const start = textAt(body);
  if (start === NOT_MINE) return false;
  const count = openPacked(kind, start, start + text);
  if (count <= 0 || count % entriesInItem !== 0) return false;
  const isPair = entriesInItem === 2;
  for (let index = 0; index < count; index++) {
    if (out + ITEM_BYTES > OUT_END || !nextEntry()) return false;
    const isSecond = isPair && (index & 1) === 1;
    if (index > 0) put(COMMA);
    if (isPair && !isSecond) put(OPEN);
    if (!(isSecond && isScored ? writeEntryScore() : writeEntry())) return false;
    if (isSecond) put(CLOSE);
  }
  behind = end;
  return isPackedOver();
}

function writeEntry(): bool {
  const written = entryIsInteger
    ? writeIntegerText(out, entryInteger)
    : writeText(out, entryStart, entryEnd - entryStart);
  if (written === NO_ROOM) return false;
  out = written;
  return true;
}

function writeEntryScore(): bool {
  if (out + ITEM_BYTES > OUT_END) return false;
  let written: usize;
  if (entryIsInteger) {
    if (entryInteger > SAFE_INTEGER_MAX || entryInteger < -SAFE_INTEGER_MAX) return false;
    written = writeScore(out, <f64>entryInteger);
  } else {
    written = entryEnd > entryStart ? writeScoreText(out, entryStart, entryEnd) : NOT_SHORT;
  }
  if (written === NOT_SHORT) return false;
  out = written;
  return true;
}

function writeNodes(shape: i32, start: usize, limit: usize): bool {
  let at = readLength(start);
  if (at === NOT_MINE) return false;
  const count = length;
  if (count === 0 || count > limit - start) return false;
  for (let node: usize = 0; node < count; node++) {
    if (at >= limit) return false;
    if (node > 0) put(COMMA);
    const isWritten =
      shape === ZIPLIST_QUICKLIST ? writePacked(ZIPLIST, at, limit, 1, false) : writeNode(at, limit);
    if (!isWritten) return false;
    at = behind;
  }
  behind = at;
  return true;
}

function writeNode(start: usize, limit: usize): bool {
  const at = readLength(start);
  if (at === NOT_MINE) return false;
  if (length === QUICKLIST_PACKED) return writePacked(LISTPACK, at, limit, 1, false);
  if (length !== QUICKLIST_PLAIN) return false;
  return writeString(at, limit) && (form === INTEGER || text > 0);
}

/**
 * Records decoded and written anew: every string unpacked, every packed encoding walked entry by entry, and all of it packed again as
 * src/encode does, to the byte.
 *
 * Only values that come out in the type they have are taken. What the encoder would write in another one (a table that fits a
 * listpack, a listpack that is too large, integers that are stored as text) is left to JavaScript, like everything rare or damaged.
 * Nodes of lists and streams stay as they are cut, and packed sorted sets in their order.
 */

import { ROWS, TRACE, WINDOW } from "./memory";
import { entryInteger, INTSET, isPackedOver, nextEntry, openPacked } from "./packed";
import { hasUsualAttributes } from "./pass";
import { keyEnd, keyStart, readRecordHead, shape } from "./records";
import { hasRoom, OUT, outAt, putBackTo, putBytes, putInteger, putLength, putString } from "./rewrite";
import {
  HASH,
  INTSET_SET,
  LISTPACK_HASH,
  LISTPACK_SET,
  LISTPACK_ZSET,
  QUICKLIST,
  QUICKLIST_PACKED,
  QUICKLIST_PLAIN,
  SET,
  STREAM,
  STRING,
  ZSET,
} from "./shapes";
import { skipStream, streamItems } from "./skip-stream";
import {
  form,
  INTEGER,
  integer,
  isInteger,
  length,
  NOT_MINE,
  RAW,
  readHead,
  readLength,
  stored,
  text,
  textAt,
} from "./strings";
import { setTrace } from "./trace";
import { entriesOf, liveEntriesOf } from "./usual-listpack";

/** When the target packs: the limits of src/encode/packing-limits.ts. */
let hashEntriesMax: i32 = 0;
let hashValueBytesMax: usize = 0;
let zsetEntriesMax: i32 = 0;
let zsetValueBytesMax: usize = 0;
let setEntriesMax: i32 = 0;
let setValueBytesMax: usize = 0;
let intsetEntriesMax: i32 = 0;
let listNodeBytesMax: usize = 0;

/** Enough for what a listpack has beside its entries: servers count that in when they fill a node, or do not. */
const NODE_HEAD_BYTES: usize = 16;
const ID_BYTES: usize = 16;

/** Address behind the last record that was repacked. */
export let repackedTo: usize = 0;
/** Elements of the values repacked. */
export let repackedItems: f64 = 0;
/** What follows is common, and may be sound when more of it is at hand. */
export let isRepackCut: bool = false;

/** The value under way is left to JavaScript however much of it is at hand. */
let isRefused: bool = false;
let valueItems: i32 = 0;

export function setPackingLimits(
  hashEntries: i32,
  hashValueBytes: usize,
  zsetEntries: i32,
  zsetValueBytes: usize,
  setEntries: i32,
  setValueBytes: usize,
  intsetEntries: i32,
  listNodeBytes: usize,
): void {
  hashEntriesMax = hashEntries;
  hashValueBytesMax = hashValueBytes;
  zsetEntriesMax = zsetEntries;
  zsetValueBytesMax = zsetValueBytes;
  setEntriesMax = setEntries;
  setValueBytesMax = setValueBytes;
  intsetEntriesMax = intsetEntries;
  listNodeBytesMax = listNodeBytes;
}

/** Writes the records of [start, limit) anew to OUT; gives their number. */
export function repackUsual(start: usize, limit: usize): i32 {
  putBackTo(OUT);
  isRepackCut = false;
  let at = start;
  let count = 0;
  let items: f64 = 0;
  for (; at < limit; count++) {
    const value = readRecordHead(0, at, limit);
    if (value === NOT_MINE || !hasUsualAttributes(at)) break;
    const outStart = outAt;
    isRefused = false;
    const end = putHead(at) ? repackValue(shape, value, limit) : NOT_MINE;
    if (end === NOT_MINE || end > limit) {
      putBackTo(outStart);
      isRepackCut = !isRefused && shape < STREAM;
      break;
    }
    items += <f64>valueItems;
    at = end;
  }
  repackedTo = at;
  repackedItems = items;
  return count;
}

function refuse(): usize {
  isRefused = true;
  return NOT_MINE;
}

/** Attributes and type as they are, and the name; false when there is no room. */
function putHead(start: usize): bool {
  const typeEnd = WINDOW + <usize>load<u32>(ROWS, 4) + 1;
  if (!hasRoom(typeEnd - start + keyEnd - keyStart)) {
    isRefused = true;
    return false;
  }
  putBytes(start, typeEnd - start);
  putString(keyStart, keyEnd - keyStart);
  return true;
}

/** Writes the value at `at` anew and gives the address behind it. */
function repackValue(shape: i32, at: usize, limit: usize): usize {
  switch (shape) {
    case STRING:
      valueItems = 1;
      return repackString(at, limit);
    case SET:
      return repackSet(at, limit);
    case HASH:
      return repackTable(at, limit, hashEntriesMax, 2, 0);
    case ZSET:
      return repackTable(at, limit, zsetEntriesMax, 1, 8);
    case LISTPACK_SET:
      return repackListpack(at, limit, setEntriesMax, setValueBytesMax, 1, false);
    case LISTPACK_HASH:
      return repackListpack(at, limit, hashEntriesMax, hashValueBytesMax, 2, false);
    case LISTPACK_ZSET:
      return repackListpack(at, limit, zsetEntriesMax, zsetValueBytesMax, 2, true);
    case INTSET_SET:
      return repackIntset(at, limit);
    case QUICKLIST:
      return repackNodes(at, limit);
    default:
      return shape >= STREAM ? repackStream(shape, at, limit) : refuse();
  }
}

/** One string, whatever its form. */
function repackString(at: usize, limit: usize): usize {
  const body = readHead(at);
  if (body === NOT_MINE || body > limit || stored > limit - body) return NOT_MINE;
  const behind = body + stored;
  if (form === INTEGER) {
    if (!hasRoom(0)) return refuse();
    putInteger(integer);
    return behind;
  }
  if (!hasRoom(text)) return refuse();
  const from = textAt(body);
  if (from === NOT_MINE) return refuse();
  putString(from, text);
  return behind;
}

/** A set of few integers would be an intset. */
function repackSet(at: usize, limit: usize): usize {
  const first = readLength(at);
  if (first === NOT_MINE || first >= limit) return NOT_MINE;
  if (length <= <usize>intsetEntriesMax) {
    const body = readHead(first);
    if (body === NOT_MINE || body > limit || stored > limit - body) return NOT_MINE;
    if (form !== RAW || isInteger(body, text)) return refuse();
  }
  return repackTable(at, limit, setEntriesMax, 1, 0);
}

/** A count, then rounds of `stringsInRound` strings and `tailBytes` more: too many to be packed. */
function repackTable(
  start: usize,
  limit: usize,
  packedMax: i32,
  stringsInRound: usize,
  tailBytes: usize,
): usize {
  let at = readLength(start);
  if (at === NOT_MINE) return NOT_MINE;
  const count = length;
  if (count <= <usize>packedMax) return refuse();
  if (count > limit - start) return NOT_MINE;
  if (!hasRoom(0)) return refuse();
  putLength(count);
  for (let round: usize = 0; round < count; round++) {
    for (let string: usize = 0; string < stringsInRound; string++) {
      if (at >= limit) return NOT_MINE;
      at = repackString(at, limit);
      if (at === NOT_MINE) return NOT_MINE;
    }
    if (tailBytes === 0) continue;
    if (at + tailBytes > limit) return NOT_MINE;
    // A score that is no number is damage.
    const score = load<f64>(at);
    if (F64.isNaN(score) || !hasRoom(tailBytes)) return refuse();
    store<f64>(outAt, score);
    putBackTo(outAt + tailBytes);
    at += tailBytes;
  }
  valueItems = <i32>count;
  return at;
}

/** Where the packed encoding lies that begins at `at`, unpacked; `packedEnd` is behind its stored form. */
let packedEnd: usize = 0;

function openString(at: usize, limit: usize): usize {
  const body = readHead(at);
  if (body === NOT_MINE || body > limit || stored > limit - body) return NOT_MINE;
  packedEnd = body + stored;
  if (form === INTEGER || !hasRoom(text)) return refuse();
  const from = textAt(body);
  return from === NOT_MINE ? refuse() : from;
}

function repackListpack(
  at: usize,
  limit: usize,
  itemsMax: i32,
  valueBytesMax: usize,
  entriesInItem: i32,
  isScored: bool,
): usize {
  const from = openString(at, limit);
  if (from === NOT_MINE) return NOT_MINE;
  const size = text;
  const count = entriesOf(from, size, valueBytesMax, isScored);
  if (count <= 0 || count % entriesInItem !== 0 || count / entriesInItem > itemsMax) return refuse();
  putString(from, size);
  valueItems = count / entriesInItem;
  return packedEnd;
}

function repackIntset(at: usize, limit: usize): usize {
  const from = openString(at, limit);
  if (from === NOT_MINE) return NOT_MINE;
  const size = text;
  const count = openPacked(INTSET, from, from + size);
  if (count <= 0 || count > intsetEntriesMax) return refuse();
  let widest: usize = 2;
  for (let index = 0; index < count; index++) {
    if (!nextEntry()) return refuse();
    if (entryInteger < <i64>i32.MIN_VALUE || entryInteger > <i64>i32.MAX_VALUE) widest = 8;
    else if (widest < 4 && (entryInteger < -0x8000 || entryInteger >= 0x8000)) widest = 4;
  }
  if (!isPackedOver() || <usize>load<u32>(from) !== widest) return refuse();
  putString(from, size);
  valueItems = count;
  return packedEnd;
}

function repackNodes(start: usize, limit: usize): usize {
  let at = readLength(start);
  if (at === NOT_MINE) return NOT_MINE;
  const count = length;
  if (count > limit - start) return NOT_MINE;
  if (count === 0 || !hasRoom(0)) return refuse();
  putLength(count);
  let items = 0;
  for (let node: usize = 0; node < count; node++) {
    if (at >= limit) return NOT_MINE;
    at = readLength(at);
    if (at === NOT_MINE || at >= limit) return NOT_MINE;
    at = repackNode(length, at, limit);
    if (at === NOT_MINE) return NOT_MINE;
    items += valueItems;
  }
  valueItems = items;
  return at;
}

function repackNode(container: usize, at: usize, limit: usize): usize {
  const from = openString(at, limit);
  if (from === NOT_MINE) return NOT_MINE;
  const size = text;
  if (!hasRoom(size + 1)) return refuse();
  if (container === QUICKLIST_PLAIN) {
    if (size <= listNodeBytesMax) return refuse();
    valueItems = 1;
  } else {
    if (container !== QUICKLIST_PACKED || size > listNodeBytesMax + NODE_HEAD_BYTES) return refuse();
    valueItems = entriesOf(from, size, listNodeBytesMax, false);
    if (valueItems === 0) return refuse();
  }
  putLength(container);
  putString(from, size);
  return packedEnd;
}

/** Of counters that were stepped over before: length, last id, first id. */
function statesFirstId(at: usize, ms: u64, seq: u64): bool {
  const first = readLength64(readLength64(readLength64(at)));
  const behind = readLength64(first);
  if (wide !== ms) return false;
  readLength64(behind);
  return wide === seq;
}

/** Of the length read last by readLength64(). */
let wide: u64 = 0;

function readLength64(at: usize): usize {
  if (load<u8>(at) === 0x81) {
    wide = bswap<u64>(load<u64>(at, 1));
    return at + 9;
  }
  const behind = readLength(at);
  wide = <u64>length;
  return behind;
}

/** The nodes are packed anew; what stands behind them are numbers, raw ids and short names. */
function repackStream(shape: i32, start: usize, limit: usize): usize {
  setTrace(TRACE);
  const end = skipStream(shape, start, limit);
  if (end === NOT_MINE || end > limit) return NOT_MINE;
  const items = streamItems;
  let at = readLength(start);
  if (at === NOT_MINE) return NOT_MINE;
  const count = length;
  if (!hasRoom(0)) return refuse();
  putLength(count);
  let live = 0;
  let firstMs: u64 = 0;
  let firstSeq: u64 = 0;
  for (let node: usize = 0; node < count; node++) {
    at = repackString(at, limit);
    if (at === NOT_MINE) return NOT_MINE;
    if (form !== RAW || text !== ID_BYTES) return refuse();
    if (node === 0) {
      firstMs = bswap<u64>(load<u64>(at - ID_BYTES));
      firstSeq = bswap<u64>(load<u64>(at - ID_BYTES, 8));
    }
    const from = openString(at, limit);
    if (from === NOT_MINE) return NOT_MINE;
    const size = text;
    const entries = liveEntriesOf(from, size);
    if (entries <= 0) return refuse();
    putString(from, size);
    live += entries;
    at = packedEnd;
  }
  // A length that is not true is warned of.
  if (live !== items || !hasRoom(end - at)) return refuse();
  // The encoder writes the id of the first entry that is there, whatever the file says.
  if (shape !== STREAM && !statesFirstId(at, firstMs, firstSeq)) return refuse();
  putBytes(at, end - at);
  valueItems = items;
  return end;
}

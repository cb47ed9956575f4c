/**
 * Level "check": proves one value sound, through every LZF block, packed entry, duplicate and score. Whatever is not
 * plainly sound is left to JavaScript, which judges it.
 */

import { checkStream, streamItems } from "./check-stream";
import { addInteger, addText, expectMembers } from "./members";
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
} from "./packed";
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
  STREAM,
  STREAM_2,
  STREAM_3,
  STRING,
  ZIPLIST_HASH,
  ZIPLIST_LIST,
  ZIPLIST_QUICKLIST,
  ZIPLIST_ZSET,
  ZSET,
} from "./shapes";
import {
  form,
  INTEGER,
  integer,
  isSoundLzf,
  LZF,
  length,
  NOT_MINE,
  readHead,
  readLength,
  stored,
  text,
  textAt,
} from "./strings";

/** Elements of the value that was checked last. */
export let checkedItems: i32 = 0;

/** Proves the value at `at` and gives the address behind it. */
export function checkValue(shape: i32, at: usize, limit: usize): usize {
  switch (shape) {
    case STRING:
      checkedItems = 1;
      return passString(at, limit);
    case LIST:
    case SET:
    case HASH:
    case ZSET:
      return checkStrings(shape, at, limit);
    case LISTPACK_SET:
      return checkPacked(LISTPACK, at, limit, 1, true, false);
    case LISTPACK_HASH:
      return checkPacked(LISTPACK, at, limit, 2, true, false);
    case LISTPACK_ZSET:
      return checkPacked(LISTPACK, at, limit, 2, true, true);
    case ZIPLIST_LIST:
      return checkPacked(ZIPLIST, at, limit, 1, false, false);
    case ZIPLIST_HASH:
      return checkPacked(ZIPLIST, at, limit, 2, true, false);
    case ZIPLIST_ZSET:
      return checkPacked(ZIPLIST, at, limit, 2, true, true);
    case INTSET_SET:
      return checkPacked(INTSET, at, limit, 1, false, false);
    case ZIPLIST_QUICKLIST:
    case QUICKLIST:
      return checkNodes(shape, at, limit);
    case STREAM:
    case STREAM_2:
    case STREAM_3: {
      const behind = checkStream(shape, at, limit);
      checkedItems = streamItems;
      return behind;
    }
    default:
      return NOT_MINE;
  }
}

/** A string that is only passed over; an LZF block must be sound all the same. */
function passString(at: usize, limit: usize): usize {
  const body = readHead(at);
  if (body === NOT_MINE || body > limit || stored > limit - body) return NOT_MINE;
  const behind = body + stored;
  return form !== LZF || isSoundLzf(body) ? behind : NOT_MINE;
}

/** A string that must be new among the members. */
function newString(at: usize, limit: usize): usize {
  const body = readHead(at);
  if (body === NOT_MINE || body > limit || stored > limit - body) return NOT_MINE;
  const behind = body + stored;
  if (form === INTEGER) return addInteger(<i64>integer) ? behind : NOT_MINE;
  const start = textAt(body);
  return start !== NOT_MINE && addText(start, text) ? behind : NOT_MINE;
}

function checkStrings(shape: i32, start: usize, limit: usize): usize {
  let at = readLength(start);
  if (at === NOT_MINE) return NOT_MINE;
  const count = length;
  if (count === 0 || count > limit - start) return NOT_MINE;
  checkedItems = <i32>count;
  if (shape !== LIST && !expectMembers(count)) return NOT_MINE;
  for (let round: usize = 0; round < count; round++) {
    if (at >= limit) return NOT_MINE;
    const first = <usize>load<u8>(at);
    // Nearly all strings are short and raw; the calls for the others are kept out of the way.
    if (first < 0x40) {
      if (first > limit - at - 1 || (shape !== LIST && !addText(at + 1, first))) return NOT_MINE;
      at += 1 + first;
    } else {
      at = shape === LIST ? passString(at, limit) : newString(at, limit);
      if (at === NOT_MINE) return NOT_MINE;
    }
    if (shape === HASH) {
      if (at >= limit) return NOT_MINE;
      const valueBytes = <usize>load<u8>(at);
      if (valueBytes < 0x40 && valueBytes < limit - at) at += 1 + valueBytes;
      else at = passString(at, limit);
      if (at === NOT_MINE) return NOT_MINE;
    } else if (shape === ZSET) {
      if (limit - at < 8 || Number.isNaN(load<f64>(at))) return NOT_MINE;
      at += 8;
    }
  }
  return at;
}

/** One packed encoding: items of `entriesInItem` entries, of which the first may have to be new, the second a score. */
function checkPacked(
  kind: i32,
  at: usize,
  limit: usize,
  entriesInItem: i32,
  isUnique: bool,
  isScored: bool,
): usize {
  const body = readHead(at);
  if (body === NOT_MINE || form === INTEGER || body > limit || stored > limit - body) return NOT_MINE;
  const behind = body + stored;
  const start = textAt(body);
  if (start === NOT_MINE) return NOT_MINE;
  const count = openPacked(kind, start, start + text);
  if (count <= 0 || count % entriesInItem !== 0) return NOT_MINE;
  if (isUnique && !expectMembers(<usize>(count / entriesInItem))) return NOT_MINE;
  for (let index = 0; index < count; index++) {
    if (!nextEntry()) return NOT_MINE;
    if (entriesInItem === 1 || (index & 1) === 0) {
      if (isUnique && !isNewEntry()) return NOT_MINE;
    } else if (isScored && !entryIsInteger && !isPlainNumber(entryStart, entryEnd)) {
      return NOT_MINE;
    }
  }
  checkedItems = count / entriesInItem;
  return isPackedOver() ? behind : NOT_MINE;
}

function isNewEntry(): bool {
  return entryIsInteger ? addInteger(entryInteger) : addText(entryStart, entryEnd - entryStart);
}

/** Digits with a sign, a point and an exponent at most: what every reader of numbers takes. */
export function isPlainNumber(start: usize, end: usize): bool {
  let at = start;
  if (at < end && (load<u8>(at) === 0x2d || load<u8>(at) === 0x2b)) at++;
  const whole = behindDigits(at, end);
  let digits = whole - at;
  at = whole;
  if (at < end && load<u8>(at) === 0x2e) {
    const fraction = behindDigits(at + 1, end);
    digits += fraction - at - 1;
    at = fraction;
  }
  if (digits === 0) return false;
  if (at === end) return true;
  if ((load<u8>(at) | 0x20) !== 0x65) return false;
  at++;
  if (at < end && (load<u8>(at) === 0x2d || load<u8>(at) === 0x2b)) at++;
  return at < end && behindDigits(at, end) === end;
}

function behindDigits(at: usize, end: usize): usize {
  while (at < end && <u32>load<u8>(at) - 0x30 <= 9) at++;
  return at;
}

function checkNodes(shape: i32, start: usize, limit: usize): usize {
  let at = readLength(start);
  if (at === NOT_MINE) return NOT_MINE;
  const count = length;
  if (count > limit - start) return NOT_MINE;
  let items = 0;
  for (let node: usize = 0; node < count; node++) {
    if (at >= limit) return NOT_MINE;
    at =
      shape === ZIPLIST_QUICKLIST ? checkPacked(ZIPLIST, at, limit, 1, false, false) : checkNode(at, limit);
    if (at === NOT_MINE) return NOT_MINE;
    items += checkedItems;
  }
  checkedItems = items;
  return items > 0 ? at : NOT_MINE;
}

function checkNode(start: usize, limit: usize): usize {
  const at = readLength(start);
  if (at === NOT_MINE) return NOT_MINE;
  if (length === QUICKLIST_PACKED) return checkPacked(LISTPACK, at, limit, 1, false, false);
  if (length !== QUICKLIST_PLAIN) return NOT_MINE;
  checkedItems = 1;
  const behind = passString(at, limit);
  return behind !== NOT_MINE && (form === INTEGER || text > 0) ? behind : NOT_MINE;
}

/**
 * Level "skip": steps over one value and notes the numbers it meets, as src/walker.ts does (its header has the list).
 */

import { UNPACKED } from "./memory";
import { INTSET, LISTPACK, statedCount, ZIPLIST } from "./packed";
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
} from "./shapes";
import { skipStream, streamItems } from "./skip-stream";
import {
  decimalDigits,
  form,
  INTEGER,
  integer,
  isInteger,
  LZF,
  length,
  NOT_MINE,
  RAW,
  readHead,
  readLength,
  stored,
  text,
  unpackHead,
} from "./strings";
import { hasTraceRoom, note, setTrace, traceAt } from "./trace";

/** Elements of the value that was stepped over last. */
export let skippedItems: i32 = 0;
/** Strings of collections that were stepped over, also of those that could not be stepped over to their end. */
export let steps: usize = 0;

/** Enough of any packed encoding to know what it says about its count. A smaller one holds nothing. */
const PACKED_HEAD_BYTES: usize = 10;

/** Steps over the value at `at` and gives the address behind it. */
export function skipValue(shape: i32, at: usize, limit: usize): usize {
  if (!hasTraceRoom(traceAt)) return NOT_MINE;
  switch (shape) {
    case STRING:
      return skipString(at, limit);
    case LIST:
    case SET:
      return skipStrings(at, limit, 1, 0);
    case HASH:
      return skipStrings(at, limit, 2, 0);
    case ZSET:
      return skipStrings(at, limit, 1, 8);
    case LISTPACK_SET:
      return skipPacked(LISTPACK, at, limit, 1);
    case LISTPACK_HASH:
    case LISTPACK_ZSET:
      return skipPacked(LISTPACK, at, limit, 2);
    case ZIPLIST_LIST:
      return skipPacked(ZIPLIST, at, limit, 1);
    case ZIPLIST_HASH:
    case ZIPLIST_ZSET:
      return skipPacked(ZIPLIST, at, limit, 2);
    case INTSET_SET:
      return skipPacked(INTSET, at, limit, 1);
    case ZIPLIST_QUICKLIST:
    case QUICKLIST:
      return skipNodes(shape, at, limit);
    default: {
      const behind = skipStream(shape, at, limit);
      skippedItems = streamItems;
      return behind;
    }
  }
}

function skipString(at: usize, limit: usize): usize {
  const body = readHead(at);
  if (body === NOT_MINE || body > limit || stored > limit - body) return NOT_MINE;
  if (form === INTEGER) {
    note(<f64>decimalDigits(<i64>integer));
    note(1);
  } else {
    note(<f64>text);
    note(form === RAW && isInteger(body, text) ? 1 : 0);
  }
  skippedItems = 1;
  return body + stored;
}

/** A count, then rounds of `stringsInRound` strings and `tailBytes` more. */
function skipStrings(start: usize, limit: usize, stringsInRound: usize, tailBytes: usize): usize {
  let at = readLength(start);
  if (at === NOT_MINE) return NOT_MINE;
  const count = length;
  if (count > limit - start) return NOT_MINE;
  note(<f64>count);
  let trace = traceAt;
  let left = count * stringsInRound;
  let untilTail = stringsInRound;
  while (left > 0 && at < limit && hasTraceRoom(trace)) {
    const first = <usize>load<u8>(at);
    // Nearly all strings are short and raw; the call for the others is kept out of the way.
    if (first < 0x40) {
      if (first >= limit - at) break;
      store<f64>(trace, <f64>first);
      at += 1 + first;
    } else {
      const body = readHead(at);
      if (body === NOT_MINE || body > limit || stored > limit - body) break;
      store<f64>(trace, form === INTEGER ? <f64>decimalDigits(<i64>integer) : <f64>text);
      at = body + stored;
    }
    trace += 8;
    left--;
    if (--untilTail > 0) continue;
    at += tailBytes;
    untilTail = stringsInRound;
  }
  steps += count * stringsInRound - left;
  setTrace(trace);
  skippedItems = <i32>count;
  return left === 0 ? at : NOT_MINE;
}

function skipPacked(kind: i32, at: usize, limit: usize, entriesInItem: i32): usize {
  skippedItems = 0;
  const behind = skipPackedNode(kind, at, limit);
  skippedItems /= entriesInItem;
  return behind;
}

/** Adds the entries that the head of the packed encoding states to `skippedItems`. */
function skipPackedNode(kind: i32, at: usize, limit: usize): usize {
  const body = readHead(at);
  if (body === NOT_MINE || form === INTEGER || body > limit || stored > limit - body) return NOT_MINE;
  if (text < PACKED_HEAD_BYTES || (form === LZF && !unpackHead(body, PACKED_HEAD_BYTES))) return NOT_MINE;
  const count = statedCount(kind, form === LZF ? UNPACKED : body);
  if (count < 0) return NOT_MINE;
  note(<f64>text);
  note(<f64>count);
  skippedItems += count;
  return body + stored;
}

function skipNodes(shape: i32, start: usize, limit: usize): usize {
  let at = readLength(start);
  if (at === NOT_MINE) return NOT_MINE;
  const count = length;
  if (count > limit - start) return NOT_MINE;
  note(<f64>count);
  skippedItems = 0;
  for (let node: usize = 0; node < count; node++) {
    if (at >= limit || !hasTraceRoom(traceAt)) return NOT_MINE;
    at = shape === ZIPLIST_QUICKLIST ? skipPackedNode(ZIPLIST, at, limit) : skipNode(at, limit);
    if (at === NOT_MINE) return NOT_MINE;
  }
  return at;
}

function skipNode(start: usize, limit: usize): usize {
  const at = readLength(start);
  if (at === NOT_MINE) return NOT_MINE;
  if (length === QUICKLIST_PACKED) return skipPackedNode(LISTPACK, at, limit);
  if (length !== QUICKLIST_PLAIN) return NOT_MINE;
  const body = readHead(at);
  if (body === NOT_MINE || body > limit || stored > limit - body) return NOT_MINE;
  note(form === INTEGER ? <f64>decimalDigits(<i64>integer) : <f64>text);
  note(-1);
  skippedItems += 1;
  return body + stored;
}

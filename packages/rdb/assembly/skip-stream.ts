/**
 * Level "skip": steps over a stream, whose parts are drawn in src/values/streams.ts.
 *
 *   nodes, counters, groups × (name, counters, pending × (id, time, count), consumers × (name, times, ids))
 *
 * Every function takes an address and gives the one behind, or NOT_MINE; so a chain of steps passes a NOT_MINE on.
 */

import { STREAM, STREAM_3 } from "./shapes";
import {
  decimalDigits,
  form,
  INTEGER,
  integer,
  length,
  NOT_MINE,
  readHead,
  readLength,
  stored,
  text,
} from "./strings";
import { hasTraceRoom, note, traceAt } from "./trace";

const ID_BYTES: usize = 16;
const TIME_BYTES: usize = 8;

/** Entries of the stream that was stepped over last. */
export let streamItems: i32 = 0;

export function skipStream(shape: i32, start: usize, limit: usize): usize {
  let at = passCount(start, limit);
  for (let left = length; left > 0 && at !== NOT_MINE; left--) {
    at = passString(passString(at, limit), limit);
  }
  at = passCount(at, limit);
  if (at === NOT_MINE || length > <usize>i32.MAX_VALUE) return NOT_MINE;
  streamItems = <i32>length;
  at = passLengths(at, limit, shape === STREAM ? 2 : 7);
  at = passCount(at, limit);
  for (let left = length; left > 0 && at !== NOT_MINE; left--) at = passGroup(shape, at, limit);
  return at;
}

function passGroup(shape: i32, start: usize, limit: usize): usize {
  let at = passLengths(passString(start, limit), limit, shape === STREAM ? 2 : 3);
  at = passCount(at, limit);
  for (let left = length; left > 0 && at !== NOT_MINE; left--) {
    at = passLengths(passTime(passBytes(at, limit, ID_BYTES), limit), limit, 1);
  }
  at = passCount(at, limit);
  for (let left = length; left > 0 && at !== NOT_MINE; left--) {
    at = passTime(passString(at, limit), limit);
    if (shape === STREAM_3) at = passTime(at, limit);
    at = passCount(at, limit);
    const count = length;
    if (count > limit - start) return NOT_MINE;
    at = passBytes(at, limit, count * ID_BYTES);
  }
  return at;
}

function hasRoom(at: usize, limit: usize): bool {
  return at !== NOT_MINE && at < limit && hasTraceRoom(traceAt);
}

/** A number of things that follow; in `length`. */
function passCount(at: usize, limit: usize): usize {
  if (!hasRoom(at, limit)) return NOT_MINE;
  const behind = readLength(at);
  if (behind === NOT_MINE) return NOT_MINE;
  note(<f64>length);
  return behind;
}

/** Lengths of up to 64 bits. */
function passLengths(start: usize, limit: usize, count: i32): usize {
  let at = start;
  for (let left = count; left > 0; left--) {
    if (!hasRoom(at, limit)) return NOT_MINE;
    if (load<u8>(at) === 0x81) {
      note(<f64>bswap<u64>(load<u64>(at, 1)));
      at += 9;
    } else {
      at = passCount(at, limit);
    }
  }
  return at;
}

function passTime(at: usize, limit: usize): usize {
  if (!hasRoom(at, limit) || limit - at < TIME_BYTES) return NOT_MINE;
  note(<f64>load<i64>(at));
  return at + TIME_BYTES;
}

function passBytes(at: usize, limit: usize, count: usize): usize {
  return at !== NOT_MINE && at <= limit && count <= limit - at ? at + count : NOT_MINE;
}

function passString(at: usize, limit: usize): usize {
  if (!hasRoom(at, limit)) return NOT_MINE;
  const body = readHead(at);
  if (body === NOT_MINE || body > limit || stored > limit - body) return NOT_MINE;
  note(form === INTEGER ? <f64>decimalDigits(<i64>integer) : <f64>text);
  return body + stored;
}

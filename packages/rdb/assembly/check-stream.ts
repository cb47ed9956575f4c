/**
 * Level "check": proves a stream sound, whose parts are drawn in src/values/streams.ts and stream-node.ts.
 *
 * Servers write nodes, groups, consumers and ids in ascending order, out of radix trees. What ascends strictly stands
 * there once, so nothing has to be remembered to find duplicates; a stream in any other order is left to JavaScript.
 */

import { TABLE, TABLE_SLOTS } from "./memory";
import { entryInteger, entryIsInteger, isPackedOver, LISTPACK, nextEntry, openPacked } from "./packed";
import { STREAM, STREAM_3 } from "./shapes";
import { form, INTEGER, length, NOT_MINE, RAW, readHead, readLength, stored, text, textAt } from "./strings";

const ID_BYTES: usize = 16;
const TIME_BYTES: usize = 8;
const DELETED: i64 = 1;
const SAME_FIELDS: i64 = 2;
/** Flags, two differences and the closing count, and for an entry with fields of its own their number. */
const BESIDES_SAME_FIELDS: i64 = 3;
const BESIDES_OWN_FIELDS: i64 = 4;

/** A pending id: both halves, and whether a consumer has it. The table of members is free while a stream is read. */
const PENDING_BYTES: usize = 24;
const PENDING_MAX: usize = (TABLE_SLOTS * 8) / PENDING_BYTES;

/** Entries of the stream that was checked last. */
export let streamItems: i32 = 0;

/** Entries of the open node that were not read yet. */
let left: i32 = 0;
/** Live entries of the nodes so far. */
let live: i64 = 0;

export function checkStream(shape: i32, start: usize, limit: usize): usize {
  let at = checkNodes(start, limit);
  at = passCount(at, limit);
  if (at === NOT_MINE || <i64>length !== live || live > <i64>i32.MAX_VALUE) return NOT_MINE;
  streamItems = <i32>live;
  at = passLengths(at, limit, shape === STREAM ? 2 : 7);
  at = passCount(at, limit);
  const groups = length;
  let name: usize = 0;
  let nameBytes: usize = 0;
  for (let index: usize = 0; index < groups && at !== NOT_MINE; index++) {
    at = passName(at, limit, name, nameBytes, index === 0);
    name = at - stored;
    nameBytes = stored;
    if (at !== NOT_MINE) at = checkGroup(shape, at, limit);
  }
  return at;
}

function checkNodes(start: usize, limit: usize): usize {
  live = 0;
  let at = passCount(start, limit);
  const nodes = length;
  let before: usize = 0;
  for (let index: usize = 0; index < nodes && at !== NOT_MINE; index++) {
    if (at >= limit) return NOT_MINE;
    const id = readHead(at);
    if (id === NOT_MINE || form !== RAW || text !== ID_BYTES || limit - at <= ID_BYTES + 1) return NOT_MINE;
    if (index > 0 && !isIdBelow(before, id)) return NOT_MINE;
    before = id;
    at = checkNode(id + ID_BYTES, limit);
  }
  return at;
}

/** One node's listpack: a master entry, then entries, which are counted. */
function checkNode(at: usize, limit: usize): usize {
  const body = readHead(at);
  if (body === NOT_MINE || form === INTEGER || body > limit || stored > limit - body) return NOT_MINE;
  const behind = body + stored;
  const start = textAt(body);
  if (start === NOT_MINE) return NOT_MINE;
  left = openPacked(LISTPACK, start, start + text);
  if (!isCount()) return NOT_MINE;
  let liveLeft = entryInteger;
  if (!isCount()) return NOT_MINE;
  let deletedLeft = entryInteger;
  if (!isCount()) return NOT_MINE;
  const fields = entryInteger;
  live += liveLeft;
  if (!passEntries(fields) || !isInteger() || entryInteger !== 0) return NOT_MINE;
  while (left > 0) {
    if (!isInteger()) return NOT_MINE;
    const flags = entryInteger;
    if ((flags & DELETED) !== 0) deletedLeft -= 1;
    else liveLeft -= 1;
    if (!isInteger() || !isInteger() || !checkFields(flags, fields)) return NOT_MINE;
  }
  return liveLeft === 0 && deletedLeft === 0 && isPackedOver() ? behind : NOT_MINE;
}

/** What stands behind the id of an entry, up to its closing count. */
function checkFields(flags: i64, masterFields: i64): bool {
  let closing: i64;
  if ((flags & SAME_FIELDS) !== 0) {
    if (!passEntries(masterFields)) return false;
    closing = BESIDES_SAME_FIELDS + masterFields;
  } else {
    if (!isCount()) return false;
    const texts = entryInteger * 2;
    if (!passEntries(texts)) return false;
    closing = BESIDES_OWN_FIELDS + texts;
  }
  return isInteger() && entryInteger === closing;
}

/** Reads one entry of the node: whether it is an integer. */
function isInteger(): bool {
  left -= 1;
  return left >= 0 && nextEntry() && entryIsInteger;
}

/** Reads one entry: whether it can be a number of things in this node. */
function isCount(): bool {
  return isInteger() && entryInteger >= 0 && entryInteger <= <i64>u16.MAX_VALUE;
}

function passEntries(count: i64): bool {
  if (count > <i64>left) return false;
  for (let index: i64 = 0; index < count; index++) if (!nextEntry()) return false;
  left -= <i32>count;
  return true;
}

/** A group behind its name. Each pending id must have one owner, and nobody owns anything else. */
function checkGroup(shape: i32, start: usize, limit: usize): usize {
  let at = passLengths(start, limit, shape === STREAM ? 2 : 3);
  at = passCount(at, limit);
  const pending = length;
  if (at === NOT_MINE || pending > PENDING_MAX) return NOT_MINE;
  at = takePending(at, limit, pending);
  at = passCount(at, limit);
  const consumers = length;
  let owned: usize = 0;
  let name: usize = 0;
  let nameBytes: usize = 0;
  for (let index: usize = 0; index < consumers && at !== NOT_MINE; index++) {
    at = passName(at, limit, name, nameBytes, index === 0);
    name = at - stored;
    nameBytes = stored;
    at = passBytes(at, limit, shape === STREAM_3 ? TIME_BYTES * 2 : TIME_BYTES);
    at = passCount(at, limit);
    if (at === NOT_MINE) return NOT_MINE;
    owned += length;
    at = giveOwner(at, limit, length, pending);
  }
  return owned === pending ? at : NOT_MINE;
}

/** Keeps the pending ids, which must ascend, without an owner. */
function takePending(start: usize, limit: usize, count: usize): usize {
  let at = start;
  let before: usize = 0;
  for (let index: usize = 0; index < count && at !== NOT_MINE; index++) {
    const id = at;
    at = passCount(passBytes(at, limit, ID_BYTES + TIME_BYTES), limit);
    if (at === NOT_MINE || (index > 0 && !isIdBelow(before, id))) return NOT_MINE;
    const kept = TABLE + index * PENDING_BYTES;
    store<u64>(kept, bswap<u64>(load<u64>(id)));
    store<u64>(kept, bswap<u64>(load<u64>(id, 8)), 8);
    store<u64>(kept, 0, 16);
    before = id;
  }
  return at;
}

/** The ids of one consumer: each must be pending and without an owner. */
function giveOwner(start: usize, limit: usize, count: usize, pending: usize): usize {
  if (count > pending) return NOT_MINE;
  const behind = passBytes(start, limit, count * ID_BYTES);
  if (behind === NOT_MINE) return NOT_MINE;
  for (let at = start; at < behind; at += ID_BYTES) {
    const kept = findPending(bswap<u64>(load<u64>(at)), bswap<u64>(load<u64>(at, 8)), pending);
    if (kept === NOT_MINE || load<u64>(kept, 16) !== 0) return NOT_MINE;
    store<u64>(kept, 1, 16);
  }
  return behind;
}

function findPending(ms: u64, seq: u64, pending: usize): usize {
  let low: usize = 0;
  let high = pending;
  while (low < high) {
    const middle = (low + high) >> 1;
    const kept = TABLE + middle * PENDING_BYTES;
    const keptMs = load<u64>(kept);
    if (keptMs === ms && load<u64>(kept, 8) === seq) return kept;
    if (keptMs < ms || (keptMs === ms && load<u64>(kept, 8) < seq)) low = middle + 1;
    else high = middle;
  }
  return NOT_MINE;
}

function isIdBelow(first: usize, second: usize): bool {
  const ms = bswap<u64>(load<u64>(first));
  const nextMs = bswap<u64>(load<u64>(second));
  return ms < nextMs || (ms === nextMs && bswap<u64>(load<u64>(first, 8)) < bswap<u64>(load<u64>(second, 8)));
}

/** A raw string that stands behind the one before it in the order of bytes. Its size is in `stored`. */
function passName(at: usize, limit: usize, before: usize, beforeBytes: usize, isFirst: bool): usize {
  if (at === NOT_MINE || at >= limit) return NOT_MINE;
  const body = readHead(at);
  if (body === NOT_MINE || form !== RAW || body > limit || stored > limit - body) return NOT_MINE;
  if (!isFirst) {
    const order = memory.compare(before, body, min(beforeBytes, stored));
    if (order > 0 || (order === 0 && beforeBytes >= stored)) return NOT_MINE;
  }
  return body + stored;
}

/** A number of things that follow; in `length`. */
function passCount(at: usize, limit: usize): usize {
  return at === NOT_MINE || at >= limit ? NOT_MINE : readLength(at);
}

/** Lengths of up to 64 bits. */
function passLengths(start: usize, limit: usize, count: i32): usize {
  let at = start;
  for (let rest = count; rest > 0 && at !== NOT_MINE; rest--) {
    if (at >= limit) return NOT_MINE;
    at = load<u8>(at) === 0x81 ? at + 9 : readLength(at);
  }
  return at;
}

function passBytes(at: usize, limit: usize, count: usize): usize {
  return at !== NOT_MINE && at <= limit && count <= limit - at ? at + count : NOT_MINE;
}

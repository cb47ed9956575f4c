/**
 * The fingerprint of a stream: its entries, counters and groups as parts, in the three forms up to RDB 12. The form is
 * drawn in src/values/streams.ts, a node in src/values/stream-node.ts, the parts in src/content/stream-parts.ts.
 */

import { absorb, finished, START, textState } from "./content-hash";
import { decimalState } from "./content-integers";
import { FIELDS, FIELDS_MAX } from "./content-memory";
import {
  entryEnd,
  entryInteger,
  entryIsInteger,
  entryStart,
  isPackedOver,
  LISTPACK,
  nextEntry,
  openPacked,
} from "./packed";
import { STREAM, STREAM_3 } from "./shapes";
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
  textAt,
} from "./strings";

const ENTRY: i32 = 9;
const LAST_ID: i32 = 10;
const MAX_DELETED_ID: i32 = 11;
const ENTRIES_ADDED: i32 = 12;
const GROUP: i32 = 13;
const ENTRIES_READ: i32 = 14;
const PENDING: i32 = 15;
const CONSUMER: i32 = 16;
const OWNED: i32 = 17;

const DELETED: i64 = 1;
const SAME_FIELDS: i64 = 2;
const ID_BYTES: usize = 16;
const UNKNOWN: u64 = u64.MAX_VALUE;
/** Times beyond are not the same number in JavaScript. */
const SAFE_MAX: i64 = 9007199254740991;

let ignoresGroups: bool = false;

export function ignoreGroups(isIgnored: bool): void {
  ignoresGroups = isIgnored;
}

/** Of the stream that was read last. */
export let streamSum: v128 = i32x4(0, 0, 0, 0);
export let streamParts: i32 = 0;
export let streamLength: i32 = 0;

let live: u64 = 0;
let firstMs: u64 = 0;
let firstSeq: u64 = 0;
let lastMs: u64 = 0;
let lastSeq: u64 = 0;
let deletedMs: u64 = 0;
let deletedSeq: u64 = 0;
let added: u64 = 0;

function add(state: v128, kind: i32, low: i32, high: i32): void {
  streamSum = i32x4.add(streamSum, finished(absorb(state, i32x4(kind, 0, low, high))));
  streamParts++;
}

/** Reads the stream at `start` and gives the address behind it. */
export function readStream(shape: i32, start: usize, limit: usize): usize {
  streamSum = i32x4(0, 0, 0, 0);
  streamParts = 0;
  live = 0;
  let at = readCount(start, limit);
  for (let left = length; left > 0 && at !== NOT_MINE; left--) at = readNode(at, limit);
  at = readCounters(shape, at, limit);
  at = readCount(at, limit);
  for (let left = length; left > 0 && at !== NOT_MINE; left--) at = readGroup(shape, at, limit);
  return at;
}

/** A number of things that follow; in `length`. */
function readCount(at: usize, limit: usize): usize {
  return at !== NOT_MINE && at < limit ? readLength(at) : NOT_MINE;
}

let wide: u64 = 0;

/** A length of up to 64 bits; in `wide`. */
function readWide(at: usize, limit: usize): usize {
  if (at === NOT_MINE || at >= limit) return NOT_MINE;
  if (load<u8>(at) === 0x81) {
    wide = bswap<u64>(load<u64>(at, 1));
    return at + 9;
  }
  const behind = readLength(at);
  wide = <u64>length;
  return behind;
}

function readNode(start: usize, limit: usize): usize {
  if (start >= limit) return NOT_MINE;
  const id = readHead(start);
  if (id === NOT_MINE || form !== RAW || text !== ID_BYTES || id + ID_BYTES >= limit) return NOT_MINE;
  const body = readHead(id + ID_BYTES);
  if (body === NOT_MINE || form === INTEGER || body > limit || stored > limit - body) return NOT_MINE;
  const behind = body + stored;
  const at = textAt(body);
  if (at === NOT_MINE) return NOT_MINE;
  left = openPacked(LISTPACK, at, at + text);
  if (left <= 0) return NOT_MINE;
  return readEntries(bswap<u64>(load<u64>(id)), bswap<u64>(load<u64>(id, 8))) ? behind : NOT_MINE;
}

/** Entries of the open listpack that were not read yet. */
let left: i32 = 0;
let isSound: bool = true;

function readInteger(): i64 {
  isSound = isSound && left > 0 && nextEntry() && entryIsInteger;
  left--;
  return entryInteger;
}

function readState(): v128 {
  isSound = isSound && left > 0 && nextEntry();
  left--;
  if (!isSound) return START;
  return entryIsInteger ? decimalState(entryInteger) : textState(entryStart, entryEnd - entryStart);
}

function readEntries(nodeMs: u64, nodeSeq: u64): bool {
  isSound = true;
  let liveLeft = readInteger();
  let deletedLeft = readInteger();
  const fields = readInteger();
  if (!isSound || liveLeft < 0 || deletedLeft < 0 || fields < 0 || fields > FIELDS_MAX) return false;
  for (let field = 0; field < <i32>fields; field++) v128.store(FIELDS + ((<usize>field) << 4), readState());
  if (readInteger() !== 0) return false;
  while (left > 0 && isSound) {
    const flags = readInteger();
    const ms = nodeMs + <u64>readInteger();
    const seq = nodeSeq + <u64>readInteger();
    const content = (flags & SAME_FIELDS) !== 0 ? readSameFields(<i32>fields) : readOwnFields();
    if (!isSound) return false;
    if ((flags & DELETED) !== 0) {
      deletedLeft--;
      continue;
    }
    liveLeft--;
    addEntry(ms, seq, content);
  }
  return isSound && liveLeft === 0 && deletedLeft === 0 && isPackedOver();
}

function addEntry(ms: u64, seq: u64, content: v128): void {
  if (live === 0) {
    firstMs = ms;
    firstSeq = seq;
  }
  live++;
  add(absorb(withId(START, ms, seq), content), ENTRY, 0, 0);
}

function readSameFields(fields: i32): v128 {
  let state = START;
  for (let field = 0; field < fields; field++) {
    state = absorb(state, v128.load(FIELDS + ((<usize>field) << 4)));
    state = absorb(state, readState());
  }
  if (readInteger() !== <i64>(fields + 3)) isSound = false;
  return state;
}

function readOwnFields(): v128 {
  const fields = readInteger();
  if (fields < 0 || fields > FIELDS_MAX) isSound = false;
  let state = START;
  if (!isSound) return state;
  for (let count = <i32>fields * 2; count > 0 && isSound; count--) state = absorb(state, readState());
  if (readInteger() !== fields * 2 + 4) isSound = false;
  return state;
}

function withId(state: v128, ms: u64, seq: u64): v128 {
  return absorb(state, i64x2.replace_lane(i64x2.splat(<i64>ms), 1, <i64>seq));
}

function readCounters(shape: i32, start: usize, limit: usize): usize {
  let at = readCount(start, limit);
  // Another count than that of the entries is something to warn about.
  if (at === NOT_MINE || <u64>length !== live || length > <usize>i32.MAX_VALUE) return NOT_MINE;
  streamLength = <i32>length;
  at = readWide(at, limit);
  lastMs = wide;
  at = readWide(at, limit);
  lastSeq = wide;
  deletedMs = 0;
  deletedSeq = 0;
  added = live;
  if (shape !== STREAM) {
    // The first id follows from the entries.
    at = readWide(readWide(at, limit), limit);
    at = readWide(at, limit);
    deletedMs = wide;
    at = readWide(at, limit);
    deletedSeq = wide;
    at = readWide(at, limit);
    added = wide;
  }
  if (at === NOT_MINE) return NOT_MINE;
  add(withId(START, lastMs, lastSeq), LAST_ID, 0, 0);
  if ((deletedMs | deletedSeq) !== 0) add(withId(START, deletedMs, deletedSeq), MAX_DELETED_ID, 0, 0);
  if (added !== live) add(withId(START, added, 0), ENTRIES_ADDED, 0, 0);
  return at;
}

/** Of the name that was read last. */
let nameState: v128 = i32x4(0, 0, 0, 0);

function readName(at: usize, limit: usize): usize {
  if (at === NOT_MINE || at >= limit) return NOT_MINE;
  const body = readHead(at);
  if (body === NOT_MINE || body > limit || stored > limit - body) return NOT_MINE;
  const behind = body + stored;
  if (form === INTEGER) {
    nameState = decimalState(<i64>integer);
    return behind;
  }
  const start = textAt(body);
  if (start === NOT_MINE) return NOT_MINE;
  nameState = textState(start, text);
  return behind;
}

function readGroup(shape: i32, start: usize, limit: usize): usize {
  let at = readName(start, limit);
  const group = absorb(START, nameState);
  at = readWide(at, limit);
  const ms = wide;
  at = readWide(at, limit);
  const seq = wide;
  let read: u64 = UNKNOWN;
  if (shape !== STREAM) {
    at = readWide(at, limit);
    read = wide;
  }
  if (at === NOT_MINE) return NOT_MINE;
  if (!ignoresGroups) {
    add(absorb(group, withId(START, ms, seq)), GROUP, 0, 0);
    if (read !== UNKNOWN && read !== estimate(ms, seq))
      add(absorb(group, withId(START, read, 0)), ENTRIES_READ, 0, 0);
  }
  return readConsumers(shape, group, readPending(group, at, limit), limit);
}

function readPending(group: v128, start: usize, limit: usize): usize {
  let at = readCount(start, limit);
  for (let count = length; count > 0 && at !== NOT_MINE; count--) {
    if (at >= limit || limit - at < ID_BYTES + 8) return NOT_MINE;
    const id = at;
    const time = load<i64>(at, ID_BYTES);
    if (!isSafe(time)) return NOT_MINE;
    at = readCount(at + ID_BYTES + 8, limit);
    if (at === NOT_MINE || ignoresGroups) continue;
    const content = withId(START, <u64>length, 0);
    const bits = reinterpret<i64>(<f64>time);
    add(absorb(withRawId(group, id), content), PENDING, <i32>bits, <i32>(bits >> 32));
  }
  return at;
}

function readConsumers(shape: i32, group: v128, start: usize, limit: usize): usize {
  let at = readCount(start, limit);
  for (let count = length; count > 0 && at !== NOT_MINE; count--) at = readConsumer(shape, group, at, limit);
  return at;
}

function readConsumer(shape: i32, group: v128, start: usize, limit: usize): usize {
  let at = readName(start, limit);
  if (at === NOT_MINE || at >= limit || limit - at < 16) return NOT_MINE;
  const consumer = absorb(group, nameState);
  const seen = load<i64>(at);
  const active = shape === STREAM_3 ? load<i64>(at, 8) : seen;
  if (!isSafe(seen) || !isSafe(active)) return NOT_MINE;
  const seenBits = reinterpret<i64>(<f64>seen);
  if (!ignoresGroups) {
    const content = withId(START, reinterpret<u64>(<f64>active), 0);
    add(absorb(consumer, content), CONSUMER, <i32>seenBits, <i32>(seenBits >> 32));
  }
  at = readCount(at + (shape === STREAM_3 ? 16 : 8), limit);
  const count = length;
  if (at === NOT_MINE || at > limit || count > (limit - at) / ID_BYTES) return NOT_MINE;
  const end = at + count * ID_BYTES;
  if (!ignoresGroups) for (; at < end; at += ID_BYTES) add(withRawId(consumer, at), OWNED, 0, 0);
  return end;
}

function withRawId(state: v128, at: usize): v128 {
  return withId(state, bswap<u64>(load<u64>(at)), bswap<u64>(load<u64>(at, 8)));
}

function isSafe(time: i64): bool {
  return time <= SAFE_MAX && time >= -SAFE_MAX;
}

function compare(ms: u64, seq: u64, otherMs: u64, otherSeq: u64): i32 {
  if (ms !== otherMs) return ms < otherMs ? -1 : 1;
  if (seq === otherSeq) return 0;
  return seq < otherSeq ? -1 : 1;
}

/** How many entries were ever added up to an id, as a server works it out; UNKNOWN when it cannot. */
function estimate(ms: u64, seq: u64): u64 {
  const toLast = compare(ms, seq, lastMs, lastSeq);
  if (added === 0) return 0;
  if (live === 0 && toLast < 1) return added;
  if ((ms | seq) !== 0 && compare(ms, seq, deletedMs, deletedSeq) < 0) return UNKNOWN;
  if (toLast === 0) return added;
  if (toLast > 0) return UNKNOWN;
  if (live === 0) {
    firstMs = 0;
    firstSeq = 0;
  }
  if ((deletedMs | deletedSeq) !== 0 && compare(deletedMs, deletedSeq, firstMs, firstSeq) >= 0)
    return UNKNOWN;
  const toFirst = compare(ms, seq, firstMs, firstSeq);
  if (toFirst < 0) return added - live;
  return toFirst === 0 ? added - live + 1 : UNKNOWN;
}

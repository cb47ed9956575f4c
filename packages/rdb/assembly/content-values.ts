/**
 * The fingerprint of a value as the sum of those of its parts, so that order and encoding do not matter. The parts are
 * listed in src/content/parts.ts. Whatever is not plainly sound is left to JavaScript.
 */

import { absorb, finished, textState } from "./content-hash";
import { decimalState } from "./content-integers";
import { isScoreRead, readScore, score } from "./content-scores";
import { readStream, streamLength, streamParts, streamSum } from "./content-streams";
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
  length,
  NOT_MINE,
  readHead,
  readLength,
  stored,
  text,
  textAt,
} from "./strings";

/** Kinds of parts, as in src/content/parts.ts. */
const BLOCK: i32 = 1;
const ELEMENT: i32 = 2;
const MEMBER: i32 = 3;
const FIELD: i32 = 4;
const SCORED: i32 = 5;
const BLOCK_BYTES: usize = 4096;

export const NO_EXPIRY: i64 = i64.MIN_VALUE;
const NO_EXPIRY_HIGH: i32 = i32.MIN_VALUE;

/** Of the value that was read last. */
export let contentSum: v128 = i32x4(0, 0, 0, 0);
export let contentParts: i32 = 0;
export let contentItems: i32 = 0;

/** Numbers of the types, as in src/content/content-fingerprint.ts. */
export function typeOfShape(shape: i32): i32 {
  switch (shape) {
    case STRING:
      return 1;
    case LIST:
    case ZIPLIST_LIST:
    case ZIPLIST_QUICKLIST:
    case QUICKLIST:
      return 2;
    case SET:
    case LISTPACK_SET:
    case INTSET_SET:
      return 3;
    case HASH:
    case LISTPACK_HASH:
    case ZIPLIST_HASH:
      return 4;
    case ZSET:
    case LISTPACK_ZSET:
    case ZIPLIST_ZSET:
      return 5;
    default:
      return 6;
  }
}

/** Reads the value at `at` and gives the address behind it. */
export function readContent(shape: i32, at: usize, limit: usize): usize {
  contentSum = i32x4(0, 0, 0, 0);
  contentParts = 0;
  switch (shape) {
    case STRING:
      return addString(at, limit);
    case LIST:
    case SET:
    case HASH:
    case ZSET:
      return addStrings(shape, at, limit);
    case LISTPACK_SET:
      return addWhole(LISTPACK, MEMBER, at, limit);
    case LISTPACK_HASH:
      return addWhole(LISTPACK, FIELD, at, limit);
    case LISTPACK_ZSET:
      return addWhole(LISTPACK, SCORED, at, limit);
    case ZIPLIST_LIST:
      return addWhole(ZIPLIST, ELEMENT, at, limit);
    case ZIPLIST_HASH:
      return addWhole(ZIPLIST, FIELD, at, limit);
    case ZIPLIST_ZSET:
      return addWhole(ZIPLIST, SCORED, at, limit);
    case INTSET_SET:
      return addWhole(INTSET, MEMBER, at, limit);
    case ZIPLIST_QUICKLIST:
    case QUICKLIST:
      return addNodes(shape, at, limit);
    default: {
      const behind = readStream(shape, at, limit);
      contentSum = streamSum;
      contentParts = streamParts;
      contentItems = streamLength;
      return behind;
    }
  }
}

function add(state: v128): void {
  contentSum = i32x4.add(contentSum, finished(state));
  contentParts++;
}

/** Of the string that was read last. */
let readState: v128 = i32x4(0, 0, 0, 0);

/** Reads a string that is one text and gives the address behind it. */
function readText(at: usize, limit: usize): usize {
  const first = <usize>load<u8>(at);
  // Nearly all strings are short and raw; the call for the others is kept out of the way.
  if (first < 0x40 && first < limit - at) {
    readState = textState(at + 1, first);
    return at + 1 + first;
  }
  return readOtherText(at, limit);
}

function readOtherText(at: usize, limit: usize): usize {
  const body = readHead(at);
  if (body === NOT_MINE || body > limit || stored > limit - body) return NOT_MINE;
  const behind = body + stored;
  if (form === INTEGER) {
    readState = decimalState(<i64>integer);
    return behind;
  }
  const start = textAt(body);
  if (start === NOT_MINE) return NOT_MINE;
  readState = textState(start, text);
  return behind;
}

function addString(at: usize, limit: usize): usize {
  const body = readHead(at);
  if (body === NOT_MINE || body > limit || stored > limit - body) return NOT_MINE;
  const behind = body + stored;
  contentItems = 1;
  if (form === INTEGER) {
    add(absorb(decimalState(<i64>integer), i32x4(BLOCK, 0, 0, 0)));
    return behind;
  }
  const start = textAt(body);
  if (start === NOT_MINE) return NOT_MINE;
  const size = text;
  for (let from: usize = 0; from < size; from += BLOCK_BYTES) {
    const block = textState(start + from, min(BLOCK_BYTES, size - from));
    add(absorb(block, i32x4(BLOCK, contentParts, 0, 0)));
  }
  return behind;
}

function addStrings(shape: i32, start: usize, limit: usize): usize {
  let at = readLength(start);
  if (at === NOT_MINE) return NOT_MINE;
  const count = length;
  if (count === 0 || count > limit - start) return NOT_MINE;
  for (let round: usize = 0; round < count; round++) {
    if (at >= limit) return NOT_MINE;
    at = readText(at, limit);
    if (at === NOT_MINE) return NOT_MINE;
    let state = readState;
    if (shape === LIST) {
      state = absorb(state, i32x4(ELEMENT, <i32>round, 0, 0));
    } else if (shape === SET) {
      state = absorb(state, i32x4(MEMBER, 0, 0, 0));
    } else if (shape === HASH) {
      if (at >= limit) return NOT_MINE;
      at = readText(at, limit);
      if (at === NOT_MINE) return NOT_MINE;
      state = absorb(absorb(state, readState), i32x4(FIELD, 0, 0, NO_EXPIRY_HIGH));
    } else {
      if (limit - at < 8) return NOT_MINE;
      const stored = load<f64>(at);
      if (Number.isNaN(stored)) return NOT_MINE;
      state = scoredState(state, stored);
      at += 8;
    }
    add(state);
  }
  contentItems = <i32>count;
  return at;
}

/** A score of -0 is one of 0: some encodings of servers cannot hold it. */
function scoredState(member: v128, value: f64): v128 {
  const bits = reinterpret<i64>(value + 0);
  return absorb(member, i32x4(SCORED, 0, <i32>bits, <i32>(bits >> 32)));
}

/** A value that is one packed encoding. */
function addWhole(kind: i32, part: i32, at: usize, limit: usize): usize {
  const behind = addPacked(kind, part, at, limit);
  contentItems = contentParts;
  return contentParts > 0 ? behind : NOT_MINE;
}

/** One packed encoding, whose entries are parts of this kind, or two of them are one. */
function addPacked(kind: i32, part: i32, at: usize, limit: usize): usize {
  const body = readHead(at);
  if (body === NOT_MINE || form === INTEGER || body > limit || stored > limit - body) return NOT_MINE;
  const behind = body + stored;
  const start = textAt(body);
  if (start === NOT_MINE) return NOT_MINE;
  const count = openPacked(kind, start, start + text);
  const entriesInPart = part === FIELD || part === SCORED ? 2 : 1;
  if (count < 0 || count % entriesInPart !== 0) return NOT_MINE;
  for (let index = 0; index < count; index += entriesInPart) {
    if (!nextEntry()) return NOT_MINE;
    const state = entryState();
    if (part === ELEMENT) {
      add(absorb(state, i32x4(ELEMENT, contentParts, 0, 0)));
    } else if (part === MEMBER) {
      add(absorb(state, i32x4(MEMBER, 0, 0, 0)));
    } else {
      if (!nextEntry()) return NOT_MINE;
      if (part === FIELD) {
        add(absorb(absorb(state, entryState()), i32x4(FIELD, 0, 0, NO_EXPIRY_HIGH)));
      } else {
        if (!readEntryScore()) return NOT_MINE;
        add(scoredState(state, score));
      }
    }
  }
  return isPackedOver() ? behind : NOT_MINE;
}

function entryState(): v128 {
  return entryIsInteger ? decimalState(entryInteger) : textState(entryStart, entryEnd - entryStart);
}

function readEntryScore(): bool {
  return entryIsInteger ? isScoreRead(<f64>entryInteger) : readScore(entryStart, entryEnd);
}

function addNodes(shape: i32, start: usize, limit: usize): usize {
  let at = readLength(start);
  if (at === NOT_MINE) return NOT_MINE;
  const count = length;
  if (count > limit - start) return NOT_MINE;
  for (let node: usize = 0; node < count; node++) {
    if (at >= limit) return NOT_MINE;
    at = shape === ZIPLIST_QUICKLIST ? addPacked(ZIPLIST, ELEMENT, at, limit) : addNode(at, limit);
    if (at === NOT_MINE) return NOT_MINE;
  }
  contentItems = contentParts;
  return contentParts > 0 ? at : NOT_MINE;
}

function addNode(start: usize, limit: usize): usize {
  const at = readLength(start);
  if (at === NOT_MINE || at >= limit) return NOT_MINE;
  if (length === QUICKLIST_PACKED) return addPacked(LISTPACK, ELEMENT, at, limit);
  if (length !== QUICKLIST_PLAIN || isEmptyText(at)) return NOT_MINE;
  const behind = readText(at, limit);
  if (behind === NOT_MINE) return NOT_MINE;
  add(absorb(readState, i32x4(ELEMENT, contentParts, 0, 0)));
  return behind;
}

/** Whether no string begins here, or one without a byte. */
function isEmptyText(at: usize): bool {
  return readHead(at) === NOT_MINE || (form !== INTEGER && text === 0);
}

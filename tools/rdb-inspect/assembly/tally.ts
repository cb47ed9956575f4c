/**
 * What the summary adds up for each key, for rows that are plain: priced, with prefixes that were met before, and
 * too small for a list of the largest. The first row that is not is left to JavaScript (src/passes/summary.ts), which
 * adds it up itself.
 *
 * The arrays of prefixes are those of src/prefix-table.ts, and the search here is its search by hints.
 */

import { TRACE } from "../../../packages/rdb/assembly/memory";
import { rowAt } from "../../../packages/rdb/assembly/rows";
import {
  GROUP_BYTES,
  GROUPS,
  HINTS,
  LIVES,
  MARKS,
  PAIR_PRICE_BITS,
  PAIR_PRICES,
  PRICED_KEY_BYTES,
  PRICED_TEXT_BYTES,
  PRICES,
  SEPARATORS,
  STRING_PRICES,
  SUMS,
  TEXTS,
} from "./memory";

const STRING_TYPE: u8 = 0;
const UNPRICED: f64 = -1;
/** Numbers of a pair have 20 bits. */
const PAIR_NUMBER_MAX: f64 = 1048576;
const PAIR_STEP: u64 = ((<u64>0x9e3779b9) << 32) | 0x7f4a7c15;
const HINT_BYTES: usize = 4;
const HINT_SHIFT: u32 = 22;
const PREFIX_BYTES_MAX: usize = 255;
const DEPTH_MAX: i32 = 3;

/** Entries that the key's prefixes stand in. */
let depth: i32 = 0;
let first: i32 = 0;
let second: i32 = 0;
let third: i32 = 0;

/**
 * Prices the rows whose sizes were met before: an estimate depends on type, expiry and the lengths of key and trace, and
 * nothing else. Gives the number of rows that have no price.
 */
export function priceRows(count: i32): i32 {
  let unpriced = 0;
  for (let index = 0; index < count; index++) {
    const price = load<u8>(rowAt(index), 20) === STRING_TYPE ? stringPrice(index) : pairPrice(index);
    if (price === UNPRICED) unpriced++;
    store<f64>(priceAt(index), price);
  }
  return unpriced;
}

/** Remembers the price that JavaScript gave to a row, for others like it. */
export function learnPrice(index: i32): void {
  if (load<u8>(rowAt(index), 20) === STRING_TYPE) {
    const place = stringPlace(index);
    if (place !== 0) store<u32>(place, <u32>load<f64>(priceAt(index)));
    return;
  }
  const sizes = pairSizes(index);
  if (sizes === 0) return;
  const place = pairPlace(sizes);
  store<u64>(place, sizes);
  store<f64>(place, load<f64>(priceAt(index)), 8);
}

function priceAt(index: i32): usize {
  return PRICES + ((<usize>index) << 3);
}

function keyBytesOf(row: usize): u32 {
  return load<u32>(row, 16) - load<u32>(row, 12);
}

function expiresOf(row: usize): u32 {
  return Number.isNaN(load<f64>(row, 32)) ? 0 : 1;
}

function stringPrice(index: i32): f64 {
  const place = stringPlace(index);
  const price = place === 0 ? 0 : load<u32>(place);
  return price === 0 ? UNPRICED : <f64>price;
}

/** Where the price of such a string stands; 0 for long ones. */
function stringPlace(index: i32): usize {
  const row = rowAt(index);
  const keyBytes = keyBytesOf(row);
  const trace = TRACE + ((<usize>load<u32>(row, 56)) << 3);
  const textBytes = load<f64>(trace);
  if (keyBytes >= PRICED_KEY_BYTES || textBytes >= <f64>PRICED_TEXT_BYTES) return 0;
  const isInteger = <u32>load<f64>(trace, 8);
  const sizes = ((keyBytes * 2 + expiresOf(row)) * 2 + isInteger) * PRICED_TEXT_BYTES + <u32>textBytes;
  return STRING_PRICES + ((<usize>sizes) << 2);
}

function pairPrice(index: i32): f64 {
  const sizes = pairSizes(index);
  const place = pairPlace(sizes);
  return sizes !== 0 && load<u64>(place) === sizes ? load<f64>(place, 8) : UNPRICED;
}

/**
 * All that the estimate of a value with a trace of two numbers depends on, or of one with three of which the first is a count of 1:
 * the lists of a single node. 0 for a longer trace or great numbers.
 */
function pairSizes(index: i32): u64 {
  const row = rowAt(index);
  const keyBytes = keyBytesOf(row);
  const traced = load<u32>(row, 60) - load<u32>(row, 56);
  let trace = TRACE + ((<usize>load<u32>(row, 56)) << 3);
  const isCounted = traced === 3 && load<f64>(trace) === 1;
  if ((traced !== 2 && !isCounted) || keyBytes > <u32>u8.MAX_VALUE) return 0;
  if (isCounted) trace += 8;
  const first = load<f64>(trace);
  const second = load<f64>(trace, 8);
  if (first >= PAIR_NUMBER_MAX || second >= PAIR_NUMBER_MAX || second < 0) return 0;
  const numbers = ((<u64>first) << 20) | <u64>second;
  const kind = (((<u64>load<u8>(row, 20)) << 1) | <u64>isCounted) << 8;
  return (((kind | <u64>keyBytes) * 2 + <u64>expiresOf(row)) << 40) | numbers;
}

/** The one place where the price of such sizes may stand. */
function pairPlace(sizes: u64): usize {
  return PAIR_PRICES + ((<usize>((sizes * PAIR_STEP) >> (64 - PAIR_PRICE_BITS))) << 4);
}

/**
 * Adds up rows [from, count); gives the index of the first that it leaves, with nothing of it added. Rows above
 * `priceMax` or `itemsMax` are left.
 */
export function tallyRows(from: i32, count: i32, nowMs: f64, priceMax: f64, itemsMax: f64): i32 {
  findSeparators();
  for (let index = from; index < count; index++) {
    const row = rowAt(index);
    const price = load<f64>(PRICES + ((<usize>index) << 3));
    const items = <f64>load<i32>(row, 24);
    const hasEvictionData = (load<i32>(row, 40) & load<i32>(row, 44)) !== -1;
    if (price > priceMax || items > itemsMax || hasEvictionData) return index;
    if (!findPrefixes(<usize>load<u32>(row, 12), <usize>load<u32>(row, 16))) return index;
    const size = <f64>(load<u32>(row, 8) - load<u32>(row));
    const leftMs = countLife(load<f64>(row, 32), nowMs);
    addToGroup(<usize>load<u8>(row, 20) * 4 + <usize>load<u8>(row, 21), items, size, price, leftMs);
    if (depth > 0) addToPrefix(first, price, size, leftMs);
    if (depth > 1) addToPrefix(second, price, size, leftMs);
    if (depth > 2) addToPrefix(third, price, size, leftMs);
  }
  return count;
}

function add(at: usize, value: f64): void {
  store<f64>(at, load<f64>(at) + value);
}

/** Counts in LIVES: never, past, then the steps of lifeStepsMs. Gives what is left, 0 when past, -1 without expiry. */
function countLife(expireAtMs: f64, nowMs: f64): f64 {
  if (Number.isNaN(expireAtMs)) {
    add(LIVES, 1);
    return -1;
  }
  const leftMs = expireAtMs - nowMs;
  if (leftMs <= 0) {
    add(LIVES + 8, 1);
    return 0;
  }
  let step: usize = 0;
  if (leftMs >= 60000) step++;
  if (leftMs >= 3600000) step++;
  if (leftMs >= 86400000) step++;
  if (leftMs >= 604800000) step++;
  if (leftMs >= 2592000000) step++;
  add(LIVES + 16 + (step << 3), 1);
  return leftMs;
}

function addToGroup(group: usize, items: f64, size: f64, price: f64, leftMs: f64): void {
  const at = GROUPS + group * GROUP_BYTES;
  add(at, 1);
  add(at + 8, items);
  add(at + 16, size);
  add(at + 24, price);
  if (leftMs >= 0) add(at + 32, 1);
}

function addToPrefix(entry: i32, price: f64, size: f64, leftMs: f64): void {
  const at = SUMS + <usize>entry * 48;
  add(at, 1);
  add(at + 8, price);
  add(at + 16, size);
  if (leftMs < 0) return;
  add(at + 24, 1);
  add(at + 32, leftMs);
}

/** Finds the entries of all the key's prefixes by hints; false when one of them has none. */
function findPrefixes(start: usize, end: usize): bool {
  const stop = min(end, start + PREFIX_BYTES_MAX);
  let at = start;
  let above = -1;
  for (depth = 0; depth < DEPTH_MAX && at < stop; depth++) {
    const entry = hinted(at, stop, above);
    if (entry < 0) return !hasSeparator(at, stop);
    if (depth === 0) first = entry;
    else if (depth === 1) second = entry;
    else third = entry;
    at = start + <usize>load<i32>(MARKS + <usize>entry * 16, 8);
    above = entry;
  }
  return true;
}

/** The first and the last separator, in every lane; nearly always there are no others. */
let firstSeparator: v128 = i8x16.splat(0);
let lastSeparator: v128 = i8x16.splat(0);
let hasMoreSeparators: bool = false;

function findSeparators(): void {
  let count = 0;
  for (let byte: usize = 0; byte < 256; byte++) {
    if (load<u8>(SEPARATORS + byte) === 0) continue;
    lastSeparator = i8x16.splat(<i8>byte);
    if (count === 0) firstSeparator = lastSeparator;
    count++;
  }
  hasMoreSeparators = count > 2;
}

/** Bytes behind the end are read and do not count. */
function hasSeparator(start: usize, stop: usize): bool {
  if (hasMoreSeparators) return hasAnySeparator(start, stop);
  for (let at = start; at < stop; at += 16) {
    const bytes = v128.load(at);
    const found = v128.or(i8x16.eq(bytes, firstSeparator), i8x16.eq(bytes, lastSeparator));
    const mask = i8x16.bitmask(found);
    if (mask !== 0) return <usize>ctz(mask) < stop - at;
  }
  return false;
}

function hasAnySeparator(start: usize, stop: usize): bool {
  for (let at = start; at < stop; at++) if (load<u8>(SEPARATORS + <usize>load<u8>(at)) !== 0) return true;
  return false;
}

/** The entry that followed `above` the last time these bytes did, if the whole of it is there; else -1. */
function hinted(at: usize, stop: usize, above: i32): i32 {
  if (at + HINT_BYTES > stop) return -1;
  const head = load<i32>(at);
  const mixed = <u32>((head ^ (above * <i32>0x9e3779b1)) * <i32>0x85ebca6b);
  const hint = HINTS + ((<usize>(mixed >> HINT_SHIFT)) << 3);
  if (load<i32>(hint) !== above + 1) return -1;
  const entry = load<i32>(hint, 4) - 1;
  if (entry < 0) return -1;
  const mark = MARKS + <usize>entry * 16;
  let from = TEXTS + <usize>load<i32>(mark, 4);
  const to = from + <usize>load<i32>(mark, 8);
  if (above >= 0) from += <usize>load<i32>(MARKS + <usize>above * 16, 8);
  if (at + to - from > stop) return -1;
  for (; to - from >= 8; from += 8, at += 8) if (load<u64>(from) !== load<u64>(at)) return -1;
  if (from === to) return entry;
  // Bytes behind the end are read and shifted out.
  return (load<u64>(from) ^ load<u64>(at)) << ((8 - <u64>(to - from)) << 3) === 0 ? entry : -1;
}

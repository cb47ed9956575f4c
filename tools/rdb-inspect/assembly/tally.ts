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
const HINT_BYTES: usize = 4;
const HINT_SHIFT: u32 = 22;
const PREFIX_BYTES_MAX: usize = 255;
const DEPTH_MAX: i32 = 3;

/** Entries that the key's prefixes stand in. */
let depth: i32 = 0;
let first: i32 = 0;
let second: i32 = 0;
let third: i32 = 0;

/** Prices the strings among the rows whose sizes were met before. Gives the number of rows that have no price. */
export function priceRows(count: i32): i32 {
  let unpriced = 0;
  for (let index = 0; index < count; index++) {
    const place = priceAt(index);
    const price = place === 0 ? 0 : load<u32>(place);
    if (price === 0) unpriced++;
    store<f64>(PRICES + ((<usize>index) << 3), price === 0 ? UNPRICED : <f64>price);
  }
  return unpriced;
}

/** Remembers the price that JavaScript gave to a row, if it is one of a string. */
export function learnPrice(index: i32): void {
  const place = priceAt(index);
  if (place !== 0) store<u32>(place, <u32>load<f64>(PRICES + ((<usize>index) << 3)));
}

/** Where the price of such a string stands; 0 for other values and for long ones. */
function priceAt(index: i32): usize {
  const row = rowAt(index);
  if (load<u8>(row, 20) !== STRING_TYPE) return 0;
  const keyBytes = load<u32>(row, 16) - load<u32>(row, 12);
  const trace = TRACE + ((<usize>load<u32>(row, 56)) << 3);
  const textBytes = load<f64>(trace);
  if (keyBytes >= PRICED_KEY_BYTES || textBytes >= <f64>PRICED_TEXT_BYTES) return 0;
  const expires: u32 = Number.isNaN(load<f64>(row, 32)) ? 0 : 1;
  const isInteger = <u32>load<f64>(trace, 8);
  const sizes = ((keyBytes * 2 + expires) * 2 + isInteger) * PRICED_TEXT_BYTES + <u32>textBytes;
  return STRING_PRICES + ((<usize>sizes) << 2);
}

/**
 * Adds up rows [from, count); gives the index of the first that it leaves, with nothing of it added. Rows above
 * `priceMax` or `itemsMax` are left.
 */
export function tallyRows(from: i32, count: i32, nowMs: f64, priceMax: f64, itemsMax: f64): i32 {
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

function hasSeparator(start: usize, stop: usize): bool {
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
  while (from < to) if (load<u8>(from++) !== load<u8>(at++)) return -1;
  return entry;
}

/**
 * The entry of the writers: what src/output/kernel-lanes.ts may call. Compiled to src/generated/kernels.ts by
 * `npm run kernels`, together with the lane of `rdb` that it builds on.
 */

import { stopAt } from "../../../packages/rdb/assembly/lane";
import { ROWS_MAX } from "../../../packages/rdb/assembly/memory";
import { closeRow, keyEnd, keyStart, readRecordHead, shape } from "../../../packages/rdb/assembly/records";
import { rowAt } from "../../../packages/rdb/assembly/rows";
import { STREAM } from "../../../packages/rdb/assembly/shapes";
import { NOT_MINE, writeDecimal } from "../../../packages/rdb/assembly/strings";
import { fillSlotTable, NOT_PLAIN, writeCsvRow } from "./csv";
import { out, setOut, writeValue } from "./json";
import {
  FIELD_COSTS,
  GROUPS,
  HINTS,
  LABEL_TEXTS,
  LABELS,
  LIVES,
  MARKS,
  MEMBER_COSTS,
  OUT,
  OUT_END,
  PRICES,
  SEPARATORS,
  SUMS,
  TEXTS,
} from "./memory";
import { NO_ROOM, writeText } from "./text";

export {
  checkRecords,
  crcRegister,
  crcTables,
  crcUpdate,
  findRecord,
  headroomBytes,
  homeBytes,
  itemCount,
  prints,
  rows,
  rowsMax,
  skipRecords,
  slotBytes,
  stoppedAt,
  trace,
  types,
  wantsMore,
  window,
  windowBytes,
} from "../../../packages/rdb/assembly/lane";

export { sumFields, sumMembers, summedTo } from "./sums";
export { learnPrice, priceRows, tallyRows } from "./tally";

export const memberCosts: usize = MEMBER_COSTS;
export const fieldCosts: usize = FIELD_COSTS;

export const groups: usize = GROUPS;
export const lives: usize = LIVES;
export const separators: usize = SEPARATORS;
export const hints: usize = HINTS;
export const marks: usize = MARKS;
export const sums: usize = SUMS;
export const texts: usize = TEXTS;
export const labels: usize = LABELS;
export const labelTexts: usize = LABEL_TEXTS;
export const prices: usize = PRICES;
/** Where output begins, and behind it. */
export const outStart: usize = OUT;
export let outEnd: usize = OUT;

/** Fills tables; once per instance, before anything else. */
export function prepare(): void {
  fillSlotTable();
}

/** Room for what stands around a key and its value, besides their texts. */
const AROUND_BYTES: usize = 512;

/** Writes the records of [start, limit) as JSON objects. Gives their number; the text is [outStart, outEnd). */
export function exportRecords(start: usize, limit: usize, db: u32): i32 {
  let at = start;
  let count = 0;
  let isCut = false;
  outEnd = OUT;
  for (; count < ROWS_MAX && at < limit; count++) {
    const value = readRecordHead(count, at, limit);
    if (value === NOT_MINE) break;
    const end = exportRecord(count, value, limit, db);
    isCut = end === NOT_MINE || end > limit;
    if (isCut) break;
    closeRow(count, end, 0);
    outEnd = out;
    at = end;
  }
  stopAt(at, isCut && shape < STREAM);
  return count;
}

/** The same as an array's elements: a comma and a line end in front of each, nothing behind. */
export function exportElements(start: usize, limit: usize, db: u32): i32 {
  isArray = true;
  const count = exportRecords(start, limit, db);
  isArray = false;
  return count;
}

let isArray: bool = false;

function exportRecord(index: i32, value: usize, limit: usize, db: u32): usize {
  let to = outEnd;
  if (to + AROUND_BYTES > OUT_END) return NOT_MINE;
  if (isArray) {
    store<u16>(to, 0x0a2c);
    to += 2;
  }
  // {"db":
  store<u32>(to, 0x6264227b);
  store<u16>(to, 0x3a22, 4);
  to = writeDecimal(to + 6, <i64>db);
  // ,"key":
  store<u64>(to, 0x3a2279656b222c);
  to = writeText(to + 7, keyStart, keyEnd - keyStart);
  if (to === NO_ROOM || to + AROUND_BYTES > OUT_END) return NOT_MINE;
  to = writeAttributes(rowAt(index), to);
  if (to === NO_ROOM) return NOT_MINE;
  // ,"value":
  store<u32>(to, 0x6176222c);
  store<u32>(to, 0x2265756c, 4);
  store<u8>(to, 0x3a, 8);
  setOut(to + 9);
  const end = writeValue(shape, value, limit);
  if (end === NOT_MINE || out + 2 > OUT_END) return NOT_MINE;
  store<u16>(out, 0x0a7d);
  setOut(isArray ? out + 1 : out + 2);
  return end;
}

function writeAttributes(row: usize, out: usize): usize {
  const label = LABELS + ((<usize>load<u8>(row, 20) * 4 + <usize>load<u8>(row, 21)) << 3);
  const labelBytes = <usize>load<u32>(label, 4);
  memory.copy(out, <usize>load<u32>(label), labelBytes);
  let to = out + labelBytes;
  const expireAtMs = load<f64>(row, 32);
  if (!Number.isNaN(expireAtMs)) {
    if (Math.abs(expireAtMs) > 9007199254740991) return NO_ROOM;
    // ,"expireAtMs":
    store<u32>(to, 0x7865222c);
    store<u32>(to, 0x65726970, 4);
    store<u64>(to, 0x3a22734d7441, 8);
    to = writeDecimal(to + 14, <i64>expireAtMs);
  }
  const idleSec = load<i32>(row, 40);
  if (idleSec >= 0) {
    // ,"idleSec":
    store<u32>(to, 0x6469222c);
    store<u32>(to, 0x6553656c, 4);
    store<u32>(to, 0x3a2263, 8);
    to = writeDecimal(to + 11, <i64>idleSec);
  }
  const frequency = load<i32>(row, 44);
  if (frequency < 0) return to;
  // ,"frequency":
  store<u32>(to, 0x7266222c);
  store<u32>(to, 0x65757165, 4);
  store<u64>(to, 0x3a2279636e, 8);
  return writeDecimal(to + 13, <i64>frequency);
}

/**
 * Writes rows [first, count) of the last walk as CSV and gives the index of the first that it left: the rest has no
 * room, or that row is not plain. The text is [outStart, outEnd).
 */
export function writeCsvRows(first: i32, count: i32, db: u32, nowMs: f64): i32 {
  outEnd = OUT;
  let index = first;
  for (; index < count; index++) {
    const to = writeCsvRow(index, outEnd, db, nowMs);
    if (to === NOT_PLAIN) break;
    outEnd = to;
  }
  return index;
}

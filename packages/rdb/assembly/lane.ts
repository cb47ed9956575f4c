/**
 * The entry of the lane: what src/lane.ts may call. Compiled to src/generated/lane.ts by
 * `npm run kernels`. tools/rdb-inspect/assembly builds on the same files.
 */

import { REGISTER } from "../../bytes/assembly/memory";
import { checkedItems, checkValue } from "./check";
import {
  COMMANDS,
  commandsTo,
  isWriteCut,
  writeCommands,
  writtenCommands,
  writtenItems,
  writtenTo,
} from "./commands";
import {
  HEADROOM_BYTES,
  HOME_BYTES,
  KEPT_OUT,
  PRINTS,
  ROWS,
  SLOT_BYTES,
  TRACE,
  TYPES,
  WINDOW,
  WINDOW_BYTES,
} from "./memory";
import { isPassCut, passedItems, passedTo, passUsual } from "./pass";
import { closeRow, printRow, readRecordHead, rowsMax, shape } from "./records";
import { isRepackCut, repackedItems, repackedTo, repackUsual } from "./repack";
import { OUT, outAt } from "./rewrite";
import { rowAt } from "./rows";
import { skippedItems, skipValue, steps } from "./skip";
import { NOT_MINE } from "./strings";
import { setTrace, traceAt } from "./trace";

export { crcTables, crcUpdate } from "../../bytes/assembly/crc64";
export { rowsMax } from "./records";

export const crcRegister: usize = REGISTER;

export const types: usize = TYPES;
export const rows: usize = ROWS;
export const prints: usize = PRINTS;
export const trace: usize = TRACE;
export const window: usize = WINDOW;
export const windowBytes: usize = WINDOW_BYTES;
export const headroomBytes: usize = HEADROOM_BYTES;
export const slotBytes: usize = SLOT_BYTES;
export const homeBytes: usize = HOME_BYTES;

/** Address behind the last record that became a row. */
export let stoppedAt: usize = WINDOW;
/** Elements of all values that the last walk passed. */
export let itemCount: f64 = 0;

/** The last walk ended at a record that is common, and may be sound when more of it is at hand. */
export let wantsMore: bool = false;

/** Steps over the records of [start, limit), with a trace of each value. Gives the number of rows. */
export function skipRecords(start: usize, limit: usize, _db: u32): i32 {
  setTrace(TRACE);
  wantsMore = false;
  let at = start;
  let count = 0;
  let items: f64 = 0;
  for (; count < rowsMax && at < limit; count++) {
    const value = readRecordHead(count, at, limit);
    if (value === NOT_MINE) break;
    const traceStart = traceAt;
    const end = skipValue(shape, value, limit);
    if (end === NOT_MINE || end > limit) {
      setTrace(traceStart);
      wantsMore = true;
      break;
    }
    closeRow(count, end, skippedItems);
    store<u32>(rowAt(count), <u32>((traceStart - TRACE) >> 3), 56);
    store<u32>(rowAt(count), <u32>((traceAt - TRACE) >> 3), 60);
    items += <f64>skippedItems;
    at = end;
  }
  stoppedAt = at;
  itemCount = items;
  return count;
}

/** Proves the records of [start, limit) sound, with a fingerprint of each key. Gives the number of rows. */
export function checkRecords(start: usize, limit: usize, db: u32): i32 {
  wantsMore = false;
  let at = start;
  let count = 0;
  let items: f64 = 0;
  for (; count < rowsMax && at < limit; count++) {
    const value = readRecordHead(count, at, limit);
    if (value === NOT_MINE) break;
    const end = checkValue(shape, value, limit);
    if (end === NOT_MINE || end > limit) {
      wantsMore = true;
      break;
    }
    closeRow(count, end, checkedItems);
    printRow(count, db);
    items += <f64>checkedItems;
    at = end;
  }
  stoppedAt = at;
  itemCount = items;
  return count;
}

/** Steps over the records of [start, limit) that are written as servers write them, without rows. Gives their number. */
export function passRecords(start: usize, limit: usize): i32 {
  const count = passUsual(start, limit);
  stopAt(passedTo, isPassCut);
  itemCount = passedItems;
  return count;
}

/** Where repackRecords() writes. */
export const out: usize = OUT;
/** Bytes that it wrote. */
export let outSize: usize = 0;
export { setPackingLimits } from "./repack";

/** Writes the records of [start, limit) anew, as the encoder would. Gives their number. */
export function repackRecords(start: usize, limit: usize): i32 {
  const count = repackUsual(start, limit);
  stopAt(repackedTo, isRepackCut);
  itemCount = repackedItems;
  outSize = outAt - OUT;
  return count;
}

/** Where commandRecords() writes. */
export const commands: usize = COMMANDS;
/** Bytes and commands that it wrote. */
export let commandBytes: usize = 0;
export let commandCount: i32 = 0;
/** How names begin that it leaves: written by JavaScript. */
export const keptOut: usize = KEPT_OUT;
export { setCommands } from "./commands";

/** Writes the commands that make a run of the records of [start, limit). Gives their number. */
export function commandRecords(start: usize, limit: usize): i32 {
  const count = writeCommands(start, limit);
  stopAt(writtenTo, isWriteCut);
  itemCount = writtenItems;
  commandBytes = commandsTo - COMMANDS;
  commandCount = writtenCommands;
  return count;
}

/** For kernels that walk in other ways. */
export function stopAt(address: usize, isCut: bool): void {
  stoppedAt = address;
  wantsMore = isCut;
}

const FIRST_ATTRIBUTE: u8 = 0xf8;
const LAST_ATTRIBUTE: u8 = 0xfd;
/** A chain of so many records is hardly anything else; nor is one of fewer that is so long. */
const CHAIN_RECORDS: i32 = 24;
const LONG_CHAIN_RECORDS: i32 = 8;
const LONG_CHAIN_BYTES: usize = 32768;
/** A chain that began at a wrong place has fallen in with the right one after so many records. */
const SETTLED_RECORDS: i32 = 4;

/** Where short records are, few bytes have to be looked at for each place that might begin one. */
const SHORT_RECORD_BYTES: usize = 1024;
const LONG_RECORD_BYTES: usize = 65536;

/** Where a record probably begins in [start, limit), of which nothing is known; NOT_MINE when none shows. */
export function findRecord(start: usize, limit: usize): usize {
  const found = findRecordBelow(SHORT_RECORD_BYTES, start, limit);
  return found === NOT_MINE ? findRecordBelow(LONG_RECORD_BYTES, start, limit) : found;
}

/** In data that looks like records without being any, steps soon add up: beyond so many nothing is found. */
const SEARCH_STEPS_MAX: usize = 500000;

/** The same, for a chain of records below a size. */
function findRecordBelow(recordBytesMax: usize, start: usize, limit: usize): usize {
  const stepsEnd = steps + SEARCH_STEPS_MAX;
  for (let at = start; at < limit && steps < stepsEnd; at++) {
    const byte = load<u8>(at);
    const mayBegin =
      load<u8>(TYPES + <usize>byte) !== 0 || (byte >= FIRST_ATTRIBUTE && byte <= LAST_ATTRIBUTE);
    if (!mayBegin) continue;
    const found = settledRecord(recordBytesMax, at, limit);
    if (found !== NOT_MINE) return found;
  }
  return NOT_MINE;
}

/** A record down the chain that begins at `start`, if that is a chain. */
function settledRecord(recordBytesMax: usize, start: usize, limit: usize): usize {
  let settled: usize = NOT_MINE;
  let at = start;
  for (let count = 1; count <= CHAIN_RECORDS; count++) {
    const end = min(limit, at + recordBytesMax);
    setTrace(TRACE);
    const value = readRecordHead(0, at, end);
    if (value === NOT_MINE) return NOT_MINE;
    at = skipValue(shape, value, end);
    if (at === NOT_MINE || at >= end) return NOT_MINE;
    if (count === SETTLED_RECORDS) settled = at;
    if (count >= LONG_CHAIN_RECORDS && at - start >= LONG_CHAIN_BYTES) return settled;
  }
  return settled;
}

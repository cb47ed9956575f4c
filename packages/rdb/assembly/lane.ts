/**
 * The entry of the lane: what src/lane.ts may call. Compiled to src/generated/lane.ts by
 * `npm run kernels`. tools/rdb-inspect/assembly builds on the same files.
 */

import { checkedItems, checkValue } from "./check";
import { ROWS, TRACE, TYPES, WINDOW, WINDOW_BYTES } from "./memory";
import { closeRow, readRecordHead, rowsMax, shape } from "./records";
import { rowAt } from "./rows";
import { setTrace, skippedItems, skipValue, traceAt } from "./skip";
import { NOT_MINE } from "./strings";

export const types: usize = TYPES;
export const rows: usize = ROWS;
export const trace: usize = TRACE;
export const window: usize = WINDOW;
export const windowBytes: usize = WINDOW_BYTES;

/** Address behind the last record that became a row. */
export let stoppedAt: usize = WINDOW;
/** Elements of all values that the last walk passed. */
export let itemCount: f64 = 0;

/** Steps over the records of [start, limit), with a trace of each value. Gives the number of rows. */
export function skipRecords(start: usize, limit: usize, db: u32): i32 {
  setTrace(TRACE);
  let at = start;
  let count = 0;
  let items: f64 = 0;
  for (; count < rowsMax && at < limit; count++) {
    const value = readRecordHead(count, at, limit, db);
    if (value === NOT_MINE) break;
    const traceStart = traceAt;
    const end = skipValue(shape, value, limit);
    if (end === NOT_MINE || end > limit) {
      setTrace(traceStart);
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

/** Proves the records of [start, limit) sound. Gives the number of rows. */
export function checkRecords(start: usize, limit: usize, db: u32): i32 {
  let at = start;
  let count = 0;
  let items: f64 = 0;
  for (; count < rowsMax && at < limit; count++) {
    const value = readRecordHead(count, at, limit, db);
    if (value === NOT_MINE) break;
    const end = checkValue(shape, value, limit);
    if (end === NOT_MINE || end > limit) break;
    closeRow(count, end, checkedItems);
    items += <f64>checkedItems;
    at = end;
  }
  stoppedAt = at;
  itemCount = items;
  return count;
}

/** For kernels that walk in other ways. */
export function stopAt(address: usize): void {
  stoppedAt = address;
}

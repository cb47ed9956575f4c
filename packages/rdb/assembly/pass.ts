/**
 * Records that are copied as they are stored: they are only counted and stepped over. No rows, and traces that nobody reads.
 *
 * A record whose attributes stand in another order or form than servers write them today is left to JavaScript, which writes them so.
 */

import { ROWS, TRACE } from "./memory";
import { readRecordHead, shape } from "./records";
import { skippedItems, skipValue } from "./skip";
import { NOT_MINE } from "./strings";
import { setTrace } from "./trace";

const EXPIRE_TIME_MS: u8 = 0xfc;
const IDLE: u8 = 0xf8;
const EXPIRY_BYTES: usize = 9;
const FREQUENCY_BYTES: usize = 2;

/** Address behind the last record that was passed. */
export let passedTo: usize = 0;
/** Elements of the values passed. */
export let passedItems: f64 = 0;
/** What follows is common, and may be sound when more of it is at hand. */
export let isPassCut: bool = false;

/** Steps over the records of [start, limit); gives their number. */
export function passUsual(start: usize, limit: usize): i32 {
  let at = start;
  let count = 0;
  let items: f64 = 0;
  isPassCut = false;
  for (; at < limit; count++) {
    setTrace(TRACE);
    const value = readRecordHead(0, at, limit);
    if (value === NOT_MINE || !hasUsualAttributes(at)) break;
    const end = skipValue(shape, value, limit);
    if (end === NOT_MINE || end > limit) {
      isPassCut = true;
      break;
    }
    items += <f64>skippedItems;
    at = end;
  }
  passedTo = at;
  passedItems = items;
  return count;
}

/** Expiry in milliseconds, idle time in its shortest form, frequency: each at most once, and in this order. */
export function hasUsualAttributes(start: usize): bool {
  const sizeBytes = <usize>(load<u32>(ROWS, 4) - load<u32>(ROWS));
  if (sizeBytes === 0) return true;
  const expiryBytes = F64.isNaN(load<f64>(ROWS, 32)) ? 0 : EXPIRY_BYTES;
  const idleSec = load<i32>(ROWS, 40);
  const idleBytes: usize = idleSec < 0 ? 0 : idleSec < 64 ? 2 : idleSec < 16384 ? 3 : 6;
  const frequencyBytes = load<i32>(ROWS, 44) < 0 ? 0 : FREQUENCY_BYTES;
  if (sizeBytes !== expiryBytes + idleBytes + frequencyBytes) return false;
  if (expiryBytes > 0 && load<u8>(start) !== EXPIRE_TIME_MS) return false;
  return idleBytes === 0 || load<u8>(start + expiryBytes) === IDLE;
}

/**
 * The entry of the lane that makes fingerprints of content: what src/content/content-lane.ts may call. Compiled to
 * src/generated/content.ts by `npm run kernels`.
 */

import { absorb, finished, START, textState } from "./content-hash";
import { CONTENT, CONTENT_ROW_BYTES } from "./content-memory";
import {
  contentItems,
  contentParts,
  contentSum,
  NO_EXPIRY,
  readContent,
  typeOfShape,
} from "./content-values";
import { stopAt } from "./lane";
import { ROWS_MAX, TRACE } from "./memory";
import { closeRow, keyEnd, keyStart, readRecordHead, shape } from "./records";
import { rowAt } from "./rows";
import { skippedItems, skipValue } from "./skip";
import { NOT_MINE } from "./strings";
import { setTrace } from "./trace";

export { ignoreGroups } from "./content-streams";
export {
  checkRecords,
  crcRegister,
  crcTables,
  crcUpdate,
  findRecord,
  headroomBytes,
  homeBytes,
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
} from "./lane";

export const content: usize = CONTENT;
/** Elements of all values that the last walk passed. */
export let itemCount: f64 = 0;

const KEY_MARK: i32 = 0x6b657900;

/** Values of keys outside [from, through] are only stepped over: see setRange(). */
let from: u32 = 0;
let through: u32 = u32.MAX_VALUE;
let ignoresExpiry: bool = false;

/** Only keys whose first word lies in [first, last] have the fingerprint of their content made; first > last: none. */
export function setRange(first: u32, last: u32): void {
  from = first;
  through = last;
}

export function ignoreExpiry(isIgnored: bool): void {
  ignoresExpiry = isIgnored;
}

/** Reads the records of [start, limit). Gives the number of rows. */
export function contentRecords(start: usize, limit: usize, db: u32): i32 {
  let at = start;
  let count = 0;
  let isCut = false;
  let items: f64 = 0;
  for (; count < ROWS_MAX && at < limit; count++) {
    const value = readRecordHead(count, at, limit);
    if (value === NOT_MINE) break;
    const end = contentRecord(count, value, limit, db);
    isCut = end === NOT_MINE || end > limit;
    if (isCut) break;
    closeRow(count, end, rowItems);
    items += <f64>rowItems;
    at = end;
  }
  stopAt(at, isCut);
  itemCount = items;
  return count;
}

let rowItems: i32 = 0;

function contentRecord(index: i32, value: usize, limit: usize, db: u32): usize {
  const place = CONTENT + <usize>index * CONTENT_ROW_BYTES;
  const name = textState(keyStart, keyEnd - keyStart);
  const key = finished(absorb(name, i32x4(<i32>db, KEY_MARK, 0, 0)));
  v128.store(place, key);
  const selector = <u32>i32x4.extract_lane(key, 0);
  if (selector < from || selector > through) {
    setTrace(TRACE);
    const behind = skipValue(shape, value, limit);
    rowItems = skippedItems;
    return behind;
  }
  const end = readContent(shape, value, limit);
  if (end === NOT_MINE) return NOT_MINE;
  rowItems = contentItems;
  const expiry = rowExpiry(index);
  let state = absorb(absorb(START, key), contentSum);
  state = absorb(state, i32x4(typeOfShape(shape), contentParts, <i32>expiry, <i32>(expiry >> 32)));
  v128.store(place, finished(state), 16);
  return end;
}

/** The bits of the time; those of -0, which no time has, when there is none. */
function rowExpiry(index: i32): i64 {
  const expireAtMs = load<f64>(rowAt(index), 32);
  return ignoresExpiry || Number.isNaN(expireAtMs) ? NO_EXPIRY : reinterpret<i64>(expireAtMs);
}

/**
 * Listpacks of which an encoder would make the same bytes: sound, every entry in its shortest form, integers as such.
 *
 * The shortest form of an entry is never longer than another, so the sum of all tells that each has it.
 */

import { isPlainNumber } from "./check";
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
import { isInteger } from "./strings";

/** From this size on an entry's own size takes a third byte with some targets, and not with others. */
const WIDE_ENTRY_BYTES: usize = 16383;
/** Head and end. */
const FRAME_BYTES: usize = 7;

const OWN_FIELDS: i64 = 0;
const SAME_FIELDS: i64 = 2;

/** Bytes of the listpack under way as far as it was read, each entry in its shortest form. */
let shortest: usize = 0;

function openUsual(from: usize, size: usize): i32 {
  shortest = FRAME_BYTES;
  return openPacked(LISTPACK, from, from + size);
}

/** Reads the next entry; false when it is damaged, longer than `textBytesMax`, or surely not as an encoder writes it. */
function nextUsual(textBytesMax: usize): bool {
  if (!nextEntry()) return false;
  if (entryIsInteger) {
    shortest += integerEntryBytes(entryInteger);
    return true;
  }
  const textBytes = entryEnd - entryStart;
  if (textBytes > textBytesMax || isInteger(entryStart, textBytes)) return false;
  const own = textBytes + (textBytes < 64 ? 1 : textBytes < 4096 ? 2 : 5);
  shortest += own + (own < 128 ? 1 : 2);
  return own < WIDE_ENTRY_BYTES;
}

function integerEntryBytes(value: i64): usize {
  if (value >= 0 && value < 128) return 2;
  if (value >= -4096 && value < 4096) return 3;
  if (value >= -0x8000 && value < 0x8000) return 4;
  if (value >= -0x800000 && value < 0x800000) return 5;
  return value >= <i64>i32.MIN_VALUE && value <= <i64>i32.MAX_VALUE ? 6 : 10;
}

/** Number of entries, of which every second is a score if `isScored`; 0 when an encoder would not write the same. */
export function entriesOf(from: usize, size: usize, textBytesMax: usize, isScored: bool): i32 {
  const count = openUsual(from, size);
  for (let index = 0; index < count; index++) {
    if (!nextUsual(textBytesMax)) return 0;
    if (isScored && (index & 1) === 1 && !entryIsInteger && !isPlainNumber(entryStart, entryEnd)) return 0;
  }
  return count > 0 && isPackedOver() && shortest === size ? count : 0;
}

/**
 * Number of entries of a stream in one of its nodes, drawn in src/values/stream-node.ts; 0 when an encoder would not write the same,
 * as where some of them are deleted.
 */
export function liveEntriesOf(from: usize, size: usize): i32 {
  const count = openUsual(from, size);
  if (count < 0 || !nextInteger()) return 0;
  const live = entryInteger;
  if (live > <i64>count || !nextInteger() || entryInteger !== 0 || !nextInteger()) return 0;
  const fields = entryInteger;
  if (fields < 0 || fields > <i64>count || !nextTexts(fields) || !nextInteger() || entryInteger !== 0)
    return 0;
  let read = 4 + fields;
  for (let entry: i64 = 0; entry < live; entry++) {
    const entries = nextStreamEntry(fields, <i64>count);
    // Without deleted entries, the first one has the node's id.
    if (entries === 0 || (entry === 0 && !hasNodeId)) return 0;
    read += entries;
  }
  return isPackedOver() && shortest === size && read === <i64>count ? <i32>live : 0;
}

/** The entry read last has the id of its node. */
let hasNodeId: bool = false;

/** Listpack entries of the next entry of a stream; 0 when it is not as it should be. */
function nextStreamEntry(fields: i64, most: i64): i64 {
  if (!nextInteger()) return 0;
  const flags = entryInteger;
  if (!nextInteger()) return 0;
  const ms = entryInteger;
  if (!nextInteger()) return 0;
  hasNodeId = ms === 0 && entryInteger === 0;
  let closing = fields + 3;
  let texts = fields;
  if (flags === OWN_FIELDS) {
    if (!nextInteger() || entryInteger < 0 || entryInteger > most) return 0;
    texts = 2 * entryInteger;
    closing = texts + 4;
  } else if (flags !== SAME_FIELDS) {
    return 0;
  }
  if (!nextTexts(texts) || !nextInteger() || entryInteger !== closing) return 0;
  return closing + 1;
}

function nextInteger(): bool {
  return nextUsual(WIDE_ENTRY_BYTES) && entryIsInteger;
}

function nextTexts(count: i64): bool {
  for (let index: i64 = 0; index < count; index++) if (!nextUsual(WIDE_ENTRY_BYTES)) return false;
  return true;
}

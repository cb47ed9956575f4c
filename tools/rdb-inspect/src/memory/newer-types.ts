/**
 * Types that no measured server writes: arrays (Redis 8.8) and hashes with a template (8.10).
 *
 *   array   trace   count, flag [, length], then tag and payload bytes of each slot
 *   T       trace   number of fields, bytes of their names unless packed, then the values or a listpack
 *   R       trace   number of fields, then the values
 *
 * A rough estimate: an array is a pointer per slot and its strings, a template hash is a listpack of
 * its values.
 */
import type { TypeRow } from "@holdfast/rdb";
import type { MemoryModel } from "./model.ts";
import { listpackEntryBytes, listpackFixedBytes } from "./packed-sizes.ts";
import type { Steps, Tally } from "./stepwise.ts";
import { stringBytes } from "./strings.ts";

const slotBytes = 16;
const arrayHeadBytes = 64;
/** Longer payloads than a slot holds are strings of their own. */
const inSlotBytesMax = 8;

export function* arraySteps(model: MemoryModel, _row: TypeRow, tally: Tally): Steps {
  const count = yield 0;
  tally.bytes = arrayHeadBytes + count * slotBytes;
  const hasInsertIndex = yield 0;
  if (hasInsertIndex === 1) yield 0;
  for (let slot = 0; slot < count; slot += 1) {
    const payloadBytes = yield 1;
    if (payloadBytes > inSlotBytesMax) tally.bytes += model.allocator.sizeOf(stringBytes(payloadBytes));
  }
  return tally.bytes;
}

export function* templateHashSteps(_model: MemoryModel, row: TypeRow, tally: Tally): Steps {
  tally.bytes = listpackFixedBytes;
  if (row.packed !== undefined) {
    for (;;) tally.bytes = Math.max(tally.bytes, yield 0);
  }
  yield 0;
  for (;;) tally.bytes += listpackEntryBytes(yield 0);
}

/**
 * Arrays of Redis 8.8: type 28. Sparse slots in ascending order.
 *
 *   count > 0, flag 0 or 1, with 1 the insert index; count × (index, tag, payload)
 *   tag 0 string, 1 int64, 2 double, 3 string of at most 7 bytes
 */
import { decimalOf } from "@holdfast/bytes";
import { ByteSlice } from "../byte-slice.ts";
import type { ArraySlot } from "../events.ts";
import { arraySmallStringMax, arrayTag } from "../format.ts";
import type { ValueReader, ValueScan } from "./value-scan.ts";

const phase = { head: 0, slots: 1 } as const;
const noIndex = 2n ** 64n - 1n;

export const readArray: ValueReader = (scan) => {
  if (scan.phase === phase.head) readHead(scan);
  while (scan.left > 0) {
    if (scan.isBatchFull) return false;
    const at = scan.cursor.window.position;
    const slot = readSlot(scan, at);
    const previous = scan.memory as bigint;
    if (slot.index <= previous)
      scan.report("RDB_BAD_ARRAY", `index ${slot.index} is not above ${previous}`, at);
    scan.memory = slot.index;
    if (scan.building) scan.addSlot(slot);
    scan.roundDone();
  }
  return scan.finish();
};

function readHead(scan: ValueScan): void {
  const { cursor } = scan;
  const at = cursor.window.position;
  const count = cursor.length();
  if (count === 0) cursor.fail("RDB_BAD_ARRAY", "array without elements", at);
  const flagAt = cursor.window.position;
  const flag = cursor.length();
  if (flag > 1) cursor.fail("RDB_BAD_ARRAY", `flag ${flag}, only 0 and 1 exist`, flagAt);
  scan.insertIndex = flag === 1 ? cursor.length64() : undefined;
  scan.itemCount = count;
  scan.memory = -1n;
  scan.enter(phase.slots, count);
}

function readSlot(scan: ValueScan, at: number): ArraySlot {
  const { cursor } = scan;
  const index = cursor.length64();
  if (index === noIndex) cursor.fail("RDB_BAD_ARRAY", "index 2^64 - 1 does not exist", at);
  const tagAt = cursor.window.position;
  const tag = cursor.length();
  switch (tag) {
    case arrayTag.integer:
      return { index, value: ByteSlice.of(decimalOf(cursor.exactInt64())), stored: "integer" };
    case arrayTag.double:
      return { index, value: doubleText(cursor.double()), stored: "double" };
    case arrayTag.string:
    case arrayTag.smallString:
      return { index, value: readText(scan, tag), stored: "string" };
    default:
      return cursor.fail("RDB_BAD_ARRAY", `array element with tag ${tag}`, tagAt);
  }
}

function readText(scan: ValueScan, tag: number): ByteSlice {
  scan.readElement();
  const { strings } = scan;
  if (tag === arrayTag.smallString && strings.end - strings.start > arraySmallStringMax) {
    scan.cursor.fail("RDB_BAD_ARRAY", `small string of ${strings.end - strings.start} bytes`, strings.at);
  }
  return strings.text();
}

/** The shortest text that reads back as the same double, and that does not look like an integer. */
function doubleText(value: number): ByteSlice {
  const text = String(value);
  return ByteSlice.of(new TextEncoder().encode(/^-?\d+$/.test(text) ? `${text}.0` : text));
}

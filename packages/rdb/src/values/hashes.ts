/**
 * Hashes: types 4 (plain), 9 (zipmap), 13 (ziplist), 16 (listpack), 22 to 25 (fields that expire) and
 * 29 to 32 (field names from a template).
 *
 *   22 Redis 7.4 RC   count, count × (absolute ms as a length, 0 = none; field; value)
 *   22 Valkey 9       count, count × (field, value, int64 absolute ms, -1 = none)
 *   23 Redis 7.4 RC   listpack of field, value, absolute ms
 *   24 Redis 7.4      int64 base, count, count × (t, field, value): t = 0 none, else base + t - 1
 *   25 Redis 7.4      int64 base (only a hint), listpack of field, value, absolute ms, 0 = none
 */
import type { RdbCursor } from "../cursor.ts";
import { fieldExpiryMaxMs } from "../format.ts";
import { checkPackedEntryIsNew } from "./packed-duplicates.ts";
import type { ValueReader, ValueScan } from "./value-scan.ts";

const phase = { base: 0, count: 1, fields: 2 } as const;

/** Reads one field's expiry where its type has it: before the field, or behind the value. */
type ExpiryReader = (cursor: RdbCursor, base: number) => number | undefined;

interface ExpiringLayout {
  readonly hasBase: boolean;
  readonly before: ExpiryReader | undefined;
  readonly behind: ExpiryReader | undefined;
}

const withoutExpiry: ExpiringLayout = { hasBase: false, before: undefined, behind: undefined };
const absoluteBefore: ExpiringLayout = { hasBase: false, before: readAbsoluteExpiry, behind: undefined };
const relativeBefore: ExpiringLayout = { hasBase: true, before: readRelativeExpiry, behind: undefined };
const absoluteBehind: ExpiringLayout = { hasBase: false, before: undefined, behind: readValkeyExpiry };

/** Type 4. */
export const readPlainHash: ValueReader = (scan) => readFields(scan, withoutExpiry);
/** Type 22 of Redis. */
export const readPreGaExpiringHash: ValueReader = (scan) => readFields(scan, absoluteBefore);
/** Type 24. */
export const readExpiringHash: ValueReader = (scan) => readFields(scan, relativeBefore);
/** Type 22 of Valkey. */
export const readValkeyExpiringHash: ValueReader = (scan) => readFields(scan, absoluteBehind);

function readFields(scan: ValueScan, layout: ExpiringLayout): boolean {
  if (scan.phase === phase.base) {
    if (layout.hasBase) scan.memory = scan.cursor.int64();
    scan.enter(phase.count);
  }
  if (scan.phase === phase.count) {
    scan.itemCount = scan.cursor.length();
    scan.enter(phase.fields, scan.itemCount);
    scan.seen.expect(scan.itemCount);
  }
  const base = layout.hasBase ? (scan.memory as number) : 0;
  while (scan.left > 0) {
    if (scan.isBatchFull) return false;
    if (scan.building) buildField(scan, layout, base);
    else checkField(scan, layout, base);
    scan.roundDone();
  }
  return scan.finish();
}

function buildField(scan: ValueScan, layout: ExpiringLayout, base: number): void {
  const { cursor, strings } = scan;
  const before = layout.before?.(cursor, base);
  scan.readElement();
  const field = strings.text();
  scan.readElement();
  const value = strings.text();
  scan.addField(field, value, before ?? layout.behind?.(cursor, base));
}

/** The field is judged when the whole round is there: what a shortage undoes must not be remembered. */
function checkField(scan: ValueScan, layout: ExpiringLayout, base: number): void {
  const { cursor, strings } = scan;
  layout.before?.(cursor, base);
  scan.readElement();
  const { buffer, start, end, at } = strings;
  scan.passElement();
  layout.behind?.(cursor, base);
  scan.checkNew(buffer, start, end, "a field", at);
}

function readAbsoluteExpiry(cursor: RdbCursor): number | undefined {
  const at = cursor.window.position;
  const time = cursor.roughLength();
  return time === 0 ? undefined : soundExpiry(cursor, time, at);
}

function readRelativeExpiry(cursor: RdbCursor, base: number): number | undefined {
  const at = cursor.window.position;
  const distance = cursor.roughLength();
  return distance === 0 ? undefined : soundExpiry(cursor, base + distance - 1, at);
}

function readValkeyExpiry(cursor: RdbCursor): number | undefined {
  const at = cursor.window.position;
  const time = cursor.int64();
  if (time < -1) cursor.fail("RDB_BAD_EXPIRY", `field expires at ${time} ms`, at);
  return time === -1 ? undefined : time;
}

function soundExpiry(cursor: RdbCursor, time: number, at: number): number {
  if (time < 0 || time > fieldExpiryMaxMs) {
    cursor.fail("RDB_BAD_EXPIRY", `field expires at ${time} ms, above the limit of 2^48 - 1`, at);
  }
  return time;
}

/** Types 9, 13 and 16: field, value, field, value, … in one packed encoding. */
export const readPackedHash: ValueReader = (scan) => {
  const { packed } = scan;
  if (scan.phase === phase.base) {
    if (!scan.openPacked(scan.row.packed ?? "listpack") || !hasWholeFields(scan, 2)) return true;
    scan.enter(phase.fields);
    if (!scan.building) checkPackedFields(scan);
  }
  while (packed.left > 0) {
    if (scan.isBatchFull) return false;
    packed.next();
    const field = scan.packedText();
    packed.next();
    scan.addField(field, scan.packedText(), undefined);
  }
  return scan.finish();
};

/** Types 23 and 25: field, value, absolute ms, … in one listpack; those that expire first, ascending. */
export const readPackedExpiringHash: ValueReader = (scan) => {
  const { packed } = scan;
  if (scan.phase === phase.base) {
    if (scan.row.number === 25) scan.cursor.skip(8);
    if (!scan.openPacked("listpack") || !hasWholeFields(scan, 3)) return true;
    scan.enter(phase.fields);
    if (!scan.building) checkExpiringFields(scan);
  }
  while (packed.left > 0) {
    if (scan.isBatchFull) return false;
    packed.next();
    const field = scan.packedText();
    packed.next();
    const value = scan.packedText();
    packed.next();
    scan.addField(field, value, packedExpiry(scan));
  }
  return scan.finish();
};

function hasWholeFields(scan: ValueScan, perField: number): boolean {
  const { packed, strings } = scan;
  scan.itemCount = Math.floor(packed.left / perField);
  if (packed.left % perField === 0) return true;
  const code = scan.row.packed === "ziplist" ? "RDB_BAD_ZIPLIST" : "RDB_BAD_LISTPACK";
  scan.report(code, `${packed.left} entries do not make fields of ${perField} entries each`, strings.at);
  packed.left = 0;
  return false;
}

function checkPackedFields(scan: ValueScan): void {
  const { packed } = scan;
  scan.seen.expect(packed.left / 2);
  while (packed.left > 0) {
    packed.next();
    checkPackedEntryIsNew(scan, "a field");
    packed.next();
  }
}

function checkExpiringFields(scan: ValueScan): void {
  const { packed, strings } = scan;
  let previous = 0;
  while (packed.left > 0) {
    packed.next();
    checkPackedEntryIsNew(scan, "a field");
    packed.next();
    packed.next();
    const expireAtMs = packedExpiry(scan) ?? Number.POSITIVE_INFINITY;
    if (expireAtMs < previous) {
      scan.report("RDB_BAD_ORDER", "fields are not in the order of their expiry", strings.at);
      packed.left = 0;
    }
    previous = expireAtMs;
  }
}

/** The entry just read, as a field's expiry. */
function packedExpiry(scan: ValueScan): number | undefined {
  const { packed, strings } = scan;
  const time = packed.isInteger ? Number(packed.integer) : Number.NaN;
  if (time >= 0 && time <= fieldExpiryMaxMs) return time === 0 ? undefined : time;
  scan.report(
    "RDB_BAD_EXPIRY",
    packed.isInteger ? `field expires at ${time} ms` : "the expiry of a field is no integer",
    strings.at,
  );
  return undefined;
}

/**
 * Records that are not values: aux fields, db selectors, hints, functions, module data, and the
 * attributes that stand before a key.
 *
 *   attribute*  type  key  value       the attributes belong to that key only
 *
 * Source: rdb.h and rdb.c of Redis and Valkey; opcodes by dialect in format.ts.
 */
import { type RdbCursor, shortage } from "./cursor.ts";
import type { Bytes, RdbEvent } from "./events.ts";
import {
  ambiguousOpcodes,
  clusterSlots,
  moduleOpcode,
  opcode,
  type RdbDialect,
  type TypeRow,
  typeRows,
  unwalkableTypes,
} from "./format.ts";
import type { KeyRecord } from "./key-record.ts";
import { readModuleId, skipModuleValue } from "./module-opcodes.ts";
import type { StringReader } from "./strings.ts";
import { readNameList, type Templates } from "./templates.ts";

export interface RecordContext {
  readonly cursor: RdbCursor;
  readonly strings: StringReader;
  /** Known once the header was read. */
  dialect: RdbDialect;
  version: number;
  readonly templates: Templates;
  /** Most bytes that one string of a record may have. */
  readonly limitBytes: number;
}

/** The end opcode, as far as records.ts knows it: the checksum behind it is the decoder's. */
export interface EndRecord {
  readonly kind: "end-opcode";
}

const jobNameBytes = 40;
const metaClassesMax = 7;
const metaSpecBytes = 4;
const unknownKeyBytesMax = 1024;

/**
 * Reads one record: attributes up to the type byte of a key, which is returned and whose name comes
 * next; or a whole record of another kind, returned as its event.
 */
export function readRecord(
  context: RecordContext,
  head: KeyRecord,
  types: readonly (TypeRow | undefined)[],
): number | RdbEvent | EndRecord {
  const { cursor } = context;
  for (;;) {
    const code = cursor.byte();
    if (types[code] !== undefined) return code;
    if (!readAttribute(context, head, code)) return readOther(context, head, code);
  }
}

function isKnownHere(context: RecordContext, code: number): boolean {
  const since = ambiguousOpcodes.get(code)?.[context.dialect];
  return since !== undefined && context.version >= since;
}

/** Reads what belongs to the next key; false when the byte is no attribute. */
function readAttribute(context: RecordContext, head: KeyRecord, code: number): boolean {
  const { cursor } = context;
  switch (code) {
    case opcode.expireTimeMs:
      head.expireAtMs = cursor.int64();
      return true;
    case opcode.expireTime:
      head.expireAtMs = cursor.int32() * 1000;
      return true;
    case opcode.idle:
      head.idleSec = cursor.length();
      return true;
    case opcode.freq:
      head.frequency = cursor.byte();
      return true;
    case opcode.keyMeta:
      if (context.dialect !== "redis" || !isKnownHere(context, code)) return false;
      head.meta = readKeyMeta(context);
      return true;
    case opcode.enterpriseRamLru:
      cursor.length64();
      return true;
    default:
      return false;
  }
}

/** Key metadata of Redis 8.6, kept as stored. It must stand directly before the type byte. */
function readKeyMeta(context: RecordContext): Bytes {
  const { cursor } = context;
  const start = cursor.window.position;
  const classes = cursor.length();
  if (classes < 1 || classes > metaClassesMax) {
    cursor.fail(
      "RDB_BAD_META",
      `${classes} classes of key metadata, 1 to ${metaClassesMax} are possible`,
      start,
    );
  }
  for (let index = 0; index < classes; index += 1) {
    cursor.skip(metaSpecBytes);
    skipModuleValue(cursor, context.strings, context.limitBytes, "RDB_BAD_META");
  }
  const next = cursor.peek();
  if (next >= opcode.enterpriseSlot)
    cursor.fail("RDB_BAD_META", "key metadata must stand directly before the type of the key");
  return cursor.window.buffer.subarray(start, cursor.window.position);
}

function readOther(context: RecordContext, head: KeyRecord, code: number): RdbEvent | EndRecord {
  const { cursor } = context;
  switch (code) {
    case opcode.end:
      return { kind: "end-opcode" };
    case opcode.selectDb:
      return { kind: "select-db", db: cursor.length() };
    case opcode.resizeDb:
      return { kind: "resize-db", keyCount: cursor.length(), expiryCount: cursor.length() };
    case opcode.aux:
      return { kind: "aux", name: readText(context), value: readText(context) };
    case opcode.function:
      return { kind: "function", code: readText(context) };
    case opcode.functionPreGa:
      return readPreGaFunction(context);
    case opcode.moduleAux:
      return readModuleAux(context);
    case opcode.slotInfo:
      return readSlotInfo(context);
    case opcode.slotImport:
      if (isKnownHere(context, code)) return readSlotImport(context);
      return unknownType(context, head, code);
    case opcode.enterpriseSlot:
      return { kind: "slot-info", slot: readSlot(context), keyCount: 0, expiryCount: 0 };
    case opcode.hashTemplate:
      if (isKnownHere(context, code)) return readHashTemplate(context);
      return unknownType(context, head, code);
    default:
      return unknownType(context, head, code);
  }
}

function readText(context: RecordContext): Bytes {
  context.strings.read(context.limitBytes);
  return context.strings.view();
}

function readPreGaFunction(context: RecordContext): RdbEvent {
  const name = readText(context);
  const engine = readText(context);
  const description = context.cursor.length() === 0 ? undefined : readText(context);
  return { kind: "function", code: readText(context), preGa: { name, engine, description } };
}

function readModuleAux(context: RecordContext): RdbEvent {
  const { cursor, strings } = context;
  const moduleId = readModuleId(cursor);
  const start = cursor.window.position;
  const when = readAuxTime(cursor);
  skipModuleValue(cursor, strings, context.limitBytes);
  const payload = cursor.window.buffer.subarray(start, cursor.window.position);
  return { kind: "module-aux", moduleId, when, payload };
}

/** Module aux begins with the integer 1 (before the keys) or 2 (after them). */
function readAuxTime(cursor: RdbCursor): number {
  const at = cursor.window.position;
  if (cursor.length() !== moduleOpcode.unsigned) {
    cursor.fail("RDB_BAD_MODULE", "module aux does not begin with when it was written", at);
  }
  const timeAt = cursor.window.position;
  const when = cursor.length();
  if (when !== 1 && when !== 2)
    cursor.fail("RDB_BAD_MODULE", `module aux of time ${when}, only 1 and 2 exist`, timeAt);
  return when;
}

function readSlotInfo(context: RecordContext): RdbEvent {
  const slot = readSlot(context);
  return { kind: "slot-info", slot, keyCount: context.cursor.length(), expiryCount: context.cursor.length() };
}

function readSlot(context: RecordContext): number {
  const { cursor } = context;
  const at = cursor.window.position;
  const slot = cursor.length();
  if (slot >= clusterSlots)
    cursor.fail("RDB_BAD_SLOT", `slot ${slot} does not exist, a cluster has ${clusterSlots}`, at);
  return slot;
}

function readSlotImport(context: RecordContext): RdbEvent {
  const { cursor, strings } = context;
  const job = readText(context);
  if (job.length !== jobNameBytes) {
    cursor.fail(
      "RDB_BAD_SLOT",
      `the name of a slot import has ${job.length} bytes, not ${jobNameBytes}`,
      strings.at,
    );
  }
  const countAt = cursor.window.position;
  const count = cursor.length();
  if (count > clusterSlots)
    cursor.fail("RDB_BAD_SLOT", `${count} slot ranges, a cluster has ${clusterSlots} slots`, countAt);
  const ranges: { start: number; end: number }[] = [];
  for (let index = 0; index < count; index += 1) {
    const start = readSlot(context);
    const at = cursor.window.position;
    const end = readSlot(context);
    if (end < start) cursor.fail("RDB_BAD_SLOT", `slot range ${start} to ${end}`, at);
    ranges.push({ start, end });
  }
  return { kind: "slot-import", job, ranges };
}

function readHashTemplate(context: RecordContext): RdbEvent {
  const { cursor, strings, templates } = context;
  const at = cursor.window.position;
  const id = cursor.length();
  const fields = readNameList(cursor, strings, context.limitBytes);
  if (templates.has(id)) cursor.fail("RDB_BAD_TEMPLATE", `template ${id} stands twice`, at);
  templates.set(id, fields);
  return { kind: "hash-template", id, fields };
}

/** A byte that is neither a type nor an opcode here: says what it would be elsewhere. */
function unknownType(context: RecordContext, head: KeyRecord, code: number): never {
  const { cursor, dialect } = context;
  const at = cursor.window.position - 1;
  readUnknownKey(context, head);
  const reason = unwalkableTypes.get(code);
  if (reason !== undefined) return cursor.fail("RDB_UNSUPPORTED_TYPE", `type ${code}: ${reason}`, at);
  if (ambiguousOpcodes.has(code)) {
    const detail = `opcode ${code} belongs to other versions, not to RDB ${context.version} of ${dialect}`;
    return cursor.fail("RDB_UNSUPPORTED_TYPE", detail, at);
  }
  const elsewhere = typeRows.find((row) => row.number === code);
  if (elsewhere !== undefined) {
    const home = elsewhere.dialect === "both" ? "" : `${elsewhere.dialect} `;
    const detail = `type ${code} is ${elsewhere.name} of ${home}RDB ${elsewhere.since}, not of this ${dialect} file`;
    return cursor.fail("RDB_UNSUPPORTED_TYPE", detail, at);
  }
  return cursor.fail(
    "RDB_UNKNOWN_TYPE",
    `byte ${code} (0x${code.toString(16)}) is neither a value type nor an opcode`,
    at,
  );
}

/** If the byte is a new value type, the name of its key stands behind it, as for every type: for the error. */
function readUnknownKey(context: RecordContext, head: KeyRecord): void {
  const { cursor, strings } = context;
  try {
    strings.read(unknownKeyBytesMax);
    head.setName(strings);
  } catch (thrown) {
    if (thrown === shortage && !cursor.isInputOver) throw thrown;
  }
}

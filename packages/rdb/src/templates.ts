/**
 * Hash templates of Redis 8.10: field names stored once, for many hashes with the same fields.
 *
 *   opcode 242   id, count, count × name          stands before the keys that refer to it
 *   type 29, 31  0, listpack of names  |  1, count, count × name      the names travel with the value
 *
 * Names are sorted by length, then by bytes, and unique.
 *
 * Source: redis/librdb issue 107 and the pull request it names; no 8.10 server was at hand.
 */
import type { RdbCursor } from "./cursor.ts";
import { textsOfOneItemMax } from "./format.ts";
import { PackedReader, validatePacked } from "./packed/packed-reader.ts";
import type { StringReader } from "./strings.ts";

/** Field names by template id; owned. */
export type Templates = Map<number, readonly Uint8Array[]>;

const packedNames = 0;
const listedNames = 1;

/** Reads the names of a template that travels with its value. Owned copies. */
export function readTemplateNames(
  cursor: RdbCursor,
  strings: StringReader,
  limitBytes: number,
): readonly Uint8Array[] {
  const at = cursor.window.position;
  const form = cursor.length();
  if (form === listedNames) return readNameList(cursor, strings, limitBytes);
  if (form !== packedNames)
    cursor.fail("RDB_BAD_TEMPLATE", `field names in form ${form}, only 0 and 1 exist`, at);
  strings.read(limitBytes);
  const count = validatePacked("listpack", strings.buffer, strings.start, strings.end, strings.at);
  checkCount(cursor, count, strings.at);
  const reader = new PackedReader();
  reader.open("listpack", strings.buffer, strings.start, count);
  const names: Uint8Array[] = [];
  while (reader.left > 0) {
    reader.next();
    names.push(reader.text().slice());
  }
  return names;
}

/** Reads a count and so many names, strictly sorted. Owned copies. */
export function readNameList(
  cursor: RdbCursor,
  strings: StringReader,
  limitBytes: number,
): readonly Uint8Array[] {
  const at = cursor.window.position;
  const count = cursor.length();
  if (count === 0) cursor.fail("RDB_BAD_TEMPLATE", "template without fields", at);
  checkCount(cursor, count, at);
  const names: Uint8Array[] = [];
  for (let index = 0; index < count; index += 1) {
    strings.read(limitBytes);
    const name = strings.view();
    if (index > 0 && compareNames(names[index - 1], name) >= 0) {
      cursor.fail("RDB_BAD_TEMPLATE", "field names of a template are not in order", strings.at);
    }
    names.push(name.slice());
    if (cursor.window.position - at > limitBytes)
      cursor.fail("RDB_LIMIT", `names of a template are above the limit of ${limitBytes} bytes`, at);
  }
  return names;
}

function checkCount(cursor: RdbCursor, count: number, at: number): void {
  if (count > textsOfOneItemMax)
    cursor.fail("RDB_LIMIT", `template of ${count} fields, above the limit of ${textsOfOneItemMax}`, at);
}

function compareNames(first: Uint8Array, second: Uint8Array): number {
  return first.length - second.length || Buffer.compare(first, second);
}

/** Reads a template id and returns how many fields it has. */
export function templateFieldCount(cursor: RdbCursor, templates: Templates): number {
  return readTemplateReference(cursor, templates).length;
}

/** Reads a template id and returns its field names. */
export function readTemplateReference(cursor: RdbCursor, templates: Templates): readonly Uint8Array[] {
  const at = cursor.window.position;
  return templateOf(cursor, cursor.length(), templates, at);
}

export function templateOf(
  cursor: RdbCursor,
  id: number,
  templates: Templates,
  at: number,
): readonly Uint8Array[] {
  return (
    templates.get(id) ??
    cursor.fail("RDB_BAD_TEMPLATE", `hash refers to template ${id}, which was not defined`, at)
  );
}

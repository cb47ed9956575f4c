/**
 * A page of stream entries: their ids, and their fields and values in one piece of memory.
 *
 *   entry   pairs × 2 + s       s = 1: the names are the page's        (all numbers 7 bits a byte, the low ones first)
 *           [name size, name]   only with s = 0
 *           value size, value
 *
 * Most streams give every entry the same names, so that a page has them once. Memory of removed entries is won back when
 * half of the page's is dead.
 */
import { ByteSlice } from "@holdfast/rdb";
import type { EntryId } from "./entry-id.ts";
import { IdColumn } from "./id-column.ts";
import type { IdPage } from "./id-pages.ts";

/** A page takes no further entry when it has this much. */
const pageBytes = 16384;
const pageRows = 512;
const firstRows = 4;

export class EntryPage implements IdPage<EntryPage> {
  readonly ids: IdColumn;
  /** Names of the first entry. */
  readonly #names: readonly Uint8Array[];
  /** Where each row's entry begins in the body. */
  #starts: Uint32Array;
  #body: Uint8Array;
  #bodySize = 0;
  #deadBytes = 0;

  /** A page for entries of these names, or like `source` but for its entries. */
  constructor(names: readonly Uint8Array[], capacity = firstRows) {
    this.#names = names;
    this.ids = new IdColumn(capacity);
    this.#starts = new Uint32Array(capacity);
    this.#body = new Uint8Array(64);
  }

  /** A page that holds this entry only; `pairs` is field, value, …, and is copied. */
  static of(id: EntryId, pairs: readonly Uint8Array[]): EntryPage {
    // A word of a command is a Buffer, whose slice() would not copy.
    const page = new EntryPage(
      pairs.filter((_, index) => index % 2 === 0).map((name) => new Uint8Array(name)),
    );
    page.append(id, pairs);
    return page;
  }

  copy(): EntryPage {
    const copy = new EntryPage(this.#names, 0);
    const { ids } = this;
    for (let row = ids.first; row < ids.end; row++) copy.#adopt(this, row);
    return copy;
  }

  get isFull(): boolean {
    return this.#bodySize >= pageBytes || this.ids.end >= pageRows;
  }

  /** Adds an entry behind all others; copies. */
  append(id: EntryId, pairs: readonly Uint8Array[]): void {
    const start = this.#bodySize;
    const same = this.#hasNamesOf(pairs);
    this.#number(pairs.length + (same ? 1 : 0));
    for (let index = same ? 1 : 0; index < pairs.length; index += same ? 2 : 1) this.#text(pairs[index]);
    this.#row(id, start);
  }

  /** Field, value, … of a row, borrowed: the memory is the page's until the page changes. */
  fieldsAt(row: number): ByteSlice[] {
    const body = this.#body;
    const cursor = { at: this.#starts[row] };
    const head = readNumber(body, cursor);
    const fields: ByteSlice[] = [];
    const pairs = head >>> 1;
    for (let pair = 0; pair < pairs; pair++) {
      fields.push((head & 1) === 1 ? ByteSlice.of(this.#names[pair]) : readText(body, cursor));
      fields.push(readText(body, cursor));
    }
    return fields;
  }

  /** Takes a row away. */
  remove(row: number): void {
    this.#deadBytes += this.#sizeAt(row);
    if (this.ids.remove(row)) this.#starts.copyWithin(row, row + 1, this.ids.end + 1);
    if (this.#deadBytes > pageBytes && this.#deadBytes * 2 > this.#bodySize) this.#compact();
  }

  #compact(): void {
    const fresh = this.copy();
    this.#body = fresh.#body;
    this.#bodySize = fresh.#bodySize;
    const { ids } = this;
    for (let row = ids.first; row < ids.end; row++) this.#starts[row] = fresh.#starts[row - ids.first];
    this.#deadBytes = 0;
  }

  /** Takes over a row of a page with the same names. */
  #adopt(source: EntryPage, row: number): void {
    const start = source.#starts[row];
    const size = source.#sizeAt(row);
    const at = this.#bodySize;
    this.#reserve(size);
    this.#body.set(source.#body.subarray(start, start + size), at);
    this.#bodySize += size;
    this.#row(source.ids.at(row), at);
  }

  #row(id: EntryId, start: number): void {
    const row = this.ids.end;
    this.ids.insert(row, id);
    if (row >= this.#starts.length) {
      const larger = new Uint32Array(this.ids.capacity);
      larger.set(this.#starts);
      this.#starts = larger;
    }
    this.#starts[row] = start;
  }

  #sizeAt(row: number): number {
    const start = this.#starts[row];
    const cursor = { at: start };
    const head = readNumber(this.#body, cursor);
    const texts = (head & 1) === 1 ? head >>> 1 : head & ~1;
    for (let left = texts; left > 0; left--) {
      const size = readNumber(this.#body, cursor);
      cursor.at += size;
    }
    return cursor.at - start;
  }

  #hasNamesOf(pairs: readonly Uint8Array[]): boolean {
    const names = this.#names;
    if (pairs.length !== names.length * 2) return false;
    for (let index = 0; index < names.length; index++)
      if (!isSame(names[index], pairs[index * 2])) return false;
    return true;
  }

  #text(bytes: Uint8Array): void {
    this.#number(bytes.length);
    this.#reserve(bytes.length);
    this.#body.set(bytes, this.#bodySize);
    this.#bodySize += bytes.length;
  }

  #number(value: number): void {
    this.#reserve(8);
    let rest = value;
    for (; rest > 127; rest = Math.floor(rest / 128)) this.#body[this.#bodySize++] = (rest & 127) | 128;
    this.#body[this.#bodySize++] = rest;
  }

  #reserve(size: number): void {
    const wanted = this.#bodySize + size;
    if (wanted <= this.#body.length) return;
    // A text larger than the page gets the room it needs and no more.
    const larger = new Uint8Array(size > pageBytes ? wanted : Math.max(wanted, 2 * this.#body.length));
    larger.set(this.#body.subarray(0, this.#bodySize));
    this.#body = larger;
  }
}

function readNumber(body: Uint8Array, cursor: { at: number }): number {
  let value = 0;
  let scale = 1;
  for (;;) {
    const byte = body[cursor.at++];
    value += (byte & 127) * scale;
    if (byte < 128) return value;
    scale *= 128;
  }
}

function readText(body: Uint8Array, cursor: { at: number }): ByteSlice {
  const size = readNumber(body, cursor);
  const start = cursor.at;
  cursor.at += size;
  return new ByteSlice(body, start, cursor.at);
}

function isSame(first: Uint8Array, second: Uint8Array): boolean {
  if (first.length !== second.length) return false;
  for (let at = 0; at < first.length; at++) if (first[at] !== second[at]) return false;
  return true;
}

/**
 * Records found by key: a hash table with open addressing in typed arrays.
 *
 *   index     [ hash, entry + 1 ]…              a power of two of them, at most two thirds in use; 0 is free
 *   entries   [ record, nothing, expiry ]…      16 bytes each, in the order in which keys came; a record of 0 is one that went
 *
 * A removed entry stays until its table is full: it is its own tombstone. Then the entries move together, or the table doubles. An expiry is a
 * double beside the record, because whoever changes the one asks for the other; NaN is none.
 *
 * Hot: find(), for every key that a log names.
 */
import type { ByteSlice } from "@holdfast/rdb";
import type { Records } from "./records.ts";

/** What an RDB says of a key beside value and expiry. Carried along, and saved again. */
export interface KeyAttributes {
  readonly idleSec: number | undefined;
  readonly frequency: number | undefined;
  /** Key metadata of Redis 8.6 as stored; owned. */
  readonly meta: Uint8Array | undefined;
}

const firstEntries = 10;
/** So many keys may be warmed at a time. */
export const warmMax = 64;
const wordsPerEntry = 4;

export class KeyTable {
  readonly #records: Records;
  /** Hash and entry + 1 in turns. */
  #index = new Int32Array(2 * indexSizeFor(firstEntries));
  /** The entries, as words and as doubles over the same memory. */
  #words = new Uint32Array(wordsPerEntry * firstEntries);
  #doubles = new Float64Array(this.#words.buffer);
  /** By entry; of tables in which a key has some. */
  #attributes: (KeyAttributes | undefined)[] | undefined;
  /** What warm() has found so far. */
  readonly #warming = new Uint32Array(warmMax);
  #room = firstEntries;
  /** Entries in use, those that went included. */
  #filled = 0;
  #count = 0;

  constructor(records: Records) {
    this.#records = records;
  }

  /** Entries are numbers from 0 up to, not including, this one; those that went have no record. */
  get entryEnd(): number {
    return this.#filled;
  }

  /** The entry of a key; -1 when there is none. */
  find(hash: number, key: ByteSlice): number {
    const index = this.#index;
    const mask = index.length - 1;
    for (let at = (hash << 1) & mask; ; at = (at + 2) & mask) {
      const entry = index[at + 1] - 1;
      if (entry < 0) return -1;
      if (index[at] !== hash) continue;
      const record = this.#words[wordsPerEntry * entry];
      if (record !== 0 && this.#records.isKey(record, key)) return entry;
    }
  }

  /**
   * Reads what find() will read for these hashes, one kind of thing after the other, so that the processor waits for many of them at the same
   * time.
   */
  warm(hashes: Int32Array, count: number): void {
    const [index, words, records] = [this.#index, this.#words, this.#warming];
    const mask = index.length - 1;
    for (let at = 0; at < count; at++) records[at] = index[((hashes[at] << 1) & mask) + 1];
    // Entry 0 stands in for none.
    for (let at = 0; at < count; at++) records[at] = words[wordsPerEntry * Math.max(records[at] - 1, 0)];
    this.#records.warm(records, count);
  }

  /** Adds a key that is not there, without expiry. Entries that were known are others from now on. */
  add(hash: number, record: number): number {
    if (this.#filled === this.#room) this.#rebuild();
    const entry = this.#filled++;
    this.#count += 1;
    this.#words[wordsPerEntry * entry] = record;
    this.#doubles[2 * entry + 1] = Number.NaN;
    place(this.#index, hash, entry);
    return entry;
  }

  /** 0 when the entry went. */
  recordAt(entry: number): number {
    return this.#words[wordsPerEntry * entry];
  }

  setRecord(entry: number, record: number): void {
    this.#words[wordsPerEntry * entry] = record;
  }

  /** The record is the caller's. */
  remove(entry: number): void {
    this.#words[wordsPerEntry * entry] = 0;
    this.setAttributes(entry, undefined);
    this.#count -= 1;
  }

  /** Unix ms; undefined when the key does not expire. */
  expireAtMs(entry: number): number | undefined {
    const expireAtMs = this.#doubles[2 * entry + 1];
    return Number.isNaN(expireAtMs) ? undefined : expireAtMs;
  }

  setExpiry(entry: number, expireAtMs: number | undefined): void {
    this.#doubles[2 * entry + 1] = expireAtMs ?? Number.NaN;
  }

  attributes(entry: number): KeyAttributes | undefined {
    return this.#attributes?.[entry];
  }

  setAttributes(entry: number, attributes: KeyAttributes | undefined): void {
    if (this.#attributes === undefined) {
      if (attributes === undefined) return;
      this.#attributes = [];
    }
    while (this.#attributes.length < entry) this.#attributes.push(undefined);
    this.#attributes[entry] = attributes;
  }

  /** Frees all records; the table is empty. */
  clear(): void {
    for (let entry = 0; entry < this.#filled; entry++) {
      const record = this.recordAt(entry);
      if (record !== 0) this.#records.free(record);
    }
    this.#filled = this.#count = 0;
    this.#attributes = undefined;
    this.#resize(firstEntries);
    this.#index = new Int32Array(2 * indexSizeFor(firstEntries));
  }

  /** Entries that went go, or, when they are few, there is room for twice as many. */
  #rebuild(): void {
    const room = 4 * this.#count > 3 * this.#room ? 2 * this.#room : this.#room;
    const moved = this.#compact(room);
    const before = this.#index;
    const index = new Int32Array(2 * indexSizeFor(room));
    for (let at = 0; at < before.length; at += 2) {
      const entry = before[at + 1] - 1;
      if (entry >= 0 && moved[entry] >= 0) place(index, before[at], moved[entry]);
    }
    this.#index = index;
  }

  /** Moves entries together into arrays with this room; answers where each of them is now, -1 for those that went. */
  #compact(room: number): Int32Array {
    const [words, doubles, attributes, filled] = [this.#words, this.#doubles, this.#attributes, this.#filled];
    const moved = new Int32Array(filled).fill(-1);
    this.#resize(room);
    this.#attributes = attributes && [];
    let to = 0;
    for (let entry = 0; entry < filled; entry++) {
      const record = words[wordsPerEntry * entry];
      if (record === 0) continue;
      moved[entry] = to;
      this.#words[wordsPerEntry * to] = record;
      this.#doubles[2 * to + 1] = doubles[2 * entry + 1];
      if (attributes?.[entry] !== undefined) this.setAttributes(to, attributes[entry]);
      to += 1;
    }
    this.#filled = to;
    return moved;
  }

  #resize(room: number): void {
    this.#words = new Uint32Array(wordsPerEntry * room);
    this.#doubles = new Float64Array(this.#words.buffer);
    this.#room = room;
  }
}

function place(index: Int32Array, hash: number, entry: number): void {
  const mask = index.length - 1;
  let at = (hash << 1) & mask;
  while (index[at + 1] !== 0) at = (at + 2) & mask;
  index[at] = hash;
  index[at + 1] = entry + 1;
}

/** A power of two, of which so many entries fill at most two thirds. */
function indexSizeFor(entries: number): number {
  return 2 ** Math.ceil(Math.log2(1.5 * entries));
}

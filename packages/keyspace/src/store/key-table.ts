/**
 * Records found by key: a hash table with open addressing, in one typed array.
 *
 *   entries   [ hash, record, expiry ]…      16 bytes each, a power of two of them, at most two thirds in use
 *
 * A record of 0 is a free entry, and 1 one that went: it stays until the table is made anew, so that looks go past it. Hash, record and expiry lie
 * together because whoever finds the one asks for the others, and every look at memory that is not at hand takes as long as all that is done
 * with it. An expiry is a double; NaN is none.
 *
 * Hot: find(), for every key that a log names.
 */
import type { ByteSlice } from "@holdfast/rdb";
import { aheadMax } from "./key-hashes.ts";
import type { Records } from "./records.ts";

/** What an RDB says of a key beside value and expiry. Carried along, and saved again. */
export interface KeyAttributes {
  readonly idleSec: number | undefined;
  readonly frequency: number | undefined;
  /** Key metadata of Redis 8.6 as stored; owned. */
  readonly meta: Uint8Array | undefined;
}

const firstRoom = 16;
const wordsPerEntry = 4;
/** What stands in the place of a record: no record has either number. */
const free = 0;
const gone = 1;

export class KeyTable {
  readonly #records: Records;
  /** The entries, as words and as doubles over the same memory. */
  #words = new Int32Array(wordsPerEntry * firstRoom);
  #doubles = new Float64Array(this.#words.buffer);
  /** By entry; of tables in which a key has some. */
  #attributes: Map<number, KeyAttributes> | undefined;
  /** What warm() has found so far. */
  readonly #warming = new Uint32Array(aheadMax);
  /** Entries that are not free. */
  #filled = 0;
  #count = 0;

  constructor(records: Records) {
    this.#records = records;
  }

  /** Entries are numbers from 0 up to, not including, this one; those in which there is nothing have no record. */
  get entryEnd(): number {
    return this.#words.length / wordsPerEntry;
  }

  /** The entry of a key; -1 when there is none. */
  find(hash: number, key: ByteSlice): number {
    const words = this.#words;
    const mask = words.length - 1;
    for (let at = (hash << 2) & mask; ; at = (at + wordsPerEntry) & mask) {
      const record = words[at + 1] >>> 0;
      if (record === free) return -1;
      if (words[at] === hash && record !== gone && this.#records.isKey(record, key)) return at >>> 2;
    }
  }

  /**
   * Reads what find() will read for these hashes, one kind of thing after the other, so that the processor waits for many of them at the same
   * time.
   */
  warm(hashes: Int32Array, count: number): void {
    const [words, records] = [this.#words, this.#warming];
    const mask = words.length - 1;
    for (let at = 0; at < count; at++) {
      const record = words[((hashes[at] << 2) & mask) + 1];
      records[at] = record === gone ? 0 : record;
    }
    this.#records.warm(records, count);
  }

  /** Adds a key that is not there, without expiry. Entries that were known are others from now on. */
  add(hash: number, record: number): number {
    if (3 * (this.#filled + 1) > 2 * this.entryEnd) this.#rebuild();
    const entry = this.#place(hash, record);
    this.#doubles[2 * entry + 1] = Number.NaN;
    this.#filled += 1;
    this.#count += 1;
    return entry;
  }

  /** 0 when there is nothing. */
  recordAt(entry: number): number {
    const record = this.#words[wordsPerEntry * entry + 1] >>> 0;
    return record === gone ? 0 : record;
  }

  setRecord(entry: number, record: number): void {
    this.#words[wordsPerEntry * entry + 1] = record;
  }

  /** The record is the caller's. */
  remove(entry: number): void {
    this.setRecord(entry, gone);
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
    return this.#attributes?.get(entry);
  }

  setAttributes(entry: number, attributes: KeyAttributes | undefined): void {
    if (attributes === undefined) {
      this.#attributes?.delete(entry);
      return;
    }
    this.#attributes ??= new Map();
    this.#attributes.set(entry, attributes);
  }

  /** Frees all records; the table is empty. */
  clear(): void {
    for (let entry = 0; entry < this.entryEnd; entry++) {
      const record = this.recordAt(entry);
      if (record !== 0) this.#records.free(record);
    }
    this.#filled = this.#count = 0;
    this.#attributes = undefined;
    this.#resize(firstRoom);
  }

  /** Entries that went go, or, when they are few, there is room for twice as many. */
  #rebuild(): void {
    const [words, doubles, attributes, room] = [this.#words, this.#doubles, this.#attributes, this.entryEnd];
    this.#resize(2 * this.#count > room ? 2 * room : room);
    this.#attributes = attributes && new Map();
    for (let entry = 0; entry < room; entry++) {
      const record = words[wordsPerEntry * entry + 1] >>> 0;
      if (record === free || record === gone) continue;
      const to = this.#place(words[wordsPerEntry * entry], record);
      this.#doubles[2 * to + 1] = doubles[2 * entry + 1];
      if (attributes !== undefined) this.setAttributes(to, attributes.get(entry));
    }
    this.#filled = this.#count;
  }

  #place(hash: number, record: number): number {
    const words = this.#words;
    const mask = words.length - 1;
    let at = (hash << 2) & mask;
    while (words[at + 1] !== free) at = (at + wordsPerEntry) & mask;
    words[at] = hash;
    words[at + 1] = record;
    return at >>> 2;
  }

  #resize(room: number): void {
    this.#words = new Int32Array(wordsPerEntry * room);
    this.#doubles = new Float64Array(this.#words.buffer);
  }
}

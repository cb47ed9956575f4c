/**
 * One database: values by key, and when keys expire.
 *
 *   find…   to look at: what comes back may be part of a snapshot and must not be changed
 *   edit…   to change in place: a value that a snapshot shares is copied first, once for each snapshot
 *
 * A key is bytes where they lie or the same as text. Nothing expires by itself. A log says when a key went; until then it is there, as it is on a
 * server that loads the log.
 */
import { ByteSlice } from "@holdfast/rdb";
import type { CommandRows } from "./arguments.ts";
import { textOfSlice } from "./latin1.ts";
import { readShortInteger, writeIntegerBefore } from "./numbers/short-integers.ts";
import { refusal } from "./outcome.ts";
import type { HashSeed } from "./store/key-hash.ts";
import { type FrozenKeys, type Key, KeyLayers } from "./store/key-layers.ts";
import type { KeyAttributes } from "./store/key-table.ts";
import type { Records } from "./store/records.ts";
import type { Slabs } from "./store/slabs.ts";
import { BytesValue, bytesOfString } from "./values/bytes-value.ts";
import type { MutableValue, Value } from "./values/value.ts";

/** A number on its way in; of no state between two calls. */
const decimals = new Uint8Array(24);

/** A class of values that can start empty. */
export interface ValueClass<T extends MutableValue> {
  new (slabs: Slabs): T;
}

export class Database {
  readonly #records: Records;
  readonly #seed: HashSeed;
  #keys: KeyLayers;

  /** `records` hold the keys of all databases between which values move. */
  constructor(records: Records, seed: HashSeed) {
    this.#records = records;
    this.#seed = seed;
    this.#keys = new KeyLayers(records, seed);
  }

  /** Where values keep what is small. */
  get slabs(): Slabs {
    return this.#records.slabs;
  }

  get keyCount(): number {
    return this.#keys.size;
  }

  /** Keys with an expiry. */
  get expiryCount(): number {
    return this.#keys.expiryCount;
  }

  /** Has the keys that are the first words of these commands, at most `aheadMax`, at hand for what comes next. */
  warm(rows: CommandRows, from: number, to: number): void {
    this.#keys.warm(rows, from, to);
  }

  /** The bytes of the keys that were warmed may be others from now on. */
  cool(): void {
    this.#keys.cool();
  }

  has(key: Key): boolean {
    return this.#keys.find(key) !== 0;
  }

  /** To look at. */
  get(key: Key): Value | undefined {
    const record = this.#keys.find(key);
    return record === 0 ? undefined : this.#records.valueOf(record);
  }

  /** A value of this class to look at; undefined when there is no key. Throws WRONGTYPE for a key of another type. */
  find<T extends MutableValue>(key: Key, wanted: ValueClass<T>): T | undefined {
    const record = this.#keys.find(key);
    if (record === 0) return undefined;
    const found = this.#records.objectOf(record);
    // No class has another below it. That is asked millions of times, and instanceof of any class takes several times as long.
    if (found?.constructor === wanted) return found as T;
    throw refusal.wrongType;
  }

  /** The same, to be changed in place. */
  edit<T extends MutableValue>(key: Key, wanted: ValueClass<T>): T | undefined {
    const found = this.find(key, wanted);
    if (found === undefined || this.#keys.isOwned) return found;
    const copy = found.clone() as T;
    this.#keys.putObject(copy);
    return copy;
  }

  /** The same, and an empty one under the key when there is none. */
  editOrCreate<T extends MutableValue>(key: Key, wanted: ValueClass<T>): T {
    const found = this.edit(key, wanted);
    if (found !== undefined) return found;
    const created = new wanted(this.slabs);
    this.#keys.putObject(created);
    return created;
  }

  /** A string to look at: a text, which is a copy, or bytes. Throws WRONGTYPE. */
  findString(key: Key): string | BytesValue | undefined {
    const found = this.get(key);
    if (found === undefined || typeof found === "string" || found instanceof BytesValue) return found;
    throw refusal.wrongType;
  }

  /**
   * Adds to the counter under the key, which begins at 0; its expiry stays. Both have at most fifteen digits. False when there is anything but
   * such a counter: nothing has happened then.
   */
  addToCounter(key: Key, by: number): boolean {
    const record = this.#keys.find(key);
    let value: number | undefined = 0;
    if (record !== 0) {
      const found = this.#records.stringOf(record);
      if (found === undefined) return false;
      value = readShortInteger(found.buffer, found.start, found.end);
      if (value === undefined) return false;
    }
    const start = writeIntegerBefore(decimals, decimals.length, value + by);
    this.#keys.putBytes(new ByteSlice(decimals, start, decimals.length));
    return true;
  }

  /** A string as bytes that may be changed and grown; empty when there was no key. Throws WRONGTYPE. */
  editBytes(key: Key): BytesValue {
    const found = this.findString(key);
    if (found instanceof BytesValue && this.#keys.isOwned) return found;
    const made = found instanceof BytesValue ? found.clone() : new BytesValue(bytesOfString(found ?? ""));
    this.#keys.putObject(made);
    return made;
  }

  /** Puts a value under the key; its expiry stays. The value must not be anywhere else. */
  put(key: Key, value: Value): void {
    this.#keys.find(key);
    if (typeof value === "string") this.#keys.putText(value);
    else this.#keys.putObject(value);
  }

  /** Puts a value under the key, which is new from now on: no expiry. */
  replace(key: Key, value: Value): void {
    this.put(key, value);
    this.#forget();
  }

  /** Puts a string under the key, which is copied; its expiry stays. */
  putString(key: Key, bytes: ByteSlice): void {
    this.#keys.find(key);
    this.#keys.putBytes(bytes);
  }

  /** The same; the key is new from now on: no expiry. */
  replaceString(key: Key, bytes: ByteSlice): void {
    this.putString(key, bytes);
    this.#forget();
  }

  /** What commands that store a result do: the value under the key, or no key when nothing is in it. False when nothing changed. */
  store(key: Key, value: MutableValue): boolean {
    if (value.itemCount === 0) return this.delete(key);
    this.replace(key, value);
    return true;
  }

  /** Removes a key and answers its value, to be put under another key: nothing else shares it. */
  take(key: Key): Value | undefined {
    return this.#keys.find(key) === 0 ? undefined : this.#keys.take();
  }

  /** Removes a key; false when there was none. */
  delete(key: Key): boolean {
    if (this.#keys.find(key) === 0) return false;
    this.#keys.remove();
    return true;
  }

  /** Removes the key of a value in which nothing is left. */
  dropIfEmpty(key: Key, value: MutableValue): void {
    if (value.itemCount === 0) this.delete(key);
  }

  /** Unix ms; undefined when the key does not expire. */
  expireAtMs(key: Key): number | undefined {
    return this.#keys.find(key) === 0 ? undefined : this.#keys.expireAtMs();
  }

  /** The key must be there. */
  expireAt(key: Key, expireAtMs: number): void {
    this.#keys.find(key);
    this.#keys.setExpiry(expireAtMs);
  }

  /** Takes the expiry away; false when there was none. */
  persist(key: Key): boolean {
    if (this.expireAtMs(key) === undefined) return false;
    this.#keys.setExpiry(undefined);
    return true;
  }

  attributes(key: Key): KeyAttributes | undefined {
    return this.#keys.find(key) === 0 ? undefined : this.#keys.attributes();
  }

  /** The key must be there. */
  setAttributes(key: Key, attributes: KeyAttributes): void {
    this.#keys.find(key);
    this.#keys.setAttributes(attributes);
  }

  /** All keys, in no order; none may be added or removed before the iterator has ended. */
  *keys(): IterableIterator<string> {
    for (const { key } of this.#keys.entries()) yield textOfSlice(key);
  }

  /** Removes everything. Snapshots keep what they have. */
  flush(): void {
    this.#keys.abandon();
    this.#keys = new KeyLayers(this.#records, this.#seed);
  }

  /** The keys as they are now, whatever is written later. */
  freeze(): FrozenKeys {
    return this.#keys.freeze();
  }

  /** The key at which the cursor stands is new. */
  #forget(): void {
    this.#keys.setExpiry(undefined);
    this.#keys.setAttributes(undefined);
  }
}

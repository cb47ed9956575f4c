/**
 * Keys that can be frozen in an instant: a frozen layer stays as it is, and what is written from then on goes into a layer above.
 *
 *   live     →  [ layer 2 ]     a look goes from top to bottom; a record that says "gone" hides what lies below
 *   frozen A →  [ layer 1 ]     A sees layers 1 and 0
 *   frozen B →  [ layer 0 ]     B sees layer 0
 *
 * A layer that nobody has frozen any more is merged with the one above, which takes time in proportion to what was written since. Without
 * frozen layers this is one table.
 *
 * It is a cursor: find() goes to a key, and everything else is about the key at which it stands.
 *
 * Hot: find() and putBytes().
 */
import { ByteSlice } from "@holdfast/rdb";
import type { CommandRows } from "../arguments.ts";
import type { MutableValue, Value } from "../values/value.ts";
import type { HashSeed } from "./key-hash.ts";
import { KeyHashes } from "./key-hashes.ts";
import { type KeyAttributes, KeyTable } from "./key-table.ts";
import type { Records } from "./records.ts";

/** Bytes that are only looked at, or the same as latin-1 text. */
export type Key = string | ByteSlice;

interface Layer {
  table: KeyTable;
  below: Layer | undefined;
  /** How many frozen views end with this layer. */
  pins: number;
}

/** What stands under a key in a frozen view; `key` is borrowed until the view is released. */
export interface FrozenKey {
  readonly key: ByteSlice;
  readonly record: number;
  readonly expireAtMs: number | undefined;
  readonly attributes: KeyAttributes | undefined;
}

/** What the keys were when freeze() was called. To be released once. */
export interface FrozenKeys {
  readonly size: number;
  /** Keys that expire. */
  readonly expiryCount: number;
  readonly records: Records;
  entries(): IterableIterator<FrozenKey>;
  release(): void;
}

export class KeyLayers {
  readonly records: Records;
  readonly #hashes: KeyHashes;
  readonly #top: Layer;
  #size = 0;
  #expiryCount = 0;
  #isAbandoned = false;
  /** Iterators under way: as long as there are some, tables and records stay where they are. */
  #readers = 0;

  // The cursor.
  #key = new ByteSlice(Buffer.alloc(0), 0, 0);
  #hash = 0;
  /** In the top layer, gone or not; -1 when there is none. */
  #topEntry = -1;
  /** Where the key is; undefined when it is not there. */
  #table: KeyTable | undefined;
  #entry = -1;
  /** Bytes of keys that come as text. */
  #scratch = Buffer.alloc(256);

  constructor(records: Records, seed: HashSeed) {
    this.records = records;
    this.#hashes = new KeyHashes(seed);
    this.#top = { table: new KeyTable(records), below: undefined, pins: 0 };
  }

  get size(): number {
    return this.#size;
  }

  /** Keys that expire. */
  get expiryCount(): number {
    return this.#expiryCount;
  }

  /** Goes to a key; its record, 0 when it is not there. The key's bytes must stay as long as the cursor does. */
  find(key: Key): number {
    const bytes = typeof key === "string" ? this.#bytesOf(key) : key;
    const hash = this.#hashes.of(bytes);
    const { table, below } = this.#top;
    const entry = table.find(hash, bytes);
    this.#key = bytes;
    this.#hash = hash;
    this.#topEntry = entry;
    this.#table = undefined;
    if (entry < 0) return below === undefined ? 0 : this.#findFrom(below);
    const record = table.recordAt(entry);
    if (below !== undefined && this.records.isGone(record)) return 0;
    this.#table = table;
    this.#entry = entry;
    return record;
  }

  /**
   * Has the keys that are the first words of these commands, at most `aheadMax`, at hand when find() comes to them. Their bytes must stay until
   * cool().
   */
  warm(rows: CommandRows, from: number, to: number): void {
    const hashes = this.#hashes;
    hashes.ahead(rows, from, to);
    this.#top.table.warm(hashes.made, hashes.count);
  }

  /** The bytes of the keys that were warmed may be others from now on. */
  cool(): void {
    this.#hashes.forget();
  }

  /** Whether what stands there is in no frozen view, so that it may be changed in place. */
  get isOwned(): boolean {
    if (this.#table !== this.#top.table) return false;
    return this.#top.below === undefined || !this.records.isShared(this.#table.recordAt(this.#entry));
  }

  /** Copies bytes under the key; its expiry and attributes stay. */
  putBytes(bytes: ByteSlice): void {
    this.#put(this.records.withBytes(this.#topRecord(), this.#key, bytes));
  }

  putText(text: string): void {
    this.#put(this.records.withText(this.#topRecord(), this.#key, text));
  }

  /** The object must not stand anywhere else. */
  putObject(object: MutableValue): void {
    this.#put(this.records.withObject(this.#topRecord(), this.#key, object));
  }

  /** Unix ms; undefined when the key does not expire. */
  expireAtMs(): number | undefined {
    return this.#table?.expireAtMs(this.#entry);
  }

  /** The key must be there. */
  setExpiry(expireAtMs: number | undefined): void {
    const before = this.expireAtMs();
    if (before === undefined && expireAtMs === undefined) return;
    this.#bringUp();
    this.#top.table.setExpiry(this.#topEntry, expireAtMs);
    this.#expiryCount += (expireAtMs === undefined ? 0 : 1) - (before === undefined ? 0 : 1);
  }

  attributes(): KeyAttributes | undefined {
    return this.#table?.attributes(this.#entry);
  }

  /** The key must be there. */
  setAttributes(attributes: KeyAttributes | undefined): void {
    if (attributes === undefined && this.attributes() === undefined) return;
    this.#bringUp();
    this.#top.table.setAttributes(this.#topEntry, attributes);
  }

  /** Removes the key, which must be there, with all that it has. */
  remove(): void {
    this.#leave((record) => this.records.free(record));
  }

  /** Removes the key, which must be there, and answers its value: nothing else has it. */
  take(): Value {
    let value: Value | undefined;
    if (this.#table !== this.#top.table) {
      const found = this.records.valueOf(this.#table!.recordAt(this.#entry));
      value = typeof found === "string" ? found : (found.clone() as MutableValue);
    }
    this.#leave((record) => {
      if (value === undefined) value = this.records.take(record);
      else this.records.free(record);
    });
    return value!;
  }

  /** What is there now; nothing may be added or removed before the iterator has ended. */
  entries(): IterableIterator<FrozenKey> {
    return this.#entriesOf(this.#top);
  }

  freeze(): FrozenKeys {
    const top = this.#top;
    const layer: Layer = { table: top.table, below: top.below, pins: 1 };
    top.table = new KeyTable(this.records);
    top.below = layer;
    this.#table = undefined;
    return {
      size: this.#size,
      expiryCount: this.#expiryCount,
      records: this.records,
      entries: () => this.#entriesOf(layer),
      release: () => {
        layer.pins -= 1;
        this.#merge();
      },
    };
  }

  /** Frees everything that no frozen view has, now, and the rest with the last of them. Nothing is put here any more. */
  abandon(): void {
    this.#isAbandoned = true;
    this.#top.table.clear();
    this.#merge();
  }

  #bytesOf(text: string): ByteSlice {
    if (text.length > this.#scratch.length) this.#scratch = Buffer.alloc(2 * text.length);
    return new ByteSlice(this.#scratch, 0, this.#scratch.write(text, 0, "latin1"));
  }

  #findFrom(layer: Layer): number {
    const found = this.#lookUp(layer, this.#hash, this.#key);
    if (found === undefined) return 0;
    this.#table = found.table;
    this.#entry = found.entry;
    return found.table.recordAt(found.entry);
  }

  #lookUp(from: Layer, hash: number, key: ByteSlice): { table: KeyTable; entry: number } | undefined {
    for (let layer: Layer | undefined = from; layer !== undefined; layer = layer.below) {
      const { table } = layer;
      const entry = table.find(hash, key);
      if (entry >= 0) return this.records.isGone(table.recordAt(entry)) ? undefined : { table, entry };
    }
    return undefined;
  }

  #topRecord(): number {
    return this.#topEntry < 0 ? 0 : this.#top.table.recordAt(this.#topEntry);
  }

  /** Puts a record into the top layer. */
  #put(record: number): void {
    const { table } = this.#top;
    const from = this.#table;
    if (this.#topEntry >= 0) table.setRecord(this.#topEntry, record);
    else this.#topEntry = table.add(this.#hash, record);
    if (from === undefined) this.#size += 1;
    else if (from !== table) {
      table.setExpiry(this.#topEntry, from.expireAtMs(this.#entry));
      table.setAttributes(this.#topEntry, from.attributes(this.#entry));
    }
    this.#table = table;
    this.#entry = this.#topEntry;
  }

  /** Sees to it that the key stands in the top layer. */
  #bringUp(): void {
    if (this.#table === this.#top.table) return;
    this.#put(this.records.above(this.#table!.recordAt(this.#entry)));
  }

  #leave(end: (record: number) => void): void {
    const { table, below } = this.#top;
    this.#size -= 1;
    if (this.expireAtMs() !== undefined) this.#expiryCount -= 1;
    const isBelow = below !== undefined && this.#lookUp(below, this.#hash, this.#key) !== undefined;
    const record = this.#topRecord();
    if (record !== 0) {
      end(record);
      table.remove(this.#topEntry);
      this.#topEntry = -1;
    }
    if (isBelow) this.#topEntry = table.add(this.#hash, this.records.asGone(0, this.#key));
    this.#table = undefined;
  }

  #merge(): void {
    if (this.#readers > 0) return;
    for (let layer = this.#top; layer.below !== undefined; ) {
      if (layer.below.pins > 0) layer = layer.below;
      else if (this.#isAbandoned && layer === this.#top && !hasPins(layer)) this.#freeAll();
      else this.#mergeDown(layer, layer.below);
    }
  }

  #freeAll(): void {
    for (let layer: Layer | undefined = this.#top; layer !== undefined; layer = layer.below)
      layer.table.clear();
    this.#top.below = undefined;
  }

  /** `layer` becomes both; `below` must not be used again. */
  #mergeDown(layer: Layer, below: Layer): void {
    const { records } = this;
    const { table } = layer;
    for (let entry = 0; entry < table.entryEnd; entry++) {
      const record = table.recordAt(entry);
      if (record === 0) continue;
      const key = records.keyOf(record);
      const hash = this.#hashes.of(key);
      let target = below.table.find(hash, key);
      if (records.isGone(record) && below.below === undefined) {
        if (target >= 0) {
          records.free(below.table.recordAt(target));
          below.table.remove(target);
        }
        records.free(record);
        continue;
      }
      if (target < 0) target = below.table.add(hash, record);
      else this.#mergeRecord(record, below.table, target);
      below.table.setExpiry(target, table.expireAtMs(entry));
      below.table.setAttributes(target, table.attributes(entry));
    }
    layer.table = below.table;
    layer.below = below.below;
    // The cursor stood in tables that are one now.
    this.#table = undefined;
    this.#topEntry = -1;
  }

  #mergeRecord(record: number, table: KeyTable, entry: number): void {
    const { records } = this;
    const before = table.recordAt(entry);
    if (records.isShared(record) && records.haveSameObject(record, before)) {
      // The one below owns it, or shares it with a layer further down.
      records.free(record);
      return;
    }
    records.free(before);
    table.setRecord(entry, record);
  }

  *#entriesOf(top: Layer): IterableIterator<FrozenKey> {
    this.#readers += 1;
    try {
      const above: KeyTable[] = [];
      for (let layer: Layer | undefined = top; layer !== undefined; layer = layer.below) {
        for (let entry = 0; entry < layer.table.entryEnd; entry++) {
          const found = this.#frozenKey(layer.table, entry, above);
          if (found !== undefined) yield found;
        }
        above.push(layer.table);
      }
    } finally {
      this.#readers -= 1;
      this.#merge();
    }
  }

  #frozenKey(table: KeyTable, entry: number, above: readonly KeyTable[]): FrozenKey | undefined {
    const record = table.recordAt(entry);
    if (record === 0 || this.records.isGone(record)) return undefined;
    const key = this.records.keyOf(record);
    if (above.length > 0 && this.#isIn(above, key)) return undefined;
    return { key, record, expireAtMs: table.expireAtMs(entry), attributes: table.attributes(entry) };
  }

  #isIn(tables: readonly KeyTable[], key: ByteSlice): boolean {
    const hash = this.#hashes.of(key);
    return tables.some((table) => table.find(hash, key) >= 0);
  }
}

function hasPins(from: Layer): boolean {
  for (let layer: Layer | undefined = from; layer !== undefined; layer = layer.below)
    if (layer.pins > 0) return true;
  return false;
}

/**
 * A keyspace as it was at one moment, as RDB events, while commands go on being applied.
 *
 *   header  (function | module-aux | …)*  (select-db resize-db key items*)*  end
 *
 * Taking one costs the same for any number of keys: maps are frozen (layered-map.ts), and a value is copied when a command first changes it
 * afterwards. Events can be asked for as often as wanted, until release().
 *
 * Hot: keyEvents(), once for every key that is saved.
 */
import {
  type HeaderEvent,
  type ItemBatch,
  type KeyEvent,
  type RdbEncoding,
  type RdbEvent,
  type RdbType,
  type TypeRow,
  typeRows,
} from "@holdfast/rdb";
import type { Databases } from "./databases.ts";
import { KeyspaceError } from "./errors.ts";
import { bytesOf } from "./latin1.ts";
import type { FunctionLibraries } from "./libraries.ts";
import type { FrozenKey, FrozenKeys } from "./store/key-layers.ts";
import type { Records } from "./store/records.ts";

import { ItemPen, type ValueBatch } from "./values/item-pen.ts";

const rowByName = new Map(typeRows.map((row) => [row.name, row]));
const stringRow = rowByName.get("STRING")!;

export class Snapshot {
  readonly #databases: readonly (readonly [number: number, keys: FrozenKeys])[];
  readonly #libraries: readonly string[];
  readonly #carried: readonly RdbEvent[];
  #isReleased = false;

  /** Made by Keyspace.freeze(). `carried` are events beside the keys, owned. */
  constructor(databases: Databases, libraries: FunctionLibraries, carried: readonly RdbEvent[]) {
    this.#databases = databases.used().map(([number, database]) => [number, database.freeze()]);
    this.#libraries = libraries.freeze();
    this.#carried = carried;
  }

  get keyCount(): number {
    return this.#databases.reduce((sum, [, keys]) => sum + keys.size, 0);
  }

  /**
   * The content as events; each borrows its bytes until the next one is asked for. `header` is what the first event says: encoders go by
   * their own target. Throws KEYSPACE_SNAPSHOT_RELEASED.
   */
  *events(header: Pick<HeaderEvent, "dialect" | "version">): Generator<RdbEvent, void, void> {
    const pen = new ItemPen();
    this.#requireHeld();
    yield { kind: "header", dialect: header.dialect, version: header.version };
    yield* this.#carried;
    for (const code of this.#libraries) yield { kind: "function", code: bytesOf(code) };
    for (const [db, keys] of this.#databases) {
      yield { kind: "select-db", db };
      yield { kind: "resize-db", keyCount: keys.size, expiryCount: keys.expiryCount };
      for (const found of keys.entries()) {
        for (const event of keyEvents(db, found, keys.records, pen)) {
          yield event;
          // What is read next may be written over.
          this.#requireHeld();
        }
      }
    }
    yield { kind: "end", checksum: "none", stored: undefined, endOffset: 0 };
  }

  /** Ends the snapshot: from now on nothing is copied for it. Once is enough. */
  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    for (const [, keys] of this.#databases) keys.release();
  }

  #requireHeld(): void {
    if (this.#isReleased)
      throw new KeyspaceError("KEYSPACE_SNAPSHOT_RELEASED", "a snapshot is read after its release");
  }
}

/** A key and the first batch of its value: as the decoder's, it makes a view of the name only for those who ask. */
class SavedKey implements KeyEvent {
  readonly kind = "key";
  readonly db: number;
  readonly row: TypeRow;
  readonly keyBuffer: Uint8Array;
  readonly keyStart: number;
  readonly keyEnd: number;
  readonly expireAtMs: number | undefined;
  readonly idleSec: number | undefined;
  readonly frequency: number | undefined;
  readonly meta: Uint8Array | undefined;
  readonly itemCount: number | undefined;
  readonly items: ItemBatch;
  readonly last: boolean;
  // Nothing of this stands in a file yet.
  readonly recordOffset = 0;
  readonly offset = 0;
  readonly endOffset = 0;

  constructor(db: number, found: FrozenKey, parts: Pick<KeyEvent, "row" | "itemCount">, batch: ValueBatch) {
    const { key, attributes } = found;
    this.db = db;
    this.row = parts.row;
    this.keyBuffer = key.buffer;
    this.keyStart = key.start;
    this.keyEnd = key.end;
    this.expireAtMs = found.expireAtMs;
    this.idleSec = attributes?.idleSec;
    this.frequency = attributes?.frequency;
    this.meta = attributes?.meta;
    this.itemCount = parts.itemCount;
    this.items = batch.items;
    this.last = batch.isLast;
  }

  get key(): Uint8Array {
    return this.keyBuffer.subarray(this.keyStart, this.keyEnd);
  }

  get type(): RdbType {
    return this.row.type;
  }

  get encoding(): RdbEncoding {
    return this.row.encoding;
  }
}

function* keyEvents(
  db: number,
  found: FrozenKey,
  records: Records,
  pen: ItemPen,
): Generator<RdbEvent, void, void> {
  const { record } = found;
  const string = records.stringOf(record);
  if (string !== undefined) {
    const items = { of: "chunks", chunks: [string.view()] } as const;
    yield new SavedKey(db, found, { row: stringRow, itemCount: 1 }, { items, isLast: true });
    return;
  }
  const value = records.objectOf(record)!;
  const parts = { row: rowByName.get(value.rowName)!, itemCount: value.itemCount };
  let isFirst = true;
  for (const batch of value.batches(pen)) {
    const { items, isLast } = batch;
    if (isFirst) yield new SavedKey(db, found, parts, batch);
    else yield { kind: "items", items, itemCount: parts.itemCount, last: isLast, endOffset: 0 };
    isFirst = false;
  }
}

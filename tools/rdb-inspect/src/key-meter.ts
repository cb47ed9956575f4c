/**
 * Measures keys: what each one takes in the file and in a server's memory.
 *
 * Fed with the events of a decoder at level "skip" with traces: keys alone or runs of them. A key of several events
 * is put together here; only then its name is copied.
 */
import type { KeyFilter } from "@holdfast/command-line";
import {
  type ItemsEvent,
  type KeyEvent,
  type KeysEvent,
  type RdbEncoding,
  type TypeRow,
  typeRows,
} from "@holdfast/rdb";
import { type FileFacts, serverOf } from "./file-facts.ts";
import type { ElementSums } from "./memory/element-sums.ts";
import { MemoryEstimator } from "./memory/estimator.ts";
import { type MemoryModel, modelFor, modelForServer } from "./memory/index.ts";

/** The model asked for by name, or that of the server which wrote the file. */
export function chooseModel(name: string | undefined, facts: FileFacts): MemoryModel {
  const named = name === undefined ? undefined : modelFor(name);
  const server = serverOf(facts);
  return named ?? modelForServer(server.family, server.version);
}

/** What a key is and takes, as data that outlives the decoder's buffers. */
export interface KeyRow {
  readonly db: number;
  readonly key: Uint8Array;
  readonly type: string;
  readonly encoding: string;
  /** Elements of the value; undefined for modules. */
  readonly itemCount: number | undefined;
  /** Bytes of the record in the file, attributes included. */
  readonly sizeBytes: number;
  readonly memoryBytes: number;
  readonly expireAtMs: number | undefined;
  readonly idleSec: number | undefined;
  readonly frequency: number | undefined;
  /** Offset of the record in the file. */
  readonly offset: number;
}

export class KeyMeter {
  // The key under way or just finished.
  db = 0;
  typeRow: TypeRow = typeRows[0];
  encoding: RdbEncoding = "raw";
  expireAtMs: number | undefined;
  idleSec: number | undefined;
  frequency: number | undefined;
  recordOffset = 0;
  /** Its name is keyBuffer[keyStart, keyEnd), borrowed until the next event. */
  keyBuffer: Uint8Array = new Uint8Array(0);
  keyStart = 0;
  keyEnd = 0;
  itemCount: number | undefined;
  sizeBytes = 0;
  memoryBytes = 0;

  readonly #estimator: MemoryEstimator;
  readonly #filter: KeyFilter;

  constructor(model: MemoryModel, filter: KeyFilter, sums?: ElementSums) {
    this.#estimator = new MemoryEstimator(model, sums);
    this.#filter = filter;
  }

  /** Calls `use` for each key that the event completes, measured, if it fits what the filter says about sizes. */
  measure(event: KeyEvent | ItemsEvent | KeysEvent, use: (meter: KeyMeter) => void): void {
    if (event.kind !== "keys") {
      if (this.take(event)) use(this);
      return;
    }
    for (let index = 0; index < event.keyCount; index++) if (this.takeRow(event, index)) use(this);
  }

  /** True when the key is complete, measured, and fits what the filter says about sizes. */
  take(event: KeyEvent | ItemsEvent): boolean {
    if (event.kind === "key") this.#begin(event);
    const { items } = event;
    if (items.of === "trace") this.#estimator.add(items.trace, items.start, items.end);
    if (!event.last) return false;
    this.itemCount = event.itemCount;
    this.sizeBytes = event.endOffset - this.recordOffset;
    return this.#finish();
  }

  /** The same for key `index` of a run, which is always complete. */
  takeRow({ db, rows }: KeysEvent, index: number): boolean {
    const expireAtMs = rows.expireAtMs(index);
    const idleSec = rows.idleSec(index);
    const frequency = rows.frequency(index);
    const expires = !Number.isNaN(expireAtMs);
    this.db = db;
    this.typeRow = rows.row(index);
    this.encoding = rows.encoding(index);
    this.expireAtMs = expires ? expireAtMs : undefined;
    this.idleSec = idleSec < 0 ? undefined : idleSec;
    this.frequency = frequency < 0 ? undefined : frequency;
    this.recordOffset = rows.recordOffset(index);
    this.keyBuffer = rows.bytes;
    this.keyStart = rows.keyStart(index);
    this.keyEnd = rows.keyEnd(index);
    this.itemCount = rows.itemCount(index);
    this.sizeBytes = rows.sizeBytes(index);
    this.#estimator.begin(this.typeRow, this.keyEnd - this.keyStart, expires);
    this.#estimator.add(rows.trace, rows.traceStart(index), rows.traceEnd(index));
    return this.#finish();
  }

  #begin(event: KeyEvent): void {
    this.db = event.db;
    this.typeRow = event.row;
    this.encoding = event.encoding;
    this.expireAtMs = event.expireAtMs;
    this.idleSec = event.idleSec;
    this.frequency = event.frequency;
    this.recordOffset = event.recordOffset;
    this.keyBuffer = event.last ? event.keyBuffer : event.key.slice();
    this.keyStart = event.last ? event.keyStart : 0;
    this.keyEnd = event.last ? event.keyEnd : this.keyBuffer.length;
    this.#estimator.begin(event.row, this.keyEnd - this.keyStart, event.expireAtMs !== undefined);
  }

  #finish(): boolean {
    this.memoryBytes = this.#estimator.finish(this.sizeBytes);
    return !this.#filter.asksSizes || this.#filter.fitsSizes(this.memoryBytes, this.itemCount);
  }

  get type(): string {
    return this.typeRow.type;
  }

  /** The finished key as data of its own. */
  row(): KeyRow {
    return {
      db: this.db,
      key: this.keyBuffer.slice(this.keyStart, this.keyEnd),
      type: this.type,
      encoding: this.encoding,
      itemCount: this.itemCount,
      sizeBytes: this.sizeBytes,
      memoryBytes: this.memoryBytes,
      expireAtMs: this.expireAtMs,
      idleSec: this.idleSec,
      frequency: this.frequency,
      offset: this.recordOffset,
    };
  }
}

/**
 * Measures keys: what each one takes in the file and in a server's memory.
 *
 * Fed with the key events of a decoder at level "skip" with traces. A key of several events is put
 * together here; only then its name is copied.
 */
import type { ItemsEvent, KeyEvent } from "@holdfast/rdb";
import { type FileFacts, serverOf } from "./file-facts.ts";
import type { KeyFilter } from "./filters.ts";
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
  /** The key under way or just finished. Its name is keyBuffer[keyStart, keyEnd), borrowed until the next event. */
  head!: KeyEvent;
  keyBuffer!: Uint8Array;
  keyStart = 0;
  keyEnd = 0;
  itemCount: number | undefined;
  sizeBytes = 0;
  memoryBytes = 0;

  readonly #estimator: MemoryEstimator;
  readonly #filter: KeyFilter;

  constructor(model: MemoryModel, filter: KeyFilter) {
    this.#estimator = new MemoryEstimator(model);
    this.#filter = filter;
  }

  /** True when the key is complete, measured, and fits what the filter says about sizes. */
  take(event: KeyEvent | ItemsEvent): boolean {
    if (event.kind === "key") this.#begin(event);
    const { items } = event;
    if (items.of === "trace") this.#estimator.add(items.trace, items.start, items.end);
    if (!event.last) return false;
    this.itemCount = event.itemCount;
    this.sizeBytes = event.endOffset - this.head.recordOffset;
    this.memoryBytes = this.#estimator.finish(this.sizeBytes);
    return !this.#filter.asksSizes || this.#filter.fitsSizes(this.memoryBytes, this.itemCount);
  }

  #begin(event: KeyEvent): void {
    this.head = event;
    this.keyBuffer = event.last ? event.keyBuffer : event.key.slice();
    this.keyStart = event.last ? event.keyStart : 0;
    this.keyEnd = event.last ? event.keyEnd : this.keyBuffer.length;
    this.#estimator.begin(event.row, this.keyEnd - this.keyStart, event.expireAtMs !== undefined);
  }

  // What a row says of the finished key, read where it lies: rows in file order are written from here.
  get db(): number {
    return this.head.db;
  }

  get type(): string {
    return this.head.row.type;
  }

  get encoding(): string {
    return this.head.encoding;
  }

  get expireAtMs(): number | undefined {
    return this.head.expireAtMs;
  }

  get idleSec(): number | undefined {
    return this.head.idleSec;
  }

  get frequency(): number | undefined {
    return this.head.frequency;
  }

  /** The finished key as data of its own. */
  row(): KeyRow {
    const head = this.head;
    return {
      db: head.db,
      key: this.keyBuffer.slice(this.keyStart, this.keyEnd),
      type: head.type,
      encoding: head.encoding,
      itemCount: this.itemCount,
      sizeBytes: this.sizeBytes,
      memoryBytes: this.memoryBytes,
      expireAtMs: head.expireAtMs,
      idleSec: head.idleSec,
      frequency: head.frequency,
      offset: head.recordOffset,
    };
  }
}

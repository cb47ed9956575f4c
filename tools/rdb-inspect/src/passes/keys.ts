/**
 * The pass behind `rdb-inspect keys`: one row a key, in file order or the first N of an order.
 *
 * Rows in file order are written as they come. A sorted list is kept in a heap of `limit` rows and is
 * written by the command when the file has been read.
 */

import { slotOfKey } from "@holdfast/bytes";
import { type FilterSettings, KeyFilter } from "@holdfast/command-line";
import { type KeysEvent, makeSkipLane, type RdbEvent, type RecordLane } from "@holdfast/rdb";
import type { KeyOrder } from "../choices.ts";
import { type FileFacts, FileFactsCollector, mergeFileFacts } from "../file-facts.ts";
import { chooseModel, KeyMeter, type KeyRow } from "../key-meter.ts";
import { ByteSink } from "../output/byte-sink.ts";
import { writeCsvBytes } from "../output/csv-text.ts";
import { writeJsonBytes } from "../output/json-text.ts";
import { makeCsvLane, WritingLane } from "../output/text-lanes.ts";
import { writeTime } from "../output/time-text.ts";
import type { Pass, SectionedPassKind } from "../pass.ts";
import { mergeTop, TopList, type Weighed } from "../top-list.ts";
import { type KeyLook, tableRow } from "./key-table.ts";
import { selectBy } from "./select.ts";

export interface KeysSettings {
  readonly filters: FilterSettings;
  readonly modelName: string | undefined;
  readonly look: KeyLook;
  /** Undefined: file order, each row written as it comes. */
  readonly sort: KeyOrder | undefined;
  readonly isReversed: boolean;
  /** Most rows; undefined with file order means all of them. */
  readonly limit: number | undefined;
}

export interface KeysResult {
  readonly file: FileFacts;
  readonly modelName: string;
  /** Keys that fit the filters, shown or not. */
  readonly keyCount: number;
  readonly limit: number;
  /** Kept rows in order; empty when they were written as they came. */
  readonly rows: readonly Weighed<KeyRow>[];
}

/** A key that has nothing to sort by comes last, whatever the direction. */
const lastOfAll = -Number.MAX_VALUE;

class KeysPass implements Pass<KeysResult> {
  readonly decoder: Pass<KeysResult>["decoder"];
  readonly #settings: KeysSettings;
  readonly #filter: KeyFilter;
  readonly #file = new FileFactsCollector();
  readonly #sink = new ByteSink();
  readonly #top: TopList<KeyRow>;
  readonly #limit: number;
  readonly #isStreaming: boolean;
  /** Set when it is to write rows: CSV of every key, in file order. */
  readonly #lane: WritingLane | undefined;
  #meter: KeyMeter | undefined;
  #keyCount = 0;

  constructor(settings: KeysSettings, lane: RecordLane | undefined) {
    this.#settings = settings;
    this.#lane = lane instanceof WritingLane ? lane : undefined;
    this.#filter = new KeyFilter(settings.filters);
    this.decoder = { level: "skip", trace: true, ...selectBy(this.#filter, "skip") };
    this.#limit = settings.limit ?? Number.POSITIVE_INFINITY;
    this.#isStreaming = settings.sort === undefined;
    this.#top = new TopList(this.#limit);
  }

  get pendingBytes(): number {
    return this.#sink.size;
  }

  consume(event: RdbEvent): void {
    if (event.kind !== "keys" && event.kind !== "key" && event.kind !== "items") {
      this.#file.take(event);
      return;
    }
    this.#meter ??= new KeyMeter(chooseModel(this.#settings.modelName, this.#file.facts), this.#filter);
    if (event.kind === "keys" && this.#lane !== undefined) this.#writeRun(this.#lane, event, this.#meter);
    else this.#meter.measure(event, this.#countKey);
  }

  /** The lane writes what is plain, this pass the rows between. */
  #writeRun(lane: WritingLane, event: KeysEvent, meter: KeyMeter): void {
    const { keyCount, db } = event;
    const { nowMs } = this.#settings.look;
    const { prices } = lane;
    for (let index = 0; index < keyCount; index++) {
      meter.takeRow(event, index);
      prices[index] = meter.memoryBytes;
    }
    for (let index = 0; index < keyCount; ) {
      const next = lane.writeCsvRows(index, keyCount, db, nowMs);
      this.#sink.bytes(lane.text);
      if (next === index) {
        meter.takeRow(event, index++);
        this.#write(meter);
      } else {
        index = next;
      }
    }
    this.#keyCount += keyCount;
    this.#sink.commit();
  }

  readonly #countKey = (meter: KeyMeter): void => {
    this.#keyCount++;
    if (this.#isStreaming) {
      if (this.#keyCount > this.#limit) return;
      this.#write(meter);
      this.#sink.commit();
      return;
    }
    const weight = this.#weightOf(meter);
    if (weight > this.#top.threshold) this.#top.add(weight, meter.recordOffset, meter.row());
  };

  takeOutput(): Uint8Array | undefined {
    return this.#sink.take();
  }

  finish(): KeysResult {
    return {
      file: this.#file.facts,
      modelName: chooseModel(this.#settings.modelName, this.#file.facts).name,
      keyCount: this.#keyCount,
      limit: this.#limit,
      rows: this.#top.sorted(),
    };
  }

  #write(meter: KeyMeter): void {
    const { look } = this.#settings;
    if (look.format !== "csv") writeKey(this.#sink, meter.row(), look);
    else writeCsvKey(this.#sink, meter, meter.keyBuffer, meter.keyStart, meter.keyEnd, look.nowMs);
  }

  #weightOf(meter: KeyMeter): number {
    const { sort } = this.#settings;
    const value = sort === undefined ? 0 : sortValue(sort, meter);
    if (value === undefined) return lastOfAll;
    // A short life comes first, everything else begins with the greatest.
    return (sort === "ttl") === this.#settings.isReversed ? value : -value;
  }
}

function sortValue(order: KeyOrder, meter: KeyMeter): number | undefined {
  switch (order) {
    case "memory":
      return meter.memoryBytes;
    case "size":
      return meter.sizeBytes;
    case "elements":
      return meter.itemCount;
    case "ttl":
      return meter.expireAtMs;
    case "idle":
      return meter.idleSec;
    case "freq":
      return meter.frequency;
  }
}

export const csvHeader =
  "db,key,type,encoding,elements,serialized_bytes,memory_bytes,expire_at,ttl_ms,idle_sec,frequency,slot\r\n";

const comma = 0x2c;

/** Writes one key in any of the looks, with its line end. */
export function writeKey(sink: ByteSink, row: KeyRow, look: KeyLook): void {
  if (look.format === "csv") writeCsvKey(sink, row, row.key, 0, row.key.length, look.nowMs);
  else if (look.format === "ndjson") writeNdjsonKey(sink, row, look.nowMs);
  else sink.text(tableRow(row, look));
}

/** What a row says besides the name; a KeyMeter has it too. */
type RowFacts = Omit<KeyRow, "key" | "offset">;

/** One row of CSV with its line end, for the key bytes[start, end). */
function writeCsvKey(
  sink: ByteSink,
  facts: RowFacts,
  bytes: Uint8Array,
  start: number,
  end: number,
  nowMs: number,
): void {
  const { expireAtMs } = facts;
  sink.integer(facts.db);
  sink.byte(comma);
  writeCsvBytes(sink, bytes, start, end);
  sink.byte(comma);
  sink.ascii(facts.type);
  sink.byte(comma);
  sink.ascii(facts.encoding);
  sink.byte(comma);
  if (facts.itemCount !== undefined) sink.integer(facts.itemCount);
  sink.byte(comma);
  sink.integer(facts.sizeBytes);
  sink.byte(comma);
  sink.integer(Math.round(facts.memoryBytes));
  sink.byte(comma);
  if (expireAtMs !== undefined) writeTime(sink, expireAtMs);
  sink.byte(comma);
  if (expireAtMs !== undefined) sink.integer(expireAtMs - nowMs);
  sink.byte(comma);
  if (facts.idleSec !== undefined) sink.integer(facts.idleSec);
  sink.byte(comma);
  if (facts.frequency !== undefined) sink.integer(facts.frequency);
  sink.byte(comma);
  sink.integer(slotOfKey(bytes, start, end));
  sink.ascii("\r\n");
}

/** One JSON object with its line end. */
function writeNdjsonKey(sink: ByteSink, row: KeyRow, nowMs: number): void {
  sink.ascii('{"db":');
  sink.integer(row.db);
  sink.ascii(',"key":');
  writeJsonBytes(sink, row.key);
  sink.ascii(`,"type":"${row.type}","encoding":"${row.encoding}"`);
  if (row.itemCount !== undefined) writeNumber(sink, ',"elements":', row.itemCount);
  writeNumber(sink, ',"serializedBytes":', row.sizeBytes);
  writeNumber(sink, ',"memoryBytes":', Math.round(row.memoryBytes));
  if (row.expireAtMs !== undefined) {
    writeNumber(sink, ',"expireAtMs":', row.expireAtMs);
    writeNumber(sink, ',"ttlMs":', row.expireAtMs - nowMs);
  }
  if (row.idleSec !== undefined) writeNumber(sink, ',"idleSec":', row.idleSec);
  if (row.frequency !== undefined) writeNumber(sink, ',"frequency":', row.frequency);
  writeNumber(sink, ',"slot":', slotOfKey(row.key));
  sink.ascii("}\n");
}

function writeNumber(sink: ByteSink, label: string, value: number): void {
  sink.ascii(label);
  sink.integer(value);
}

/** Whether each key becomes a row of CSV, in file order. */
function writesEveryRow({ look, sort, limit, filters }: KeysSettings): boolean {
  return look.format === "csv" && sort === undefined && limit === undefined && filters.length === 0;
}

export const keysPass: SectionedPassKind<KeysSettings, KeysResult> = {
  name: "keys",
  create: (settings, lane) => new KeysPass(settings, lane),
  makeLane: (settings) => (writesEveryRow(settings) ? makeCsvLane() : makeSkipLane()),
  // Rows in file order up to a limit: only who sees all of them knows when to stop.
  sections: (settings) =>
    settings.sort === undefined && settings.limit !== undefined
      ? undefined
      : {
          isOrderFree: false,
          settingsFor: (facts) => ({ ...settings, modelName: chooseModel(settings.modelName, facts).name }),
        },
  merge: (first, second) => ({
    file: mergeFileFacts(first.file, second.file),
    modelName: first.modelName,
    keyCount: first.keyCount + second.keyCount,
    limit: first.limit,
    rows: mergeTop(first.rows, second.rows, first.limit),
  }),
};

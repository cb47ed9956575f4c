/**
 * The pass behind `rdb-inspect export --format ndjson|json`: what the file says about itself as objects with
 * a `meta` field, then one object a key, in file order, duplicates and all.
 *
 *   {"meta":"aux","name":"redis-ver","value":"7.0.15"}
 *   {"db":0,"key":"user:1","type":"hash","encoding":"listpack","expireAtMs":4102444800000,"value":[["f","v"]]}
 *
 * "json" is the same objects as the elements of one array, one a line. Hot: consume() and what it calls in
 * json-values.ts and json-text.ts.
 */
import { KeyFilter } from "@holdfast/command-line";
import { type ItemsEvent, type KeyEvent, moduleTypeOf, type RdbEvent, type RecordLane } from "@holdfast/rdb";
import { FileFactsCollector } from "../file-facts.ts";
import { ByteSink } from "../output/byte-sink.ts";
import { writeBase64Object, writeJsonBytes } from "../output/json-text.ts";
import { makeJsonLane, WritingLane } from "../output/text-lanes.ts";
import type { Pass, SectionedPassKind } from "../pass.ts";
import { type ExportResult, type ExportSettings, mergeExports } from "./export-settings.ts";
import { JsonValueWriter } from "./json-values.ts";
import { selectBy } from "./select.ts";

export interface ExportJsonSettings extends ExportSettings {
  /** True for the elements of one array: a comma stands in front of each but the header's. */
  readonly isArray: boolean;
}

class ExportJsonPass implements Pass<ExportResult> {
  readonly decoder: Pass<ExportResult>["decoder"];
  readonly #settings: ExportJsonSettings;
  readonly #file = new FileFactsCollector();
  readonly #sink = new ByteSink();
  readonly #values = new JsonValueWriter(this.#sink);
  readonly #lane: WritingLane | undefined;
  /** The lane's text was not taken yet; it comes behind what the sink holds. */
  #hasRun = false;
  #keyCount = 0;
  #key: { db: number; key: Uint8Array } | undefined;

  constructor(settings: ExportJsonSettings, lane: RecordLane | undefined) {
    this.#settings = settings;
    this.#lane = lane instanceof WritingLane ? lane : undefined;
    this.decoder = { level: "items", ...selectBy(new KeyFilter(settings.filters), "items", settings.chosen) };
  }

  get pendingBytes(): number {
    // What the lane wrote lies in its memory: it has to go out before the next event.
    return this.#hasRun ? Number.POSITIVE_INFINITY : this.#sink.size;
  }

  consume(event: RdbEvent): void {
    if (event.kind === "keys") this.#takeRun(event.keyCount);
    else if (event.kind === "key") this.#writeKey(event);
    else if (event.kind === "items") this.#writeItems(event);
    else {
      this.#file.take(event);
      this.#writeMeta(event);
    }
  }

  takeOutput(): Uint8Array | undefined {
    const output = this.#sink.take();
    if (output !== undefined || !this.#hasRun) return output;
    this.#hasRun = false;
    return this.#lane?.text;
  }

  finish(): ExportResult {
    const tornKey = this.#sink.isTorn ? this.#key : undefined;
    if (!this.#sink.isTorn) this.#sink.rollback();
    return { file: this.#file.facts, keyCount: this.#keyCount, leftOut: [], tornKey };
  }

  /** The lane has written the objects of the run, commas and line ends included. */
  #takeRun(keyCount: number): void {
    this.#keyCount += keyCount;
    this.#hasRun = true;
  }

  #writeKey(event: KeyEvent): void {
    const sink = this.#sink;
    this.#beginObject();
    sink.ascii('{"db":');
    sink.integer(event.db);
    sink.ascii(',"key":');
    writeJsonBytes(sink, event.keyBuffer, event.keyStart, event.keyEnd);
    sink.ascii(',"type":"');
    sink.ascii(event.type);
    sink.ascii('","encoding":"');
    sink.ascii(event.encoding);
    sink.byte(0x22);
    if (event.expireAtMs !== undefined) this.#writeNumber(',"expireAtMs":', event.expireAtMs);
    if (event.idleSec !== undefined) this.#writeNumber(',"idleSec":', event.idleSec);
    if (event.frequency !== undefined) this.#writeNumber(',"frequency":', event.frequency);
    if (event.meta !== undefined) {
      sink.ascii(',"meta":');
      writeBase64Object(sink, event.meta);
    }
    sink.ascii(',"value":');
    this.#values.begin(event);
    if (event.last) this.#endKey();
    else this.#key = { db: event.db, key: event.key.slice() };
  }

  #writeItems(event: ItemsEvent): void {
    this.#values.add(event.items);
    if (!event.last) return;
    this.#values.end();
    this.#endKey();
  }

  #endKey(): void {
    this.#keyCount++;
    this.#sink.byte(0x7d);
    this.#endObject();
  }

  #beginObject(isHeader = false): void {
    if (this.#settings.isArray && !isHeader) this.#sink.ascii(",\n");
  }

  #endObject(): void {
    if (!this.#settings.isArray) this.#sink.byte(0x0a);
    this.#sink.commit();
  }

  #writeNumber(label: string, value: number): void {
    this.#sink.ascii(label);
    this.#sink.integer(value);
  }

  #writeMeta(event: RdbEvent): void {
    const sink = this.#sink;
    if (!metaKinds.has(event.kind)) return;
    this.#beginObject(event.kind === "header");
    switch (event.kind) {
      case "header":
        sink.ascii(`{"meta":"header","dialect":"${event.dialect}","version":${event.version}}`);
        break;
      case "aux":
        sink.ascii('{"meta":"aux","name":');
        writeJsonBytes(sink, event.name);
        sink.ascii(',"value":');
        writeJsonBytes(sink, event.value);
        sink.byte(0x7d);
        break;
      case "function":
        sink.ascii('{"meta":"function","code":');
        writeJsonBytes(sink, event.code);
        sink.byte(0x7d);
        break;
      case "module-aux":
        sink.ascii(`{"meta":"module-aux","module":"${moduleTypeOf(event.moduleId).name}"`);
        sink.ascii(`,"version":${moduleTypeOf(event.moduleId).version},"payload":`);
        writeBase64Object(sink, event.payload);
        sink.byte(0x7d);
        break;
      case "slot-import":
        sink.ascii('{"meta":"slot-import","job":');
        writeJsonBytes(sink, event.job);
        sink.ascii(`,"ranges":${JSON.stringify(event.ranges.map(({ start, end }) => [start, end]))}}`);
        break;
    }
    this.#endObject();
  }
}

/** Events that become an object of their own. */
const metaKinds: ReadonlySet<RdbEvent["kind"]> = new Set([
  "header",
  "aux",
  "function",
  "module-aux",
  "slot-import",
]);

export const exportJsonPass: SectionedPassKind<ExportJsonSettings, ExportResult> = {
  name: "export-json",
  create: (settings, lane) => new ExportJsonPass(settings, lane),
  makeLane: (settings) => makeJsonLane(settings.isArray),
  sections: (settings) =>
    settings.chosen === undefined ? { isOrderFree: false, settingsFor: () => settings } : undefined,
  merge: mergeExports,
};

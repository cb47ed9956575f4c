/** The pass behind `rdb-inspect prefixes`: what keys add up to by prefix, in bounded memory. */
import { type FilterSettings, KeyFilter } from "@holdfast/command-line";
import { makeSkipLane, type RdbEvent } from "@holdfast/rdb";
import { type FileFacts, FileFactsCollector, mergeFileFacts } from "../file-facts.ts";
import { chooseModel, KeyMeter } from "../key-meter.ts";
import type { Pass, SectionedPassKind } from "../pass.ts";
import { mergePrefixTotals, PrefixTable, type PrefixTotals } from "../prefix-table.ts";
import { selectBy } from "./select.ts";

export interface PrefixesSettings {
  readonly filters: FilterSettings;
  readonly nowMs: number;
  readonly modelName: string | undefined;
  readonly separators: readonly number[];
  readonly depthMax: number;
  readonly prefixesMax: number;
}

export interface PrefixesResult {
  readonly file: FileFacts;
  readonly modelName: string;
  readonly keyCount: number;
  readonly memoryBytes: number;
  readonly sizeBytes: number;
  readonly prefixes: PrefixTotals;
}

class PrefixesPass implements Pass<PrefixesResult> {
  readonly decoder: Pass<PrefixesResult>["decoder"];
  readonly pendingBytes = 0;
  readonly #settings: PrefixesSettings;
  readonly #filter: KeyFilter;
  readonly #file = new FileFactsCollector();
  readonly #prefixes: PrefixTable;
  #meter: KeyMeter | undefined;
  #keyCount = 0;
  #memoryBytes = 0;
  #sizeBytes = 0;

  constructor(settings: PrefixesSettings) {
    this.#settings = settings;
    this.#filter = new KeyFilter(settings.filters);
    this.#prefixes = new PrefixTable(settings);
    this.decoder = { level: "skip", trace: true, ...selectBy(this.#filter, "skip") };
  }

  consume(event: RdbEvent): void {
    if (event.kind !== "keys" && event.kind !== "key" && event.kind !== "items") {
      this.#file.take(event);
      return;
    }
    this.#meter ??= new KeyMeter(chooseModel(this.#settings.modelName, this.#file.facts), this.#filter);
    this.#meter.measure(event, this.#countKey);
  }

  readonly #countKey = (meter: KeyMeter): void => {
    const { expireAtMs, keyBuffer, keyStart, keyEnd } = meter;
    const leftMs = expireAtMs === undefined ? -1 : Math.max(0, expireAtMs - this.#settings.nowMs);
    this.#keyCount++;
    this.#memoryBytes += meter.memoryBytes;
    this.#sizeBytes += meter.sizeBytes;
    this.#prefixes.add(keyBuffer, keyStart, keyEnd, meter.memoryBytes, meter.sizeBytes, leftMs);
  };

  takeOutput(): undefined {}

  finish(): PrefixesResult {
    return {
      file: this.#file.facts,
      modelName: chooseModel(this.#settings.modelName, this.#file.facts).name,
      keyCount: this.#keyCount,
      memoryBytes: this.#memoryBytes,
      sizeBytes: this.#sizeBytes,
      prefixes: this.#prefixes.totals(),
    };
  }
}

export const prefixesPass: SectionedPassKind<PrefixesSettings, PrefixesResult> = {
  name: "prefixes",
  create: (settings) => new PrefixesPass(settings),
  makeLane: makeSkipLane,
  sections: (settings) => ({
    isOrderFree: true,
    settingsFor: (facts) => ({ ...settings, modelName: chooseModel(settings.modelName, facts).name }),
  }),
  merge: (first, second) => ({
    file: mergeFileFacts(first.file, second.file),
    modelName: first.modelName,
    keyCount: first.keyCount + second.keyCount,
    memoryBytes: first.memoryBytes + second.memoryBytes,
    sizeBytes: first.sizeBytes + second.sizeBytes,
    prefixes: mergePrefixTotals(first.prefixes, second.prefixes),
  }),
};

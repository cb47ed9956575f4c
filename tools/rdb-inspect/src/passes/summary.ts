/**
 * The pass behind `rdb-inspect summary`: totals by db, type and encoding, expiry, eviction data, the
 * largest keys and the heaviest prefixes.
 *
 * Hot: #countKey(), several million times a second. It touches the counters of its
 * db and type, the prefix table and two thresholds; all other totals are added up from those counters at the
 * end. Nothing is allocated unless a key gets into a list. Watched by `bench summary`.
 */
import { type FilterSettings, KeyFilter } from "@holdfast/command-line";
import type { KeysEvent, RdbEvent, RecordLane, TypeRow } from "@holdfast/rdb";
import { type FileFacts, FileFactsCollector, mergeFileFacts } from "../file-facts.ts";
import { chooseModel, KeyMeter, type KeyRow } from "../key-meter.ts";
import type { Pass, SectionedPassKind } from "../pass.ts";
import { mergePrefixTotals, PrefixTable, type PrefixTotals } from "../prefix-table.ts";
import { makeTallyLane, TallyLane, tallyPrefixes } from "../tally-lane.ts";
import { mergeTop, TopList, type Weighed } from "../top-list.ts";
import { selectBy } from "./select.ts";

export interface SummarySettings {
  readonly filters: FilterSettings;
  readonly nowMs: number;
  /** Undefined: the model of the server that wrote the file. */
  readonly modelName: string | undefined;
  /** How many of the largest keys are kept. */
  readonly topCount: number;
  /** Bytes that end a prefix. */
  readonly separators: readonly number[];
}

/** What a group of keys adds up to. */
export interface KeyTotals {
  keyCount: number;
  /** Elements of the values; a module value counts as none. */
  itemCount: number;
  sizeBytes: number;
  memoryBytes: number;
  expiringCount: number;
}

export interface TypeTotals extends KeyTotals {
  readonly type: string;
  readonly encoding: string;
}

export interface DbTotals extends KeyTotals {
  readonly db: number;
}

/** Upper ends of the steps in which remaining lives are counted, in ms; the last step is open. */
export const lifeStepsMs = [
  60_000,
  3_600_000,
  86_400_000,
  604_800_000,
  2_592_000_000,
  Number.POSITIVE_INFINITY,
] as const;

export interface ExpiryTotals {
  neverCount: number;
  pastCount: number;
  /** Keys by what is left of their life, one count a step of lifeStepsMs. */
  leftCounts: number[];
  /** Hashes stored in a form that holds an expiry per field. */
  fieldExpiryHashCount: number;
}

/** What the server noted for eviction, over the keys that carry it. */
export interface EvictionTotals {
  idleCount: number;
  idleSumSec: number;
  idleMaxSec: number;
  frequencyCount: number;
  frequencySum: number;
  frequencyMax: number;
}

export interface SummaryResult {
  readonly file: FileFacts;
  readonly modelName: string;
  readonly totals: KeyTotals;
  readonly dbs: readonly DbTotals[];
  readonly types: readonly TypeTotals[];
  readonly expiry: ExpiryTotals;
  readonly eviction: EvictionTotals;
  readonly topCount: number;
  readonly largest: readonly Weighed<KeyRow>[];
  /** The keys with the most elements. */
  readonly longest: readonly Weighed<KeyRow>[];
  readonly prefixes: PrefixTotals;
}

class SummaryPass implements Pass<SummaryResult> {
  readonly decoder: Pass<SummaryResult>["decoder"];
  readonly pendingBytes = 0;
  readonly #settings: SummarySettings;
  readonly #filter: KeyFilter;
  readonly #file = new FileFactsCollector();
  readonly #dbs = new Map<number, DbGroups>();
  readonly #expiry: ExpiryTotals = {
    neverCount: 0,
    pastCount: 0,
    leftCounts: lifeStepsMs.map(() => 0),
    fieldExpiryHashCount: 0,
  };
  readonly #eviction: EvictionTotals = {
    idleCount: 0,
    idleSumSec: 0,
    idleMaxSec: 0,
    frequencyCount: 0,
    frequencySum: 0,
    frequencyMax: 0,
  };
  readonly #largest: TopList<KeyRow>;
  readonly #longest: TopList<KeyRow>;
  readonly #prefixes: PrefixTable;
  readonly #lane: TallyLane | undefined;
  /** The db that the lane's sums belong to. */
  #tallyDb = 0;
  #meter: KeyMeter | undefined;
  #db: DbGroups | undefined;

  constructor(settings: SummarySettings, lane: RecordLane | undefined) {
    this.#settings = settings;
    this.#lane = lane instanceof TallyLane ? lane : undefined;
    this.#filter = new KeyFilter(settings.filters);
    this.decoder = { level: "skip", trace: true, ...selectBy(this.#filter, "skip") };
    this.#largest = new TopList(settings.topCount);
    this.#longest = new TopList(settings.topCount);
    // Enough prefixes for a picture of the heaviest, few enough to stay in the processor's cache.
    this.#prefixes = new PrefixTable({
      ...tallyPrefixes,
      separators: settings.separators,
      arrays: this.#lane?.prefixArrays,
    });
  }

  consume(event: RdbEvent): void {
    if (event.kind !== "keys" && event.kind !== "key" && event.kind !== "items") {
      this.#file.take(event);
      return;
    }
    this.#meter ??= this.#makeMeter();
    if (event.kind === "keys" && this.#lane !== undefined && !this.#filter.asksSizes)
      this.#tally(this.#lane, event, this.#meter);
    else this.#meter.measure(event, this.#countKey);
  }

  #makeMeter(): KeyMeter {
    const model = chooseModel(this.#settings.modelName, this.#file.facts);
    return new KeyMeter(model, this.#filter, this.#lane?.sumsFor(model));
  }

  takeOutput(): undefined {}

  finish(): SummaryResult {
    if (this.#lane !== undefined) this.#takeTally(this.#lane);
    const dbs = [...this.#dbs.values()];
    const groups = dbs.flatMap((db) => db.groups.filter(isCounted));
    return {
      file: this.#file.facts,
      modelName: chooseModel(this.#settings.modelName, this.#file.facts).name,
      totals: sumOf(groups),
      dbs: dbs.map(({ db, groups }) => ({ db, ...sumOf(groups.filter(isCounted)) })),
      types: typesOf(groups),
      expiry: { ...this.#expiry, fieldExpiryHashCount: fieldExpiryHashesIn(groups) },
      eviction: this.#eviction,
      topCount: this.#settings.topCount,
      largest: this.#largest.sorted(),
      longest: this.#longest.sorted(),
      prefixes: this.#prefixes.totals(),
    };
  }

  /** The lane adds up what is plain, this pass the keys between. */
  #tally(lane: TallyLane, event: KeysEvent, meter: KeyMeter): void {
    const { keyCount, db } = event;
    if (db !== this.#tallyDb) this.#takeTally(lane);
    this.#tallyDb = db;
    let unpriced = lane.priceRows(keyCount);
    for (let index = 0; unpriced > 0; index++) {
      if (lane.prices[index] >= 0) continue;
      meter.takeRow(event, index);
      lane.setPrice(index, meter.memoryBytes);
      unpriced--;
    }
    for (let index = 0; index < keyCount; ) {
      const { nowMs } = this.#settings;
      index = lane.tallyRows(index, keyCount, nowMs, this.#largest.threshold, this.#longest.threshold);
      if (index === keyCount) return;
      meter.takeRow(event, index++);
      this.#countKey(meter);
    }
  }

  /** Moves the sums that the lane has gathered to those of their db. */
  #takeTally(lane: TallyLane): void {
    const { groups, lives } = lane;
    for (let index = 0; index < groups.length / 5; index++) {
      const [keyCount, itemCount, sizeBytes, memoryBytes, expiringCount] = groups.subarray(
        5 * index,
        5 * index + 5,
      );
      if (keyCount === 0) continue;
      const totals = this.#totalsOfGroup(this.#tallyDb, index, lane.rowOfGroup(index));
      totals.keyCount += keyCount;
      totals.itemCount += itemCount;
      totals.sizeBytes += sizeBytes;
      totals.memoryBytes += memoryBytes;
      totals.expiringCount += expiringCount;
    }
    const [neverCount, pastCount, ...leftCounts] = lives;
    this.#expiry.neverCount += neverCount;
    this.#expiry.pastCount += pastCount;
    for (const [step, count] of leftCounts.entries()) this.#expiry.leftCounts[step] += count;
    groups.fill(0);
    lives.fill(0);
  }

  readonly #countKey = (meter: KeyMeter): void => {
    const leftMs = this.#leftMsOf(meter);
    const { memoryBytes, sizeBytes } = meter;
    const itemCount = meter.itemCount ?? 0;
    const totals = this.#totalsOf(meter);
    totals.keyCount++;
    totals.itemCount += itemCount;
    totals.sizeBytes += sizeBytes;
    totals.memoryBytes += memoryBytes;
    if (leftMs >= 0) totals.expiringCount++;
    if (meter.idleSec !== undefined || meter.frequency !== undefined) this.#countEviction(meter);
    this.#prefixes.add(meter.keyBuffer, meter.keyStart, meter.keyEnd, memoryBytes, sizeBytes, leftMs);
    if (memoryBytes > this.#largest.threshold)
      this.#largest.add(memoryBytes, meter.recordOffset, meter.row());
    if (itemCount > this.#longest.threshold) this.#longest.add(itemCount, meter.recordOffset, meter.row());
  };

  /** Counts the key's expiry; returns the ms that are left of it, 0 when it is past, -1 without expiry. */
  #leftMsOf(head: KeyMeter): number {
    const expiry = this.#expiry;
    if (head.expireAtMs === undefined) {
      expiry.neverCount++;
      return -1;
    }
    const leftMs = head.expireAtMs - this.#settings.nowMs;
    if (leftMs <= 0) {
      expiry.pastCount++;
      return 0;
    }
    let step = 0;
    while (leftMs >= lifeStepsMs[step]) step++;
    expiry.leftCounts[step]++;
    return leftMs;
  }

  #countEviction(head: KeyMeter): void {
    const eviction = this.#eviction;
    if (head.idleSec !== undefined) {
      eviction.idleCount++;
      eviction.idleSumSec += head.idleSec;
      eviction.idleMaxSec = Math.max(eviction.idleMaxSec, head.idleSec);
    }
    if (head.frequency !== undefined) {
      eviction.frequencyCount++;
      eviction.frequencySum += head.frequency;
      eviction.frequencyMax = Math.max(eviction.frequencyMax, head.frequency);
    }
  }

  /** The counters of the key's db and type. */
  #totalsOf(head: KeyMeter): TypeTotals {
    // Strings are one type number with three encodings.
    const form = head.encoding === "int" ? 1 : head.encoding === "lzf" ? 2 : 0;
    return this.#totalsOfGroup(head.db, head.typeRow.number * 4 + form, head.typeRow);
  }

  #totalsOfGroup(db: number, index: number, row: TypeRow): TypeTotals {
    const groups = this.#db !== undefined && this.#db.db === db ? this.#db.groups : this.#groupsOf(db);
    const group = groups[index];
    if (group !== undefined) return group.totals;
    const encoding = row.type === "string" ? (["raw", "int", "lzf"] as const)[index & 3] : row.encoding;
    const totals = { type: row.type, encoding, ...emptyTotals() };
    groups[index] = { index, row, totals };
    return totals;
  }

  #groupsOf(db: number): (TypeGroup | undefined)[] {
    let found = this.#dbs.get(db);
    if (found === undefined) this.#dbs.set(db, (found = { db, groups: new Array(1024).fill(undefined) }));
    this.#db = found;
    return found.groups;
  }
}

/** What is counted of one type and encoding in one db. */
interface TypeGroup {
  readonly index: number;
  readonly row: TypeRow;
  readonly totals: TypeTotals;
}

interface DbGroups {
  readonly db: number;
  /** By type number and encoding. */
  readonly groups: (TypeGroup | undefined)[];
}

function isCounted(group: TypeGroup | undefined): group is TypeGroup {
  return group !== undefined;
}

function sumOf(groups: readonly TypeGroup[]): KeyTotals {
  return groups.reduce((sum, group) => addTotals(sum, group.totals), emptyTotals());
}

/** Totals by type, in the order of the format's numbers. */
function typesOf(groups: readonly TypeGroup[]): TypeTotals[] {
  const ordered = [...groups].sort((a, b) => a.index - b.index);
  return mergeGroups(
    [],
    ordered.map((group) => group.totals),
    nameOfType,
  );
}

function fieldExpiryHashesIn(groups: readonly TypeGroup[]): number {
  return sumOf(groups.filter((group) => fieldExpiryTypes.has(group.row.name))).keyCount;
}

/** Types that servers write only for hashes with a field that expires. */
const fieldExpiryTypes: ReadonlySet<string> = new Set([
  "HASH_2",
  "HASH_METADATA",
  "HASH_LISTPACK_EX",
  "HASH_METADATA_PRE_GA",
  "HASH_LISTPACK_EX_PRE_GA",
]);

function emptyTotals(): KeyTotals {
  return { keyCount: 0, itemCount: 0, sizeBytes: 0, memoryBytes: 0, expiringCount: 0 };
}

export const summaryPass: SectionedPassKind<SummarySettings, SummaryResult> = {
  name: "summary",
  create: (settings, lane) => new SummaryPass(settings, lane),
  makeLane: makeTallyLane,
  sections: (settings) => ({
    isOrderFree: true,
    settingsFor: (facts) => ({ ...settings, modelName: chooseModel(settings.modelName, facts).name }),
  }),
  merge: (first, second) => ({
    file: mergeFileFacts(first.file, second.file),
    modelName: first.modelName,
    totals: addTotals(first.totals, second.totals),
    dbs: mergeGroups(first.dbs, second.dbs, (totals) => String(totals.db)),
    types: mergeGroups(first.types, second.types, nameOfType),
    expiry: {
      neverCount: first.expiry.neverCount + second.expiry.neverCount,
      pastCount: first.expiry.pastCount + second.expiry.pastCount,
      leftCounts: first.expiry.leftCounts.map((count, step) => count + second.expiry.leftCounts[step]),
      fieldExpiryHashCount: first.expiry.fieldExpiryHashCount + second.expiry.fieldExpiryHashCount,
    },
    eviction: {
      idleCount: first.eviction.idleCount + second.eviction.idleCount,
      idleSumSec: first.eviction.idleSumSec + second.eviction.idleSumSec,
      idleMaxSec: Math.max(first.eviction.idleMaxSec, second.eviction.idleMaxSec),
      frequencyCount: first.eviction.frequencyCount + second.eviction.frequencyCount,
      frequencySum: first.eviction.frequencySum + second.eviction.frequencySum,
      frequencyMax: Math.max(first.eviction.frequencyMax, second.eviction.frequencyMax),
    },
    topCount: first.topCount,
    largest: mergeTop(first.largest, second.largest, first.topCount),
    longest: mergeTop(first.longest, second.longest, first.topCount),
    prefixes: mergePrefixTotals(first.prefixes, second.prefixes),
  }),
};

/** Several numbers of the format can be the same to people. */
function nameOfType(totals: TypeTotals): string {
  return `${totals.type} ${totals.encoding}`;
}

function addTotals<Totals extends KeyTotals>(first: Totals, second: KeyTotals): Totals {
  return {
    ...first,
    keyCount: first.keyCount + second.keyCount,
    itemCount: first.itemCount + second.itemCount,
    sizeBytes: first.sizeBytes + second.sizeBytes,
    memoryBytes: first.memoryBytes + second.memoryBytes,
    expiringCount: first.expiringCount + second.expiringCount,
  };
}

function mergeGroups<Totals extends KeyTotals>(
  first: readonly Totals[],
  second: readonly Totals[],
  nameOf: (totals: Totals) => string,
): Totals[] {
  const groups = new Map(first.map((totals) => [nameOf(totals), totals]));
  for (const totals of second) {
    const earlier = groups.get(nameOf(totals));
    groups.set(nameOf(totals), earlier === undefined ? totals : addTotals(earlier, totals));
  }
  return [...groups.values()];
}

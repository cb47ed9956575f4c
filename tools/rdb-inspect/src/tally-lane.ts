/**
 * A lane that adds up what a summary wants to know, for the rows that are plain (assembly/tally.ts).
 *
 * One lane serves one summary: its sums are those of everything it was asked to add up.
 */
import { instantiateModule, type WindowHome } from "@holdfast/bytes";
import { KernelLane, type LaneExports, type LaneRun, type RecordLane, type TypeRow } from "@holdfast/rdb";
import { KERNELS_BASE64 } from "./generated/kernels.ts";
import type { PrefixArrays } from "./prefix-table.ts";

interface TallyExports extends LaneExports {
  readonly prices: { readonly value: number };
  readonly groups: { readonly value: number };
  readonly lives: { readonly value: number };
  readonly separators: { readonly value: number };
  readonly hints: { readonly value: number };
  readonly marks: { readonly value: number };
  readonly sums: { readonly value: number };
  readonly texts: { readonly value: number };
  priceRows(count: number): number;
  learnPrice(index: number): void;
  tallyRows(from: number, count: number, nowMs: number, priceMax: number, itemsMax: number): number;
}

/** Most prefixes and the greatest depth of them that the kernel was made for. */
export const tallyPrefixes = { prefixesMax: 8192, depthMax: 3 } as const;
const prefixTextBytes = 2 << 20;
const rowsMax = 4096;
/** Sums of a group, in this order: keys, elements, bytes in the file, estimated memory, keys that expire. */
const groupSums = 5;
const groupCount = 1024;

export class TallyLane implements RecordLane {
  readonly #exports: TallyExports;
  readonly #lane: KernelLane;
  #types: readonly (TypeRow | undefined)[] = [];
  /** Estimated memory of each row of the run; -1 for one that has none yet. */
  readonly prices: Float64Array;
  /** Five sums for each group, which is 4 * type number + form of a string (raw, integer, LZF). */
  readonly groups: Float64Array;
  /** Keys without expiry, past it, and by the steps of what is left. */
  readonly lives: Float64Array;
  /** For the table of prefixes. */
  readonly prefixArrays: PrefixArrays;

  constructor(exports: TallyExports) {
    const { buffer } = exports.memory;
    const { prefixesMax } = tallyPrefixes;
    this.#exports = exports;
    this.#lane = new KernelLane(exports, exports.skipRecords);
    this.prices = new Float64Array(buffer, exports.prices.value, rowsMax);
    this.groups = new Float64Array(buffer, exports.groups.value, groupCount * groupSums);
    this.lives = new Float64Array(buffer, exports.lives.value, 8);
    this.prefixArrays = {
      isSeparator: new Uint8Array(buffer, exports.separators.value, 256),
      hints: new Int32Array(buffer, exports.hints.value, 2048),
      marks: new Int32Array(buffer, exports.marks.value, prefixesMax * 4),
      sums: new Float64Array(buffer, exports.sums.value, prefixesMax * 6),
      texts: new Uint8Array(buffer, exports.texts.value, prefixTextBytes),
    };
  }

  get home(): WindowHome {
    return this.#lane.home;
  }

  get slots(): readonly Uint8Array[] {
    return this.#lane.slots;
  }

  get stoppedAt(): number {
    return this.#lane.stoppedAt;
  }

  get wantsMore(): boolean {
    return this.#lane.wantsMore;
  }

  get patienceBytes(): number {
    return this.#lane.patienceBytes;
  }

  useTypes(types: readonly (TypeRow | undefined)[]): void {
    this.#types = types;
    this.#lane.useTypes(types);
  }

  /** The type of a group that has sums. */
  rowOfGroup(group: number): TypeRow {
    return this.#types[group >> 2] as TypeRow;
  }

  read(start: number, limit: number, db: number, windowStart: number): LaneRun | undefined {
    return this.#lane.read(start, limit, db, windowStart);
  }

  /** Prices the strings whose sizes were met before; gives the number of rows that are still without a price. */
  priceRows(count: number): number {
    return this.#exports.priceRows(count);
  }

  /** Takes the price of a row, for it and for strings of the same sizes. */
  setPrice(index: number, price: number): void {
    this.prices[index] = price;
    this.#exports.learnPrice(index);
  }

  /**
   * Adds up rows [from, count); gives the index of the first one that it left: too large for the limits, with data for
   * eviction, or below a prefix that is new.
   */
  tallyRows(from: number, count: number, nowMs: number, priceMax: number, itemsMax: number): number {
    return this.#exports.tallyRows(from, count, nowMs, priceMax, itemsMax);
  }
}

/** Undefined where there is no WebAssembly. */
export function makeTallyLane(): TallyLane | undefined {
  const exports = instantiateModule<TallyExports>(KERNELS_BASE64);
  return exports && new TallyLane(exports);
}

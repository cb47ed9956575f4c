/**
 * A lane that adds up what a summary wants to know, for the rows that are plain (assembly/tally.ts).
 *
 * One lane serves one summary: its sums are those of everything it was asked to add up.
 */
import { instantiateModule } from "@holdfast/bytes";
import { KernelLane, type LaneExports, type TypeRow } from "@holdfast/rdb";
import { KERNELS_BASE64 } from "./generated/kernels.ts";
import { type ElementSums, plainSums } from "./memory/element-sums.ts";
import type { MemoryModel } from "./memory/index.ts";
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
  readonly memberCosts: { readonly value: number };
  readonly fieldCosts: { readonly value: number };
  readonly summedTo: { readonly value: number };
  sumMembers(isSorted: number, at: number, end: number, sum: number): number;
  sumFields(at: number, end: number, sum: number): number;
}

/** Most prefixes and the greatest depth of them that the kernel was made for. */
export const tallyPrefixes = { prefixesMax: 8192, depthMax: 3 } as const;
const prefixTextBytes = 2 << 20;
/** Sums of a group, in this order: keys, elements, bytes in the file, estimated memory, keys that expire. */
const groupSums = 5;
const groupCount = 1024;

export class TallyLane extends KernelLane {
  readonly #exports: TallyExports;
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
    super(exports, exports.skipRecords);
    const { buffer } = exports.memory;
    const { prefixesMax } = tallyPrefixes;
    this.#exports = exports;
    this.prices = new Float64Array(buffer, exports.prices.value, exports.rowsMax.value);
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

  /** Sums for the estimator of one file, which has one model. */
  sumsFor(model: MemoryModel): ElementSums {
    return new KernelSums(this.#exports, model);
  }

  override useTypes(types: readonly (TypeRow | undefined)[]): void {
    this.#types = types;
    super.useTypes(types);
  }

  /** The type of a group that has sums. */
  rowOfGroup(group: number): TypeRow {
    return this.#types[group >> 2] as TypeRow;
  }

  /** Prices the rows whose sizes were met before; gives the number of rows that are still without a price. */
  priceRows(count: number): number {
    return this.#exports.priceRows(count);
  }

  /** Takes the price of a row, for it and for others of the same sizes. */
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

/** Longer members, fields and values are priced one by one: the sizes of the tables in assembly/memory.ts. */
const memberBytesMax = 2048;
const fieldBytesMax = 64;
const valueBytesMax = 1024;

/** Sums by assembly/sums.ts, for traces in the memory of the kernel. */
class KernelSums implements ElementSums {
  readonly #exports: TallyExports;
  readonly #model: MemoryModel;
  readonly #plain: ElementSums;
  readonly #memberCosts: Float64Array;
  readonly #fieldCosts: Float64Array;

  constructor(exports: TallyExports, model: MemoryModel) {
    const { buffer } = exports.memory;
    this.#exports = exports;
    this.#model = model;
    this.#plain = plainSums(model);
    this.#memberCosts = new Float64Array(buffer, exports.memberCosts.value, 2 * memberBytesMax);
    this.#fieldCosts = new Float64Array(buffer, exports.fieldCosts.value, fieldBytesMax * valueBytesMax);
  }

  members(type: "set" | "zset", trace: Float64Array, start: number, end: number, sum: number): number {
    if (trace.buffer !== this.#memberCosts.buffer) return this.#plain.members(type, trace, start, end, sum);
    const { sumMembers, summedTo } = this.#exports;
    const isSorted = type === "zset" ? 1 : 0;
    const stop = trace.byteOffset + 8 * end;
    let at = trace.byteOffset + 8 * start;
    let bytes = sum;
    for (;;) {
      bytes = sumMembers(isSorted, at, stop, bytes);
      if (summedTo.value === stop) return bytes;
      at = summedTo.value + 8;
      const length = trace[(at - trace.byteOffset) / 8 - 1];
      const cost = this.#model[type].member(length);
      if (length < memberBytesMax) this.#memberCosts[isSorted * memberBytesMax + length] = cost;
      bytes += cost;
    }
  }

  fields(trace: Float64Array, start: number, end: number, sum: number): number {
    if (trace.buffer !== this.#fieldCosts.buffer) return this.#plain.fields(trace, start, end, sum);
    const { sumFields, summedTo } = this.#exports;
    const stop = trace.byteOffset + 8 * end;
    let at = trace.byteOffset + 8 * start;
    let bytes = sum;
    for (;;) {
      bytes = sumFields(at, stop, bytes);
      if (summedTo.value === stop) return bytes;
      at = summedTo.value + 16;
      const index = (at - trace.byteOffset) / 8;
      const [fieldBytes, valueBytes] = [trace[index - 2], trace[index - 1]];
      const cost = this.#model.hash.field(fieldBytes, valueBytes);
      if (fieldBytes < fieldBytesMax && valueBytes < valueBytesMax)
        this.#fieldCosts[fieldBytes * valueBytesMax + valueBytes] = cost;
      bytes += cost;
    }
  }
}

/** Undefined where there is no WebAssembly. */
export function makeTallyLane(): TallyLane | undefined {
  const exports = instantiateModule<TallyExports>(KERNELS_BASE64);
  return exports && new TallyLane(exports);
}

/**
 * Estimates what each key of a file would take in a server's memory, from the decoder's trace of it.
 *
 * One estimator serves a whole file: `begin`, any number of `add`, `finish`, for one key after the other.
 * A string is priced here, everything else by the sizer for its layout.
 *
 * Hot: `begin`, `add` and `finish` run for every key, the sizers' `add` for every element; they allocate
 * nothing, except for streams and modules. Watched by `bench summary`.
 */
import { type TypeRow, typeRows } from "@holdfast/rdb";
import { type ElementSums, plainSums } from "./element-sums.ts";
import { HashSizer } from "./hashes.ts";
import { ListSizer, QuicklistSizer } from "./lists.ts";
import type { MemoryModel } from "./model.ts";
import { moduleSteps } from "./modules.ts";
import { arraySteps, templateHashSteps } from "./newer-types.ts";
import { PackedValueSizer } from "./packed-values.ts";
import { SetSizer } from "./sets.ts";
import { SortedSetSizer } from "./sorted-sets.ts";
import { StepwiseSizer } from "./stepwise.ts";
import { streamSteps } from "./streams.ts";
import type { ValueSizer } from "./value-sizer.ts";

export class MemoryEstimator {
  readonly model: MemoryModel;
  /** By type; undefined for strings. */
  readonly #sizers: ReadonlyMap<TypeRow, ValueSizer | undefined>;
  /** The types of this file by their number, with the sizers beside them: a file gives a number one meaning. */
  readonly #rows: (TypeRow | undefined)[] = new Array(256).fill(undefined);
  readonly #sizersByNumber: (ValueSizer | undefined)[] = new Array(256).fill(undefined);
  #row: TypeRow | undefined;
  /** Undefined for a string. */
  #sizer: ValueSizer | undefined;
  #keyBytes = 0;
  #expires = false;
  #textBytes = -1;
  #isInteger = false;

  constructor(model: MemoryModel, sums = plainSums(model)) {
    this.model = model;
    this.#sizers = sizersOf(model, sums);
  }

  /**
   * The next key. Its metadata is not counted: a server without the module that wrote it drops it.
   */
  begin(row: TypeRow, keyBytes: number, expires: boolean): void {
    this.#keyBytes = keyBytes;
    this.#expires = expires;
    this.#textBytes = -1;
    this.#isInteger = false;
    if (row !== this.#row) this.#useRow(row);
    if (this.#sizer !== undefined) this.#sizer.begin(row);
  }

  #useRow(row: TypeRow): void {
    if (this.#rows[row.number] !== row) {
      this.#rows[row.number] = row;
      this.#sizersByNumber[row.number] = this.#sizers.get(row);
    }
    this.#row = row;
    this.#sizer = this.#sizersByNumber[row.number];
  }

  /** Takes the next piece of the key's trace, `trace[start, end)`; pieces may be cut anywhere. Nothing is kept. */
  add(trace: Float64Array, start = 0, end: number = trace.length): void {
    if (this.#sizer !== undefined) {
      this.#sizer.add(trace, start, end);
      return;
    }
    if (end - start === 2) {
      this.#textBytes = trace[start];
      this.#isInteger = trace[start + 1] === 1;
      return;
    }
    for (let index = start; index < end; index += 1) {
      if (this.#textBytes < 0) this.#textBytes = trace[index];
      else this.#isInteger = trace[index] === 1;
    }
  }

  /**
   * Bytes, a whole number, as `MEMORY USAGE key SAMPLES 0` would say after the model's server loaded the file.
   *
   * `recordBytes` is what the key takes in the file. It stands for the value of a module that no model
   * knows, because nobody but the module can say more.
   */
  finish(recordBytes = 0): number {
    const { model } = this;
    if (this.#sizer === undefined) {
      return model.stringKey(this.#keyBytes, this.#expires, Math.max(0, this.#textBytes), this.#isInteger);
    }
    const isModule = this.#row?.type === "module";
    const key = isModule
      ? model.moduleKey(this.#keyBytes, this.#expires)
      : model.objectKey(this.#keyBytes, this.#expires);
    const value = this.#sizer.finish();
    return Math.round(key + (Number.isNaN(value) ? recordBytes : value));
  }
}

function sizersOf(model: MemoryModel, sums: ElementSums): ReadonlyMap<TypeRow, ValueSizer | undefined> {
  const byName = new Map<string, ValueSizer>([
    ["set", new SetSizer(model, sums)],
    ["zset", new SortedSetSizer(model, sums)],
    ["hash", new HashSizer(model, sums)],
    ["list", new ListSizer(model)],
    ["quicklist", new QuicklistSizer(model)],
    ["packed", new PackedValueSizer(model)],
    ["template", new StepwiseSizer((row, tally) => templateHashSteps(model, row, tally))],
    ["stream", new StepwiseSizer((row, tally) => streamSteps(model, row, tally))],
    ["module", new StepwiseSizer((row, tally) => moduleSteps(model, row, tally))],
    ["array", new StepwiseSizer((row, tally) => arraySteps(model, row, tally))],
  ]);
  return new Map(typeRows.map((row) => [row, byName.get(sizerNameOf(row))]));
}

function sizerNameOf(row: TypeRow): string {
  if (row.encoding === "template") return "template";
  if (row.layout === "p" || row.layout === "ep") return "packed";
  if (row.layout === "n(p)" || row.layout === "n(q)") return "quicklist";
  return row.type;
}

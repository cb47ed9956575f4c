/**
 * Lanes that write: common records go from the file's bytes to lines of text within one kernel (assembly/), byte for
 * byte as the passes would write them.
 */
import { instantiateModule } from "@holdfast/bytes";
import { KernelLane, type LaneExports, type LaneWalk, type RdbEncoding, type TypeRow } from "@holdfast/rdb";
import { KERNELS_BASE64 } from "../generated/kernels.ts";

/** What assembly/kernels.ts exports beside what every lane does. */
interface WriterExports extends LaneExports {
  readonly labels: { readonly value: number };
  readonly labelTexts: { readonly value: number };
  readonly prices: { readonly value: number };
  readonly outStart: { readonly value: number };
  readonly outEnd: { readonly value: number };
  prepare(): void;
  exportRecords(start: number, limit: number, db: number): number;
  exportElements(start: number, limit: number, db: number): number;
  writeCsvRows(first: number, count: number, db: number, nowMs: number): number;
}

/** How a string value may be stored, in the order of the kernel's numbers. */
const stringEncodings: readonly RdbEncoding[] = ["raw", "int", "lzf"];
const labelBytesMax = 64;

/** A lane whose kernel writes. */
export class WritingLane extends KernelLane {
  readonly #exports: WriterExports;
  readonly #labelOf: (row: TypeRow, encoding: RdbEncoding) => string;
  /** To be filled by whoever has rows written: the estimated memory of each row, a whole number. */
  readonly prices: Float64Array;

  /** `labelOf`: what is written for a type. */
  constructor(
    exports: WriterExports,
    walk: LaneWalk,
    labelOf: (row: TypeRow, encoding: RdbEncoding) => string,
  ) {
    super(exports, walk);
    exports.prepare();
    this.#exports = exports;
    this.#labelOf = labelOf;
    this.prices = new Float64Array(exports.memory.buffer, exports.prices.value, exports.rowsMax.value);
  }

  /** What was written last, borrowed until the next call of any kind. */
  get text(): Uint8Array {
    const { memory, outStart, outEnd } = this.#exports;
    return new Uint8Array(memory.buffer, outStart.value, outEnd.value - outStart.value);
  }

  override useTypes(types: readonly (TypeRow | undefined)[]): void {
    super.useTypes(types);
    const { memory, labels, labelTexts } = this.#exports;
    const table = new Uint32Array(memory.buffer, labels.value, 2048);
    let at = labelTexts.value;
    for (const row of types) {
      if (row === undefined) continue;
      const encodings = row.type === "string" ? stringEncodings : [row.encoding];
      for (const [form, encoding] of encodings.entries()) {
        const label = Buffer.from(this.#labelOf(row, encoding));
        new Uint8Array(memory.buffer, at, labelBytesMax).set(label);
        table.set([at, label.length], 2 * (4 * row.number + form));
        at += labelBytesMax;
      }
    }
  }

  /**
   * Writes rows [first, count) of the run that was read last as CSV, with their `prices`; gives the index of the first
   * one that it left: that row is not plain, or `text` is full.
   */
  writeCsvRows(first: number, count: number, db: number, nowMs: number): number {
    return this.#exports.writeCsvRows(first, count, db, nowMs);
  }
}

/** A lane that writes each record of a run as a JSON object, with a comma in front for the elements of an array. */
export function makeJsonLane(isArray: boolean): WritingLane | undefined {
  const exports = instantiateModule<WriterExports>(KERNELS_BASE64);
  if (exports === undefined) return undefined;
  const walk = isArray ? exports.exportElements : exports.exportRecords;
  return new WritingLane(exports, walk, ({ type }, encoding) => `,"type":"${type}","encoding":"${encoding}"`);
}

/** A lane for level "skip" that can write its rows as CSV. */
export function makeCsvLane(): WritingLane | undefined {
  const exports = instantiateModule<WriterExports>(KERNELS_BASE64);
  return (
    exports && new WritingLane(exports, exports.skipRecords, ({ type }, encoding) => `${type},${encoding}`)
  );
}

/**
 * A run of keys as rows of numbers, for those who meet millions: nothing is allocated per key.
 *
 * Everything is borrowed until the decoder's next `push()` or `next()`. Indices count from 0 to below the run's
 * key count; they are not checked. The layout of a row is drawn in assembly/rows.ts.
 */
import type { RdbEncoding, TypeRow } from "./format.ts";

const rowInts = 16;
const rowDoubles = 8;
const startInt = 0;
const typeInt = 1;
const endInt = 2;
const keyStartInt = 3;
const keyEndInt = 4;
const numberByte = 20;
const formByte = 21;
const itemsInt = 6;
const expiryDouble = 4;
const idleInt = 10;
const frequencyInt = 11;
const traceStartInt = 14;
const traceEndInt = 15;

/** How a string is stored: by the number in its row. */
const stringEncodings: readonly RdbEncoding[] = ["raw", "int", "lzf"];

export class KeyRows {
  /** Where names lie: a name is bytes[keyStart, keyEnd). */
  readonly bytes: Uint8Array;
  /** What the walk of the values noted (walker.ts): trace[traceStart, traceEnd) of a row. Only at level "skip". */
  readonly trace: Float64Array;
  /** The keyFingerprint() of each key, low half and high half in turn, in the order of the rows. Only at level "check". */
  readonly fingerprints: Uint32Array;
  readonly #rowBytes: Uint8Array;
  readonly #ints: Int32Array;
  readonly #doubles: Float64Array;
  #types: readonly (TypeRow | undefined)[] = [];
  #windowStart = 0;

  /** Where in the memory rows, fingerprints and traces begin. */
  constructor(
    memory: ArrayBuffer,
    places: { readonly rows: number; readonly prints: number; readonly trace: number },
  ) {
    const rowsAt = places.rows;
    this.bytes = new Uint8Array(memory);
    this.trace = new Float64Array(memory, places.trace);
    this.fingerprints = new Uint32Array(memory, places.prints);
    this.#rowBytes = new Uint8Array(memory, rowsAt);
    this.#ints = new Int32Array(memory, rowsAt);
    this.#doubles = new Float64Array(memory, rowsAt);
  }

  /** The meaning of type numbers in the file. */
  useTypes(types: readonly (TypeRow | undefined)[]): void {
    this.#types = types;
  }

  /** Stream offset of the first byte of the window that the rows were made from. */
  set windowStart(offset: number) {
    this.#windowStart = offset;
  }

  keyStart(index: number): number {
    return this.#ints[index * rowInts + keyStartInt];
  }

  keyEnd(index: number): number {
    return this.#ints[index * rowInts + keyEndInt];
  }

  /** An owned copy of the name. */
  key(index: number): Uint8Array {
    return this.bytes.slice(this.keyStart(index), this.keyEnd(index));
  }

  row(index: number): TypeRow {
    return this.#types[this.#rowBytes[index * rowInts * 4 + numberByte]] as TypeRow;
  }

  encoding(index: number): RdbEncoding {
    const row = this.row(index);
    return row.type === "string"
      ? stringEncodings[this.#rowBytes[index * rowInts * 4 + formByte]]
      : row.encoding;
  }

  /** Elements of the value, 1 for a string. */
  itemCount(index: number): number {
    return this.#ints[index * rowInts + itemsInt];
  }

  /** Absolute ms; NaN without expiry. */
  expireAtMs(index: number): number {
    return this.#doubles[index * rowDoubles + expiryDouble];
  }

  /** -1 where the file does not say. */
  idleSec(index: number): number {
    return this.#ints[index * rowInts + idleInt];
  }

  /** -1 where the file does not say. */
  frequency(index: number): number {
    return this.#ints[index * rowInts + frequencyInt];
  }

  /** Stream offset of the first byte of the record. */
  recordOffset(index: number): number {
    return this.#windowStart + this.#ints[index * rowInts + startInt];
  }

  /** Stream offset of the type byte. */
  offset(index: number): number {
    return this.#windowStart + this.#ints[index * rowInts + typeInt];
  }

  /** Stream offset behind the record. */
  endOffset(index: number): number {
    return this.#windowStart + this.#ints[index * rowInts + endInt];
  }

  /** Bytes of the record in the file. */
  sizeBytes(index: number): number {
    return this.#ints[index * rowInts + endInt] - this.#ints[index * rowInts + startInt];
  }

  traceStart(index: number): number {
    return this.#ints[index * rowInts + traceStartInt];
  }

  traceEnd(index: number): number {
    return this.#ints[index * rowInts + traceEndInt];
  }
}

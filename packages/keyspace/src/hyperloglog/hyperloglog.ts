/**
 * A HyperLogLog to work on: taken from a string's bytes, changed, given back as bytes that a server would have.
 *
 * A server's string is dense for good once it was: when a register is past 32, or when the sparse form would pass
 * `sparseBytesMax`. Source: redis src/hyperloglog.c.
 */
import { estimateCardinality } from "./cardinality.ts";
import {
  cardinalityAt,
  cardinalityTopAt,
  denseBytes,
  encodingAt,
  encodings,
  headerBytes,
  magic,
  outOfDate,
  registerBits,
  registerCount,
} from "./format.ts";
import { Murmur64 } from "./murmur64.ts";
import { eachValueRun, emptyRuns, SparseRuns } from "./sparse-runs.ts";

/** Bits of the hash that choose the register. */
const indexBits = 14;

/** Whether a HyperLogLog is a dense one. */
export function isDenseHyperLogLog(bytes: Uint8Array): boolean {
  return bytes[encodingAt] === encodings.dense;
}

/** False for a string that commands of HyperLogLogs refuse as being none. */
export function isHyperLogLog(bytes: Uint8Array): boolean {
  if (bytes.length < headerBytes || magic.some((byte, index) => bytes[index] !== byte)) return false;
  const encoding = bytes[encodingAt];
  return encoding === encodings.sparse || (encoding === encodings.dense && bytes.length === denseBytes);
}

export class HyperLogLog {
  readonly #hash = new Murmur64();
  /** Exactly one of both is there. */
  #sparse: SparseRuns | undefined;
  #dense: Uint8Array | undefined;

  /** Copies `bytes`, for which `isHyperLogLog` must be true; none at all starts an empty one. */
  constructor(bytes: Uint8Array | undefined, sparseBytesMax: number) {
    const start = bytes ?? emptyHyperLogLog();
    if (start[encodingAt] === encodings.dense) this.#dense = new Uint8Array(start);
    else this.#sparse = new SparseRuns(start, sparseBytesMax);
  }

  /** Works in these bytes, for which `isDense` would be true, and copies nothing. */
  static inPlace(dense: Uint8Array): HyperLogLog {
    const made = new HyperLogLog(undefined, 0);
    made.#sparse = undefined;
    made.#dense = dense;
    return made;
  }

  get isDense(): boolean {
    return this.#dense !== undefined;
  }

  /** The value's bytes as they are now: borrowed, until the next change. */
  get bytes(): Uint8Array {
    return this.#dense ?? (this.#sparse as SparseRuns).bytes.subarray(0, this.#sparse?.size);
  }

  /** Counts an element: true when a register rose, undefined when the runs are corrupt. */
  add(element: Uint8Array): boolean | undefined {
    const hash = this.#hash;
    hash.hash(element);
    const register = hash.low & (registerCount - 1);
    return this.raise(register, countZeros(hash) + 1);
  }

  /** Raises a register to at least `value`: true when it rose, undefined when the runs are corrupt. */
  raise(register: number, value: number): boolean | undefined {
    if (this.#sparse !== undefined) {
      const outcome = this.#sparse.raise(register, value);
      if (outcome === "corrupt") return undefined;
      if (outcome !== "dense-needed") return outcome === "raised";
      if (!this.makeDense()) return undefined;
    }
    return raiseDense(this.#dense as Uint8Array, register, value);
  }

  /** Turns a sparse one into a dense one, with the same header; false when the runs are corrupt. */
  makeDense(): boolean {
    if (this.#dense !== undefined) return true;
    const dense = new Uint8Array(denseBytes);
    dense.set(this.bytes.subarray(0, headerBytes));
    dense[encodingAt] = encodings.dense;
    const isSound = eachValueRun(this.bytes, (first, length, value) => {
      for (let register = first; register < first + length; register++) raiseDense(dense, register, value);
    });
    if (!isSound) return false;
    this.#dense = dense;
    this.#sparse = undefined;
    return true;
  }

  /** Raises `registers` to those of this one where these are higher; false when the runs are corrupt. */
  mergeInto(registers: Uint8Array): boolean {
    if (this.#dense !== undefined) {
      for (let register = 0; register < registerCount; register++) {
        const value = denseRegister(this.#dense, register);
        if (value > registers[register]) registers[register] = value;
      }
      return true;
    }
    return eachValueRun(this.bytes, (first, length, value) => {
      for (let register = first; register < first + length; register++)
        if (value > registers[register]) registers[register] = value;
    });
  }

  /** Marks the cached cardinality as out of date. */
  forgetCardinality(): void {
    this.bytes[cardinalityTopAt] |= outOfDate;
  }

  /**
   * Computes the cached cardinality anew if it is out of date: true when it did, which changes the bytes; undefined when
   * the runs are corrupt.
   */
  refreshCardinality(): boolean | undefined {
    const { bytes } = this;
    if ((bytes[cardinalityTopAt] & outOfDate) === 0) return false;
    const registers = new Uint8Array(registerCount);
    if (!this.mergeInto(registers)) return undefined;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    view.setBigUint64(cardinalityAt, BigInt(estimateCardinality(registers)), true);
    return true;
  }
}

function emptyHyperLogLog(): Uint8Array {
  const runs = emptyRuns();
  const bytes = new Uint8Array(headerBytes + runs.length);
  bytes.set(magic);
  bytes[encodingAt] = encodings.sparse;
  bytes.set(runs, headerBytes);
  return bytes;
}

/** Zeros above the index, from the low end; a hash without any one counts 50. */
function countZeros(hash: Murmur64): number {
  const low = hash.low >>> indexBits;
  if (low !== 0) return 31 - Math.clz32(low & -low);
  const { high } = hash;
  return 32 - indexBits + (high === 0 ? 32 : 31 - Math.clz32(high & -high));
}

function denseRegister(dense: Uint8Array, register: number): number {
  const bit = register * registerBits;
  const at = headerBytes + (bit >>> 3);
  // Behind the last byte there is nothing, which counts as zeros.
  return ((dense[at] | (dense[at + 1] << 8)) >>> (bit & 7)) & 63;
}

function raiseDense(dense: Uint8Array, register: number, value: number): boolean {
  if (denseRegister(dense, register) >= value) return false;
  const bit = register * registerBits;
  const at = headerBytes + (bit >>> 3);
  const shift = bit & 7;
  const pair = ((dense[at] | (dense[at + 1] << 8)) & ~(63 << shift)) | (value << shift);
  dense[at] = pair;
  if (at + 1 < dense.length) dense[at + 1] = pair >>> 8;
  return true;
}

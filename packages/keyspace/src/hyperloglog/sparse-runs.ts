/**
 * The runs of a sparse HyperLogLog: reading them, and raising one register the way servers do.
 *
 * Which runs stand for given registers is not unique, and a digest compares bytes: so a run is split, and neighbours are
 * joined again, in the servers' order and with their limits. Source: redis src/hyperloglog.c, hllSparseSet.
 */
import { headerBytes, registerCount, runLimits } from "./format.ts";

/** A run that has been read: `value` 0 for zeros. */
interface Run {
  readonly at: number;
  readonly size: 1 | 2;
  readonly value: number;
  readonly length: number;
}

/** What `raise` found: nothing to do, done, no room in a sparse one, or bytes that are no HyperLogLog. */
export type RaiseOutcome = "kept" | "raised" | "dense-needed" | "corrupt";

/** How many bytes one `raise` can add. */
export const raiseGrowthMax = 3;
/** Behind a change, so many runs are looked at for neighbours to join. */
const joinScanRuns = 5;

export class SparseRuns {
  /** Header and runs; used up to `size`. */
  bytes: Uint8Array;
  size: number;
  readonly #sizeMax: number;

  /** Copies. `sizeMax`: past so many bytes (header included) a sparse one may not grow. */
  constructor(bytes: Uint8Array, sizeMax: number) {
    this.bytes = new Uint8Array(bytes.length + raiseGrowthMax);
    this.bytes.set(bytes);
    this.size = bytes.length;
    this.#sizeMax = sizeMax;
  }

  /** Raises the register to `value`, unless it is that high. */
  raise(register: number, value: number): RaiseOutcome {
    if (value > runLimits.value) return "dense-needed";
    let first = 0;
    let previousAt = headerBytes;
    let run: Run | undefined;
    for (let at = headerBytes; at < this.size; at += run.size) {
      run = readRun(this.bytes, at);
      if (register < first + run.length) return this.#raiseIn(run, { register, value, first, previousAt });
      previousAt = at;
      first += run.length;
    }
    return "corrupt";
  }

  #raiseIn(
    run: Run,
    change: {
      readonly register: number;
      readonly value: number;
      readonly first: number;
      readonly previousAt: number;
    },
  ): RaiseOutcome {
    const { register, value, first, previousAt } = change;
    if (run.value >= value) return "kept";
    // A single register of the short kind changes in place; one of the long kind does not exist.
    if (run.length === 1 && run.size === 1) {
      this.bytes[run.at] = valueRun(value, 1);
    } else {
      const pieces = [
        ...sameRun(run.value, register - first),
        valueRun(value, 1),
        ...sameRun(run.value, first + run.length - 1 - register),
      ];
      const growth = pieces.length - run.size;
      if (growth > 0 && this.size + growth > this.#sizeMax) return "dense-needed";
      this.#replace(run, pieces);
    }
    this.#join(previousAt);
    return "raised";
  }

  #replace(run: Run, pieces: readonly number[]): void {
    const growth = pieces.length - run.size;
    if (this.size + growth > this.bytes.length) {
      const larger = new Uint8Array(2 * this.bytes.length);
      larger.set(this.bytes);
      this.bytes = larger;
    }
    this.bytes.copyWithin(run.at + pieces.length, run.at + run.size, this.size);
    this.bytes.set(pieces, run.at);
    this.size += growth;
  }

  /** Joins neighbours of one value, from the run before the change on. */
  #join(start: number): void {
    const { bytes } = this;
    let at = start;
    for (let left = joinScanRuns; left > 0 && at < this.size; left--) {
      const run = readRun(bytes, at);
      const next = at + run.size < this.size ? readRun(bytes, at + run.size) : undefined;
      if (run.value !== 0 && next?.value === run.value && run.length + next.length <= runLimits.values) {
        bytes[at] = valueRun(run.value, run.length + next.length);
        bytes.copyWithin(at + 1, at + 2, this.size);
        this.size--;
        continue;
      }
      at += run.size;
    }
  }
}

/** Calls `take` for each run that is not zeros; false when the runs do not stand for all registers exactly. */
export function eachValueRun(
  bytes: Uint8Array,
  take: (first: number, length: number, value: number) => void,
): boolean {
  let first = 0;
  for (let at = headerBytes; at < bytes.length; ) {
    const { size, length, value } = readRun(bytes, at);
    if (first + length > registerCount) return false;
    if (value !== 0) take(first, length, value);
    first += length;
    at += size;
  }
  return first === registerCount;
}

/** The runs of a HyperLogLog that nothing was added to. */
export function emptyRuns(): number[] {
  return zeroRun(registerCount);
}

function readRun(bytes: Uint8Array, at: number): Run {
  const byte = bytes[at];
  if ((byte & 0x80) !== 0) return { at, size: 1, value: ((byte >>> 2) & 31) + 1, length: (byte & 3) + 1 };
  if ((byte & 0x40) === 0) return { at, size: 1, value: 0, length: (byte & 63) + 1 };
  return { at, size: 2, value: 0, length: (((byte & 63) << 8) | bytes[at + 1]) + 1 };
}

/** A run of this value, or none at all for length 0. */
function sameRun(value: number, length: number): number[] {
  if (length === 0) return [];
  return value === 0 ? zeroRun(length) : [valueRun(value, length)];
}

function zeroRun(length: number): number[] {
  return length <= runLimits.zeros ? [length - 1] : [0x40 | ((length - 1) >>> 8), (length - 1) & 0xff];
}

function valueRun(value: number, length: number): number {
  return 0x80 | ((value - 1) << 2) | (length - 1);
}

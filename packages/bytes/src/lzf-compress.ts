/**
 * LZF, packing: the other direction of lzf.ts, which draws the instructions.
 *
 *   literals      gathered until a copy pays, in runs of at most 32, each behind its control byte
 *   copy          three bytes or more that stood at most 8192 bytes before
 *
 * Where three bytes stood before is looked up in a table by their hash; the newest place wins, so a copy is found
 * with one look, as liblzf does, and sizes come out as those of a server (a test in packages/rdb compares them). Places are kept with a
 * base that grows from block to block: what an earlier block left in the table lies below it and is never believed, and the table is
 * not cleared.
 *
 * Hot: pack() and its twin in assembly/lzf-pack.ts, which makes the same blocks.
 */

import { kernels } from "./kernels.ts";

/**
 * 2^14 places of 4 bytes. Over the 334 blocks that servers packed in fixtures/rdb the sizes were, against
 * theirs: 2^13 +0.05 %, 2^14 -0.19 %, 2^15 -0.26 %, 2^16 -0.31 %; beyond 2^14 it costs cache and brings next to nothing.
 */
const TABLE_BITS = 14;
const LITERALS_MAX = 32;
/**
 * From this size on the kernel is faster, copies in and out included. MB/s of JSON, plain and kernel, on a machine with much else to do
 * (Node 20); more than the ratio says nothing:
 *
 *   bytes       24       48      100      500    4 000   16 000
 *   MB/s    75, 38   63, 67   62, 82  57, 121   42, 80   24, 92
 */
const KERNEL_FROM_BYTES = 48;
/** The kernel reads and writes a little too far: room between what it reads and what it makes. */
const BETWEEN_BYTES = 64;
const COPY_MIN = 3;
const COPY_MAX = 264;
const DISTANCE_MAX = 8192;
/** Places stay small integers: before the base leaves 31 bits the table is cleared. */
const BASE_MAX = 2 ** 30;

/** Packs blocks one after the other; it owns the table that this needs where there is no kernel, 64 KiB. */
export class LzfCompressor {
  #places: Int32Array | undefined;
  #base = 1;

  /**
   * Packs source[start, end) into target[targetStart, targetEnd) and returns the size of the block; 0 when it does not
   * fit there, and what the target then holds is undefined. The same input always makes the same block.
   *
   * A caller who wants to save n bytes gives a target that is n bytes smaller than the source.
   */
  compress(
    source: Uint8Array,
    start: number,
    end: number,
    target: Uint8Array,
    targetStart: number,
    targetEnd: number,
  ): number {
    return (
      packWithKernel(source, start, end, target, targetStart, targetEnd) ??
      this.compressPlain(source, start, end, target, targetStart, targetEnd)
    );
  }

  /** The same without the kernel. */
  compressPlain(
    source: Uint8Array,
    start: number,
    end: number,
    target: Uint8Array,
    targetStart: number,
    targetEnd: number,
  ): number {
    const places = (this.#places ??= new Int32Array(1 << TABLE_BITS));
    if (this.#base + (end - start) > BASE_MAX) {
      places.fill(0);
      this.#base = 1;
    }
    const shift = this.#base - start;
    this.#base += end - start;
    return pack(places, shift, source, start, end, target, targetStart, targetEnd);
  }
}

/** Undefined where there is no kernel, or the block does not suit it. */
function packWithKernel(
  source: Uint8Array,
  start: number,
  end: number,
  target: Uint8Array,
  targetStart: number,
  targetEnd: number,
): number | undefined {
  const sizeBytes = end - start;
  const roomBytes = targetEnd - targetStart;
  if (kernels === undefined || sizeBytes < KERNEL_FROM_BYTES) return undefined;
  if (sizeBytes + BETWEEN_BYTES + roomBytes > kernels.scratchBytes) return undefined;
  const from = kernels.scratchStart;
  const to = from + sizeBytes + BETWEEN_BYTES;
  kernels.bytes.set(source.subarray(start, end), from);
  const made = kernels.lzfPack(from, from + sizeBytes, to, to + roomBytes);
  target.set(kernels.bytes.subarray(to, to + made), targetStart);
  return made;
}

/** `places` holds indices of the source plus `shift`; below start + shift they belong to other blocks. */
function pack(
  places: Int32Array,
  shift: number,
  source: Uint8Array,
  start: number,
  end: number,
  target: Uint8Array,
  targetStart: number,
  targetEnd: number,
): number {
  let at = start;
  let literalsFrom = start;
  let out = targetStart;
  const lastStart = end - COPY_MIN;
  while (at <= lastStart) {
    const sequence = (source[at] << 16) | (source[at + 1] << 8) | source[at + 2];
    const bucket = Math.imul(sequence, 0x9e3779b1) >>> (32 - TABLE_BITS);
    const from = places[bucket] - shift;
    places[bucket] = at + shift;
    if (
      from < start ||
      at - from > DISTANCE_MAX ||
      source[from] !== source[at] ||
      source[from + 1] !== source[at + 1] ||
      source[from + 2] !== source[at + 2]
    ) {
      at++;
      continue;
    }
    const most = Math.min(COPY_MAX, end - at);
    let count = COPY_MIN;
    while (count < most && source[from + count] === source[at + count]) count++;

    out = putLiterals(source, literalsFrom, at, target, out, targetEnd);
    if (out < 0 || targetEnd - out < 3) return 0;
    const distance = at - from - 1;
    if (count < 9) {
      target[out++] = ((count - 2) << 5) | (distance >>> 8);
    } else {
      target[out++] = 0xe0 | (distance >>> 8);
      target[out++] = count - 9;
    }
    target[out++] = distance & 255;

    at += count;
    literalsFrom = at;
    // The last two places inside the copy are worth remembering, the ones before hardly ever are.
    for (let inside = at - 2; inside < at && inside <= lastStart; inside++) {
      const passed = (source[inside] << 16) | (source[inside + 1] << 8) | source[inside + 2];
      places[Math.imul(passed, 0x9e3779b1) >>> (32 - TABLE_BITS)] = inside + shift;
    }
  }
  out = putLiterals(source, literalsFrom, end, target, out, targetEnd);
  return out < 0 ? 0 : out - targetStart;
}

/** Writes source[from, to) as runs of literals; returns the index behind them, -1 when they do not fit. */
function putLiterals(
  source: Uint8Array,
  from: number,
  to: number,
  target: Uint8Array,
  out: number,
  targetEnd: number,
): number {
  while (from < to) {
    const count = Math.min(LITERALS_MAX, to - from);
    if (targetEnd - out < count + 1) return -1;
    target[out++] = count - 1;
    const stop = from + count;
    while (from < stop) target[out++] = source[from++];
  }
  return out;
}

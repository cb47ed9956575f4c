/**
 * LZF, the compression of strings inside RDB files, unpacked.
 *
 *   000nnnnn  n+1 bytes                 literal: copy the next n + 1 (1…32) bytes
 *   lllhhhhh  dddddddd                  l = 1…6: copy l + 2 (3…8) bytes from distance (h << 8 | d) + 1 behind
 *   111hhhhh  eeeeeeee  dddddddd        copy e + 9 (9…264) bytes from the same kind of distance
 *
 * A copy may overlap its own output, so it goes byte by byte from the front. Distances are at most 8192.
 * A block states neither its packed nor its unpacked size: both stand before it in the file.
 *
 * Source: liblzf 3 by Marc Lehmann, lzf_d.c, which redis and valkey carry as src/lzf_d.c. The block that comes in
 * pieces is in lzf-stream.ts. The hot loops are
 * unpackPlain() and its twin in assembly/lzf.ts.
 */

import { kernels } from "./kernels.ts";

/**
 * The most output bytes one input byte can stand for: 3 bytes make at most 264. A file that states more is lying,
 * and nothing needs to be allocated to know it.
 */
export const LZF_MAX_RATIO = 88;

/**
 * From this size of output on, the kernel is faster, copies in and out included. MB/s of output, plain and kernel, for
 * blocks of JSON and of listpacks (Node 20):
 *
 *   bytes       30        100        200        500       4 000     100 000
 *   JSON     448, 175   290, 402   274, 383   155, 700   146, 494   143, 502
 *   listpack 169, 129   279, 201   151, 284   203, 531   163, 379   205, 467
 */
const KERNEL_FROM_BYTES = 160;

/** The kernel reads and writes a little too far: room between what it reads and what it makes. */
const BETWEEN_BYTES = 64;

/** How far behind a copy may reach. */
export const LZF_HISTORY_BYTES = 8192;

/**
 * A damaged block. Whoever knows where the block lies turns this into an error of its format.
 * `sourceOffset` counts from the start of the block to the instruction that makes no sense.
 */
export class LzfError extends Error {
  override readonly name = "LzfError";
  readonly detail: string;
  readonly sourceOffset: number;

  constructor(detail: string, sourceOffset: number) {
    super(`lzf: ${detail} (byte ${sourceOffset} of the block)`);
    this.detail = detail;
    this.sourceOffset = sourceOffset;
  }
}

/**
 * Unpacks the block source[start, end) into exactly target[targetStart, targetEnd).
 *
 * Throws LzfError when the block is damaged, ends early or makes more bytes than the target holds; the target's
 * bytes are then undefined. Source and target must not overlap.
 */
export function lzfDecompress(
  source: Uint8Array,
  start: number,
  end: number,
  target: Uint8Array,
  targetStart: number,
  targetEnd: number,
): void {
  const made =
    targetEnd - targetStart < KERNEL_FROM_BYTES
      ? unpackPlain(source, start, end, target, targetStart, targetEnd, false)
      : unpackWithKernel(source, start, end, target, targetStart, targetEnd);
  if (made !== targetEnd - targetStart) {
    throw new LzfError(`the block makes ${made} bytes, ${targetEnd - targetStart} were stated`, end - start);
  }
}

/**
 * Unpacks only the first `count` bytes of the block source[start, end) to the start of `target`, fewer if the
 * block is shorter, and returns how many. What follows in the block is not looked at. Throws LzfError when the
 * part that was needed is damaged.
 */
export function lzfPeek(
  source: Uint8Array,
  start: number,
  end: number,
  target: Uint8Array,
  count: number,
): number {
  return unpackPlain(source, start, end, target, 0, Math.min(count, target.length), true);
}

/**
 * What unpackPlain() does for a whole block, in the kernel where there is one and the block fits its memory. Damage is looked for again in
 * the plain way: it is rare, and only one place then knows the messages.
 */
export function unpackWithKernel(
  source: Uint8Array,
  start: number,
  end: number,
  target: Uint8Array,
  targetStart: number,
  targetEnd: number,
): number {
  const sourceBytes = end - start;
  const targetBytes = targetEnd - targetStart;
  if (kernels !== undefined && sourceBytes + targetBytes + BETWEEN_BYTES <= kernels.scratchBytes) {
    const from = kernels.scratchStart;
    const to = from + sourceBytes + BETWEEN_BYTES;
    kernels.bytes.set(source.subarray(start, end), from);
    const made = kernels.lzfUnpack(from, from + sourceBytes, to, to + targetBytes);
    if (made >= 0) {
      target.set(kernels.bytes.subarray(to, to + made), targetStart);
      return made;
    }
  }
  return unpackPlain(source, start, end, target, targetStart, targetEnd, false);
}

/** Returns the bytes made; when `cut`, stops quietly at the end of the target instead of throwing. */
export function unpackPlain(
  source: Uint8Array,
  start: number,
  end: number,
  target: Uint8Array,
  targetStart: number,
  targetEnd: number,
  cut: boolean,
): number {
  let at = start;
  let out = targetStart;
  while (at < end) {
    const instruction = at;
    const control = source[at++];
    if (control < 32) {
      let count = control + 1;
      if (count > targetEnd - out) {
        if (!cut) throw tooLong(instruction - start, targetEnd - targetStart);
        count = targetEnd - out;
      }
      if (count > end - at) throw endsInside(instruction - start);
      const stop = out + count;
      while (out < stop) target[out++] = source[at++];
    } else {
      let count = control >>> 5;
      if (count === 7) count += at < end ? source[at++] : 0;
      count += 2;
      if (at >= end) throw endsInside(instruction - start);
      let from = out - (((control & 31) << 8) | source[at++]) - 1;
      if (from < targetStart) throw reachesBack(instruction - start);
      if (count > targetEnd - out) {
        if (!cut) throw tooLong(instruction - start, targetEnd - targetStart);
        count = targetEnd - out;
      }
      const stop = out + count;
      while (out < stop) target[out++] = target[from++];
    }
    if (cut && out === targetEnd) break;
  }
  return out - targetStart;
}

/** The block stops in the middle of an instruction. */
export function endsInside(sourceOffset: number): LzfError {
  return new LzfError("the block ends inside an instruction", sourceOffset);
}

/** A copy from before the first output byte. */
export function reachesBack(sourceOffset: number): LzfError {
  return new LzfError("a copy reaches back before the first byte", sourceOffset);
}

/** More output than was stated. */
export function tooLong(sourceOffset: number, statedBytes: number): LzfError {
  return new LzfError(`the block makes more than the ${statedBytes} bytes stated`, sourceOffset);
}

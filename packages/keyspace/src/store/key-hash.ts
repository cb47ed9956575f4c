/**
 * HalfSipHash-1-3 of bytes, with a key: whoever chooses the names in a log does not know which of them meet in a table.
 *
 * Hot: hashOfBytes(), for every key that a log names. The round stands there twice: as a function with its state in an object it
 * takes three times as long.
 *
 * Source: https://github.com/veorq/SipHash, halfsiphash.c, with the rounds that servers use for SipHash.
 */

import { viewOf } from "./byte-ranges.ts";

/** Two numbers of 32 bits. */
export type HashSeed = readonly [number, number];

/** The hash of buffer[start, end): 32 bits with a sign. */
export function hashOfBytes(
  buffer: Uint8Array,
  start: number,
  end: number,
  seed0: number,
  seed1: number,
): number {
  const view = viewOf(buffer);
  let v0 = seed0 | 0;
  let v1 = seed1 | 0;
  let v2 = 0x6c796765 ^ seed0;
  let v3 = 0x74656462 ^ seed1;
  let word = 0;
  for (let at = start; at <= end; at += 4) {
    // The last word has what is left over, and the size above it.
    if (at + 4 <= end) word = view.getInt32(at, true);
    else {
      word = (end - start) << 24;
      if (at < end) word |= buffer[at];
      if (at + 1 < end) word |= buffer[at + 1] << 8;
      if (at + 2 < end) word |= buffer[at + 2] << 16;
    }
    v3 ^= word;
    v0 = (v0 + v1) | 0;
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
    v0 = (v0 << 16) | (v0 >>> 16);
    v2 = (v2 + v3) | 0;
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
    v2 = (v2 << 16) | (v2 >>> 16);
    v0 ^= word;
  }
  v2 ^= 0xff;
  for (let turn = 0; turn < 3; turn++) {
    v0 = (v0 + v1) | 0;
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
    v0 = (v0 << 16) | (v0 >>> 16);
    v2 = (v2 + v3) | 0;
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
    v2 = (v2 << 16) | (v2 >>> 16);
  }
  return v1 ^ v3;
}

/**
 * A 64-bit fingerprint of a key in its db: equal keys have equal ones, and of 8 million different keys any two share
 * one with odds of one in half a million. Not meant to withstand an attacker.
 *
 * Two 32-bit multiplicative hashes with different constants over the same words, mixed at the end. The lane computes
 * the same in assembly/rows.ts.
 */

/** Puts the low and the high half for the key bytes[start, end) at `halves[at]`. */
export function keyFingerprint(
  db: number,
  bytes: Uint8Array,
  start: number,
  end: number,
  halves: Uint32Array,
  at: number,
): void {
  let low = 0x9e3779b9 ^ db;
  let high = 0x85ebca6b ^ (end - start);
  let index = start;
  for (; index + 4 <= end; index += 4) {
    const word = bytes[index] | (bytes[index + 1] << 8) | (bytes[index + 2] << 16) | (bytes[index + 3] << 24);
    low = Math.imul(low ^ word, 0x9e3779b1);
    high = Math.imul(high ^ word, 0x85ebca77);
    low ^= low >>> 15;
    high ^= high >>> 13;
  }
  if (index < end) {
    let word = 0;
    for (let shift = 8 * (4 - end + index); index < end; index++, shift += 8) word |= bytes[index] << shift;
    low = Math.imul(low ^ word, 0x01000193);
    high = Math.imul(high ^ word, 0x5bd1e995);
    high ^= high >>> 15;
  }
  low ^= Math.imul(high ^ (high >>> 13), 0xc2b2ae35);
  high ^= Math.imul(low ^ (low >>> 16), 0x27d4eb2f);
  halves[at] = low ^ (low >>> 15);
  halves[at + 1] = high ^ (high >>> 13);
}

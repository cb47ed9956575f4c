/**
 * One row a record, for JavaScript to read (src/lane.ts has the same numbers):
 *
 *   0  start of the record, from the start of the window      32  f64 absolute expiry in ms, NaN for none
 *   4  its type byte                                          40  idle time in s, -1 for none
 *   8  end of the record                                      44  frequency, -1 for none
 *   12 key: address, 16 address behind it                     56  start of the trace, in doubles
 *   20 type number, 21 form of a string, or 0                 60  end of the trace
 *   24 elements of the value
 *
 * The fingerprints of the keys, which only level "check" makes, are a column of their own that is copied as a whole.
 */

import { PRINTS, ROW_BYTES, ROWS } from "./memory";

export function rowAt(index: i32): usize {
  return ROWS + <usize>index * ROW_BYTES;
}

export function storePrint(index: i32, fingerprint: u64): void {
  store<u64>(PRINTS + ((<usize>index) << 3), fingerprint);
}

/**
 * A fingerprint of a key in its db: two multiplicative hashes over the same words, mixed at the end. The same
 * as keyFingerprint() of src/key-fingerprint.ts.
 */
export function fingerprint(db: u32, start: usize, end: usize): u64 {
  let low: u32 = 0x9e3779b9 ^ db;
  let high: u32 = 0x85ebca6b ^ <u32>(end - start);
  let at = start;
  for (; at + 4 <= end; at += 4) {
    const word = load<u32>(at);
    low = (low ^ word) * 0x9e3779b1;
    high = (high ^ word) * 0x85ebca77;
    low ^= low >> 15;
    high ^= high >> 13;
  }
  const rest = end - at;
  if (rest > 0) {
    // Bytes behind the end are read and shifted out.
    const word = load<u32>(at) << ((4 - <u32>rest) << 3);
    low = (low ^ word) * 0x01000193;
    high = (high ^ word) * 0x5bd1e995;
    high ^= high >> 15;
  }
  low ^= (high ^ (high >> 13)) * 0xc2b2ae35;
  high ^= (low ^ (low >> 16)) * 0x27d4eb2f;
  return ((<u64>(high ^ (high >> 13))) << 32) | <u64>(low ^ (low >> 15));
}

/**
 * CRC-64 (parameters in src/crc64.ts) in two ways.
 *
 * **Sliced**: 16 bytes a step, one table lookup per byte. Bound by the lookups, not by their latency: two, three or
 * four interleaved streams gained nothing (all 1.1 GB/s where 8 bytes a step made 0.85).
 *
 * **Folded**: no tables. If a polynomial with few terms is a multiple of the CRC's own, bytes can be removed from the
 * front of a message by XORing them into later places, and the CRC stays the same. The one used here has the
 * terms x^(8·e) with
 *
 *   e = 0, 335, 407, 651, 1209, 1664, 1690, 2766        that is 2766 less 2766, 2431, 2359, 2115, 1557, 1102, 1076, 0
 *
 * All exponents are multiples of 8, so whole bytes move without shifting, sixteen at a time: each byte becomes the XOR
 * of itself and the seven folded bytes at these distances behind it. What cannot be moved any further, the last
 * HISTORY_BYTES, is then sliced. The smallest distance is large because a load that meets a store still under way
 * waits: of two relations alike otherwise, one with 78 as its smallest distance made 4.9 GB/s, one with 239 made 5.9.
 *
 * The idea of folding by sparse multiples is S. Russell's ("Chorba: a novel CRC32 implementation", 2024); this
 * relation was found by a birthday search over sums of four pairs of byte positions below 3600. src/kernels.test.ts proves it.
 */

import { HISTORY, HISTORY_BYTES, REGISTER, SCRATCH, TABLES } from "./memory";

const POLYNOMIAL: u64 = ((<u64>0x95ac9329) << 32) | 0xac4bc9b5;

/** One table: 256 contributions of 8 bytes. */
const TABLE_BYTES: usize = 2048;

const FOLD_A: usize = HISTORY_BYTES - 1076;
const FOLD_B: usize = HISTORY_BYTES - 1102;
const FOLD_C: usize = HISTORY_BYTES - 1557;
const FOLD_D: usize = HISTORY_BYTES - 2115;
const FOLD_E: usize = HISTORY_BYTES - 2359;
const FOLD_F: usize = HISTORY_BYTES - 2431;
const FOLD_G: usize = HISTORY_BYTES - 2766;

/** Fills the tables; once per instance, before anything else. */
export function crcTables(): void {
  for (let byte: u32 = 0; byte < 256; byte++) {
    let register: u64 = byte;
    for (let bit = 0; bit < 8; bit++) register = (register >> 1) ^ ((register & 1) * POLYNOMIAL);
    store<u64>(TABLES + (byte << 3), register);
  }
  for (let index: u32 = 256; index < 4096; index++) {
    const before = load<u64>(TABLES + ((index - 256) << 3));
    store<u64>(TABLES + (index << 3), (before >> 8) ^ load<u64>(TABLES + ((<u32>before & 255) << 3)));
  }
}

/** How much crcUpdate() folds at a time: what it looks back at stays in the first-level cache. */
const PIECE_BYTES: usize = 16384;
/** From this size on, folding pays for the bytes that it leaves to the tables. */
const FOLD_FROM_BYTES: usize = 5120;

/** Adds [start, end), anywhere outside of the areas of memory.ts, to the register. */
export function crcUpdate(start: usize, end: usize): void {
  if (end - start < FOLD_FROM_BYTES) {
    crcSliced(start, end);
    return;
  }
  const foldedEnd = end - HISTORY_BYTES - ((end - start) & 15);
  crcFoldBegin();
  for (let at = start; at < foldedEnd; at += PIECE_BYTES) crcFold(at, min(PIECE_BYTES, foldedEnd - at));
  crcFoldEnd(foldedEnd, end - foldedEnd);
}

/** Adds [start, end) to the register by tables alone. */
export function crcSliced(start: usize, end: usize): void {
  let register = load<u64>(REGISTER);
  let at = start;
  for (; at + 16 <= end; at += 16) {
    register = lookUpFirst(register ^ load<u64>(at)) ^ lookUpSecond(load<u64>(at, 8));
  }
  for (; at < end; at++) {
    register = (register >> 8) ^ load<u64>(TABLES + (((<u32>register ^ load<u8>(at)) & 255) << 3));
  }
  store<u64>(REGISTER, register);
}

/** The CRC of [start, end), on its own. */
export function crcOf(start: usize, end: usize): u64 {
  store<u64>(REGISTER, 0);
  crcUpdate(start, end);
  return load<u64>(REGISTER);
}

/** Starts folding: nothing lies before the first byte. */
export function crcFoldBegin(): void {
  memory.fill(HISTORY, 0, HISTORY_BYTES);
}

/**
 * Folds `count` bytes from `source` on, a multiple of 16, into the scratch area; `source` may be the scratch area itself. The register
 * goes into the first piece.
 */
export function crcFold(source: usize, count: usize): void {
  const register = i64x2(load<u64>(REGISTER), 0);
  store<u64>(REGISTER, 0);
  v128.store(SCRATCH, v128.xor(register, v128.xor(lookBack(HISTORY), v128.load(source))));
  const ahead = source - HISTORY;
  for (let at = HISTORY + 16, end = HISTORY + count; at < end; at += 16) {
    v128.store(at, v128.xor(lookBack(at), v128.load(at + ahead)), HISTORY_BYTES);
  }
  // What was folded last becomes the history of the next piece, also when the piece is shorter than the history.
  memory.copy(HISTORY, HISTORY + count, HISTORY_BYTES);
}

/**
 * Ends folding: the last `count` bytes, at least HISTORY_BYTES and less than twice as many, from `source` on. They take what the folded
 * bytes still owe them, not each other's, and go through the tables.
 */
export function crcFoldEnd(source: usize, count: usize): void {
  const tail = SCRATCH + HISTORY_BYTES;
  memory.copy(tail, source, count);
  memory.fill(SCRATCH, 0, HISTORY_BYTES);
  for (let at: usize = 0; at < HISTORY_BYTES; at += 16) {
    v128.store(tail + at, v128.xor(v128.load(tail + at), lookBack(HISTORY + at)));
  }
  crcSliced(tail, tail + count);
}

/**
 * Multiplies the register by x^(8 * count) modulo the polynomial: what `count` bytes make of a register that are zero. Exact for
 * any count below 2^53.
 */
export function crcShift(count: f64): void {
  let register = load<u64>(REGISTER);
  // x^8 with its bits reversed, squared for every bit of the count.
  let power: u64 = (<u64>1) << 55;
  for (let rest = <u64>count; rest > 0; rest >>= 1) {
    if (rest & 1) register = multiply(register, power);
    power = multiply(power, power);
  }
  store<u64>(REGISTER, register);
}

/** The product of two polynomials modulo the CRC's, all with their bits reversed: the top bit is x^0. */
function multiply(left: u64, right: u64): u64 {
  let product: u64 = 0;
  for (; left !== 0; left <<= 1) {
    product ^= right & (0 - (left >> 63));
    right = (right >> 1) ^ ((right & 1) * POLYNOMIAL);
  }
  return product;
}

/** The sum of the seven folded vectors that the vector HISTORY_BYTES behind `at` looks back at. */
function lookBack(at: usize): v128 {
  let sum = v128.load(at, FOLD_A);
  sum = v128.xor(sum, v128.load(at, FOLD_B));
  sum = v128.xor(sum, v128.load(at, FOLD_C));
  sum = v128.xor(sum, v128.load(at, FOLD_D));
  sum = v128.xor(sum, v128.load(at, FOLD_E));
  sum = v128.xor(sum, v128.load(at, FOLD_F));
  return v128.xor(sum, v128.load(at, FOLD_G));
}

/** What eight bytes contribute when eight more follow them in the step. */
function lookUpFirst(bytes: u64): u64 {
  const low = <u32>bytes;
  const high = <u32>(bytes >> 32);
  let sum = load<u64>((low & 255) << 3, TABLES + 15 * TABLE_BYTES);
  sum ^= load<u64>((low >> 5) & 0x7f8, TABLES + 14 * TABLE_BYTES);
  sum ^= load<u64>((low >> 13) & 0x7f8, TABLES + 13 * TABLE_BYTES);
  sum ^= load<u64>((low >> 21) & 0x7f8, TABLES + 12 * TABLE_BYTES);
  sum ^= load<u64>((high & 255) << 3, TABLES + 11 * TABLE_BYTES);
  sum ^= load<u64>((high >> 5) & 0x7f8, TABLES + 10 * TABLE_BYTES);
  sum ^= load<u64>((high >> 13) & 0x7f8, TABLES + 9 * TABLE_BYTES);
  sum ^= load<u64>((high >> 21) & 0x7f8, TABLES + 8 * TABLE_BYTES);
  return sum;
}

/** What the last eight bytes of a step contribute. */
function lookUpSecond(bytes: u64): u64 {
  const low = <u32>bytes;
  const high = <u32>(bytes >> 32);
  let sum = load<u64>((low & 255) << 3, TABLES + 7 * TABLE_BYTES);
  sum ^= load<u64>((low >> 5) & 0x7f8, TABLES + 6 * TABLE_BYTES);
  sum ^= load<u64>((low >> 13) & 0x7f8, TABLES + 5 * TABLE_BYTES);
  sum ^= load<u64>((low >> 21) & 0x7f8, TABLES + 4 * TABLE_BYTES);
  sum ^= load<u64>((high & 255) << 3, TABLES + 3 * TABLE_BYTES);
  sum ^= load<u64>((high >> 5) & 0x7f8, TABLES + 2 * TABLE_BYTES);
  sum ^= load<u64>((high >> 13) & 0x7f8, TABLES + 1 * TABLE_BYTES);
  sum ^= load<u64>((high >> 21) & 0x7f8, TABLES + 0 * TABLE_BYTES);
  return sum;
}

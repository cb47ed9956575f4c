/**
 * Which members or fields of one value were there before, by 64-bit fingerprints.
 *
 * Equal fingerprints are a suspicion: JavaScript reads the record again and compares the bytes. A text that is the
 * canonical decimal of an integer counts as that integer, however it is stored.
 */

import { TABLE, TABLE_SLOTS } from "./memory";
import { isInteger, textInteger } from "./strings";

const STEP: u64 = ((<u64>0x9e3779b9) << 32) | 0x7f4a7c15;
const FINISH: u64 = ((<u64>0xff51afd7) << 32) | 0xed558ccd;
const INTEGERS: u64 = ((<u64>0xc2b2ae3d) << 32) | 0x27d4eb4f;

let mask: u32 = 0;

/** Begins a value of so many members; false when they are too many for the table. */
export function expectMembers(count: usize): bool {
  let slots: usize = 16;
  while (slots < count * 2) slots <<= 1;
  if (slots > TABLE_SLOTS) return false;
  mask = <u32>slots - 1;
  memory.fill(TABLE, 0, slots << 3);
  return true;
}

/** Remembers the text [at, at + size); false when it may have been there before. */
export function addText(at: usize, size: usize): bool {
  const first = <u32>load<u8>(at);
  const mayBeInteger = first - 0x30 <= 9 || first === 0x2d;
  return mayBeInteger && isInteger(at, size) ? addInteger(textInteger) : add(hashOf(at, size));
}

export function addInteger(value: i64): bool {
  return add(finish((<u64>value ^ INTEGERS) * STEP));
}

function hashOf(start: usize, size: usize): u64 {
  let hash: u64 = <u64>size * FINISH;
  let at = start;
  const end = start + size;
  for (; at + 8 <= end; at += 8) hash = step(hash, load<u64>(at));
  // Bytes behind the end are read and shifted out.
  const rest = end - at;
  if (rest > 0) hash = step(hash, load<u64>(at) << ((8 - <u64>rest) << 3));
  return finish(hash);
}

/** Mixes the word on its own first: names with a few digits of difference would else meet too often. */
function step(hash: u64, word: u64): u64 {
  return rotl(hash ^ (rotl(word * STEP, 31) * INTEGERS), 27) * FINISH;
}

function finish(hash: u64): u64 {
  hash = (hash ^ (hash >> 32)) * FINISH;
  return hash ^ (hash >> 29);
}

function add(hash: u64): bool {
  const kept: u64 = hash === 0 ? 1 : hash;
  let slot = <u32>hash & mask;
  let there = load<u64>(TABLE + ((<usize>slot) << 3));
  while (there !== 0) {
    if (there === kept) return false;
    slot = (slot + 1) & mask;
    there = load<u64>(TABLE + ((<usize>slot) << 3));
  }
  store<u64>(TABLE + ((<usize>slot) << 3), kept);
  return true;
}

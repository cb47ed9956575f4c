/**
 * The hash behind fingerprints of content, four lanes of 32 bits at a time; src/content/content-hash.ts draws it and
 * has the same in JavaScript.
 */

const FIRST: v128 = i32x4(-1640531527, -2048144777, -1028477379, 668265263);
const LAST: v128 = i32x4(374761393, -1884198135, -1262997959, -2114883783);
const STEP: v128 = i32x4(-862048943, 461845907, -2048144789, -1028477387);
const ADDED: v128 = i32x4(1444728091, 197830471, -1764942795, 850148119);
const FINISH_FIRST: v128 = i32x4(2146121005, -2073254261, -1610954645, 1935289751);
const FINISH_LAST: v128 = i32x4(-1178920911, -1484888075, 1757159915, -1028477377);
export const START: v128 = i32x4(-559038737, 1013904242, 1831565813, -1640531535);

const PLACES: v128 = i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
const NOTHING: v128 = i32x4(0, 0, 0, 0);

/** Lanes 2 and 3 are added to lanes 0 and 1. */
function addHighToLow(state: v128): v128 {
  const moved = i8x16.shuffle(state, NOTHING, 8, 9, 10, 11, 12, 13, 14, 15, 16, 16, 16, 16, 16, 16, 16, 16);
  return i32x4.add(state, moved);
}

/** Lane 1 is added to lane 2, lane 0 to lane 3. */
function addLowToHigh(state: v128): v128 {
  const moved = i8x16.shuffle(state, NOTHING, 16, 16, 16, 16, 16, 16, 16, 16, 4, 5, 6, 7, 0, 1, 2, 3);
  return i32x4.add(state, moved);
}

function rotated(lanes: v128, bits: i32): v128 {
  return v128.or(i32x4.shl(lanes, bits), i32x4.shr_u(lanes, 32 - bits));
}

/** Takes sixteen bytes into a state. */
export function absorb(state: v128, words: v128): v128 {
  const mixed = i32x4.mul(rotated(i32x4.mul(words, FIRST), 15), LAST);
  const low = addHighToLow(v128.xor(state, mixed));
  return i32x4.add(addLowToHigh(rotated(i32x4.mul(low, STEP), 13)), ADDED);
}

/** The state of a text alone. Up to fifteen bytes behind it are read and left out. */
export function textState(start: usize, size: usize): v128 {
  let state = i32x4.add(START, i32x4.splat(<i32>size));
  let at = start;
  let left = size;
  for (; left >= 16; left -= 16) {
    state = absorb(state, v128.load(at));
    at += 16;
  }
  if (left === 0) return state;
  const mask = i8x16.lt_u(PLACES, i8x16.splat(<i8>left));
  return absorb(state, v128.and(v128.load(at), mask));
}

/** Every bit of the state in every bit of the result. */
export function finished(state: v128): v128 {
  return stirred(stirred(state));
}

function stirred(state: v128): v128 {
  const first = i32x4.mul(v128.xor(state, i32x4.shr_u(state, 16)), FINISH_FIRST);
  const low = addHighToLow(first);
  const last = i32x4.mul(v128.xor(low, i32x4.shr_u(low, 13)), FINISH_LAST);
  const high = addLowToHigh(last);
  return v128.xor(high, i32x4.shr_u(high, 15));
}

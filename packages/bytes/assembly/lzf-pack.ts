/**
 * LZF packed: the same search, and to the byte the same blocks, as pack() in src/lzf-compress.ts, which explains them.
 *
 * Literals are copied 16 bytes at a time and may be written up to 15 bytes too far, which the next instruction overwrites; lengths of
 * copies are compared eight bytes at a time. Limits are still checked to the byte.
 */

const TABLE_BITS: u32 = 14;
export const LZF_TABLE_BYTES: usize = 4 << TABLE_BITS;
const LITERALS_MAX: usize = 32;
const COPY_MIN: usize = 3;
const COPY_MAX: usize = 264;
const DISTANCE_MAX: usize = 8192;

/** What putLiterals() gives when they do not fit. */
const NO_ROOM: usize = 0;

/** Before places leave 31 bits the table is cleared. */
const PLACES_MAX: usize = 1 << 30;

/** What the next block's first place is: higher than those of all blocks before it. */
let nextPlace: usize = 1;

/**
 * Packs [source, sourceEnd) to [target, targetEnd) and returns the size of the block; 0 when it does not fit there. One table of
 * LZF_TABLE_BYTES, zeros at first, serves one block after the other: what an earlier block left in it is never believed. Needs 32 bytes
 * that may be read behind the source, and 32 that may be written behind the target.
 */
export function lzfPackBlock(
  source: usize,
  sourceEnd: usize,
  target: usize,
  targetEnd: usize,
  table: usize,
): i32 {
  if (nextPlace + (sourceEnd - source) > PLACES_MAX) {
    memory.fill(table, 0, LZF_TABLE_BYTES);
    nextPlace = 1;
  }
  const oldest = nextPlace;
  const shift = oldest - source;
  nextPlace += sourceEnd - source;
  let at = source;
  let literalsFrom = source;
  let out = target;
  const behindLastStart = sourceEnd < source + COPY_MIN ? source : sourceEnd - COPY_MIN + 1;
  while (at < behindLastStart) {
    const sequence = load<u32>(at) & 0xffffff;
    const place = bucketOf(table, sequence);
    const known = <usize>load<u32>(place);
    store<u32>(place, <u32>(at + shift));
    const from = known - shift;
    if (known < oldest || at - from > DISTANCE_MAX || (load<u32>(from) & 0xffffff) !== sequence) {
      at++;
      continue;
    }
    const count = copyLength(from, at, min(COPY_MAX, sourceEnd - at));
    out = putLiterals(literalsFrom, at, out, targetEnd);
    if (out === NO_ROOM || targetEnd - out < 3) return 0;
    out = putCopy(out, at - from - 1, count);
    at += count;
    literalsFrom = at;
    // The last two places inside the copy are worth remembering, the ones before hardly ever are.
    for (let inside = at - 2; inside < at && inside < behindLastStart; inside++)
      store<u32>(bucketOf(table, load<u32>(inside) & 0xffffff), <u32>(inside + shift));
  }
  out = putLiterals(literalsFrom, sourceEnd, out, targetEnd);
  return out === NO_ROOM ? 0 : <i32>(out - target);
}

/** Where the table has the place of three bytes, given least significant first; the hash takes them in reading order. */
function bucketOf(table: usize, sequence: u32): usize {
  const inOrder = bswap<u32>(sequence) >> 8;
  return table + ((<usize>((inOrder * 0x9e3779b1) >> (32 - TABLE_BITS))) << 2);
}

/** How far two places go alike: at least COPY_MIN, which was compared before, at most `most`. */
function copyLength(from: usize, at: usize, most: usize): usize {
  let count = COPY_MIN;
  while (count + 8 <= most) {
    const difference = load<u64>(from + count) ^ load<u64>(at + count);
    if (difference !== 0) return count + <usize>(ctz(difference) >> 3);
    count += 8;
  }
  while (count < most && load<u8>(from + count) === load<u8>(at + count)) count++;
  return count;
}

function putCopy(out: usize, distance: usize, count: usize): usize {
  if (count < 9) {
    store<u8>(out, <u8>(((count - 2) << 5) | (distance >> 8)));
    store<u8>(out, <u8>distance, 1);
    return out + 2;
  }
  store<u8>(out, <u8>(0xe0 | (distance >> 8)));
  store<u8>(out, <u8>(count - 9), 1);
  store<u8>(out, <u8>distance, 2);
  return out + 3;
}

/** Writes [from, to) as runs of literals; gives the address behind them, NO_ROOM when they do not fit. */
function putLiterals(from: usize, to: usize, start: usize, targetEnd: usize): usize {
  let out = start;
  let at = from;
  while (at < to) {
    const count = min(LITERALS_MAX, to - at);
    if (targetEnd - out < count + 1) return NO_ROOM;
    store<u8>(out++, <u8>(count - 1));
    v128.store(out, v128.load(at));
    if (count > 16) v128.store(out, v128.load(at, 16), 16);
    out += count;
    at += count;
  }
  return out;
}

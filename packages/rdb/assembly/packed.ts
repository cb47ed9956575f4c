/**
 * Packed encodings, entry by entry; they are drawn in src/packed/. Reading is checking: every step proves what it
 * is about to use, and whoever reaches the end has the whole encoding proved.
 *
 *   openPacked(kind, start, end)   header; gives the number of entries, or -1
 *   nextEntry()                    one entry; false for damage
 *   isPackedOver()                 nothing is left, and what the header says is true
 */

export const LISTPACK: i32 = 1;
export const ZIPLIST: i32 = 2;
export const INTSET: i32 = 3;

const TERMINATOR: u32 = 0xff;
const UNKNOWN_COUNT: i32 = 0xffff;
const LISTPACK_HEADER_BYTES: usize = 6;
const ZIPLIST_HEADER_BYTES: usize = 10;
const INTSET_HEADER_BYTES: usize = 8;

/** Of the entry read last: an integer, or the bytes [entryStart, entryEnd). */
export let entryIsInteger: bool = false;
export let entryInteger: i64 = 0;
export let entryStart: usize = 0;
export let entryEnd: usize = 0;

let kind: i32 = 0;
let base: usize = 0;
let place: usize = 0;
/** Address of the terminator; of an intset, behind it. */
let last: usize = 0;
/** Ziplist: bytes of the entry before, and where the last entry begins. */
let previous: usize = 0;
let lastEntry: usize = 0;
/** Intset: bytes of an integer. */
let width: usize = 0;

/** What the head at `at` says about the number of entries; -1 when it does not say. */
export function statedCount(packedKind: i32, at: usize): i32 {
  if (packedKind === INTSET) return load<i32>(at, 4);
  const count = packedKind === LISTPACK ? <i32>load<u16>(at, 4) : <i32>load<u16>(at, 8);
  return count === UNKNOWN_COUNT ? -1 : count;
}

/** Opens the packed encoding [start, end). Gives its number of entries, or -1 when the head is unsound or does not say. */
export function openPacked(packedKind: i32, start: usize, end: usize): i32 {
  kind = packedKind;
  base = start;
  if (packedKind === INTSET) return openIntset(start, end);
  const header = packedKind === LISTPACK ? LISTPACK_HEADER_BYTES : ZIPLIST_HEADER_BYTES;
  if (end - start < header + 1 || <usize>load<u32>(start) !== end - start) return -1;
  last = end - 1;
  if (<u32>load<u8>(last) !== TERMINATOR) return -1;
  place = lastEntry = start + header;
  previous = 0;
  return statedCount(packedKind, start);
}

function openIntset(start: usize, end: usize): i32 {
  const size = end - start;
  if (size < INTSET_HEADER_BYTES) return -1;
  width = <usize>load<u32>(start);
  if (width !== 2 && width !== 4 && width !== 8) return -1;
  const count = <u64>load<u32>(start, 4);
  if (<u64>size !== INTSET_HEADER_BYTES + count * width || count === 0) return -1;
  place = start + INTSET_HEADER_BYTES;
  last = end;
  return <i32>count;
}

export function nextEntry(): bool {
  return kind === LISTPACK ? nextListpack() : kind === ZIPLIST ? nextZiplist() : nextIntset();
}

export function isPackedOver(): bool {
  if (place !== last) return false;
  return kind !== ZIPLIST || <usize>load<u32>(base, 4) === lastEntry - base;
}

function setInteger(value: i64): void {
  entryIsInteger = true;
  entryInteger = value;
}

/** The lowest bits of a word as a signed integer. */
function signed(word: i32, bits: i32): i32 {
  return (word << (32 - bits)) >> (32 - bits);
}

function nextListpack(): bool {
  const at = place;
  if (at >= last) return false;
  const first = <usize>load<u8>(at);
  let size: usize;
  if (first < 0x80) {
    // The most common entry: a small integer and its back length.
    setInteger(<i64>first);
    place = at + 2;
    return load<u8>(at, 1) === 1 && place <= last;
  }
  if (first < 0xc0) {
    size = 1 + (first & 0x3f);
    entryIsInteger = false;
    entryStart = at + 1;
    entryEnd = at + size;
    if (last - at <= size || <usize>load<u8>(at + size) !== size) return false;
    place = at + size + 1;
    return place <= last;
  }
  return nextLongListpack(at, first);
}

function nextLongListpack(at: usize, first: usize): bool {
  let size: usize;
  if (first < 0xe0) {
    size = 2;
    const high = (<i32>first & 0x1f) << 8;
    setInteger(<i64>signed(high | <i32>load<u8>(at, 1), 13));
  } else if (first <= 0xf0) {
    const head: usize = first < 0xf0 ? 2 : 5;
    const count = first < 0xf0 ? ((first & 0x0f) << 8) | <usize>load<u8>(at, 1) : <usize>load<u32>(at, 1);
    if (count >= last - at) return false;
    size = head + count;
    entryIsInteger = false;
    entryStart = at + head;
    entryEnd = at + size;
  } else if (first === 0xf1) {
    size = 3;
    setInteger(<i64>load<i16>(at, 1));
  } else if (first === 0xf2) {
    size = 4;
    setInteger(<i64>signed(load<i32>(at, 1), 24));
  } else if (first === 0xf3) {
    size = 5;
    setInteger(<i64>load<i32>(at, 1));
  } else if (first === 0xf4) {
    size = 9;
    setInteger(load<i64>(at, 1));
  } else {
    return false;
  }
  if (last - at <= size) return false;
  const back = backBytes(at + size, size);
  place = at + size + back;
  return back !== 0 && place <= last;
}

/** Width of the back length, read from the bytes; 0 when it does not say `size`. */
function backBytes(at: usize, size: usize): usize {
  if (size < 128) return <usize>load<u8>(at) === size ? 1 : 0;
  let value = <usize>load<u8>(at);
  if (value >= 0x80) return 0;
  let count: usize = 1;
  while (load<u8>(at + count) >= 0x80 && count < 5) {
    value = value * 128 + <usize>(load<u8>(at + count) & 0x7f);
    count += 1;
    if (value === size) return count;
  }
  return 0;
}

function nextZiplist(): bool {
  const entry = place;
  if (entry >= last) return false;
  const isShort = load<u8>(entry) < 0xfe;
  const field: usize = isShort ? 1 : 5;
  if (last - entry <= field) return false;
  const stated = isShort ? <usize>load<u8>(entry) : <usize>load<u32>(entry, 1);
  if (stated !== previous) return false;
  const size = ziplistEntry(entry + field);
  if (size === 0 || size > last - entry - field) return false;
  lastEntry = entry;
  previous = field + size;
  place = entry + previous;
  return true;
}

/** Reads encoding and data and gives their size; 0 for an unknown encoding, and for a size beyond the end. */
function ziplistEntry(at: usize): usize {
  const first = <usize>load<u8>(at);
  if (first < 0xc0) {
    let head: usize = 1;
    let count = first;
    if (first >= 0x80) {
      head = 5;
      count = <usize>bswap<u32>(load<u32>(at, 1));
    } else if (first >= 0x40) {
      head = 2;
      count = ((first & 0x3f) << 8) | <usize>load<u8>(at, 1);
    }
    if (count >= last - at) return 0;
    entryIsInteger = false;
    entryStart = at + head;
    entryEnd = at + head + count;
    return head + count;
  }
  if (first === 0xc0) {
    setInteger(<i64>load<i16>(at, 1));
    return 3;
  }
  if (first === 0xd0) {
    setInteger(<i64>load<i32>(at, 1));
    return 5;
  }
  if (first === 0xe0) {
    setInteger(load<i64>(at, 1));
    return 9;
  }
  if (first === 0xf0) {
    setInteger(<i64>signed(load<i32>(at, 1), 24));
    return 4;
  }
  if (first === 0xfe) {
    setInteger(<i64>load<i8>(at, 1));
    return 2;
  }
  if (first < 0xf1 || first > 0xfd) return 0;
  setInteger(<i64>first - 0xf1);
  return 1;
}

/** An intset's integers ascend strictly. */
function nextIntset(): bool {
  if (place >= last) return false;
  const before = entryInteger;
  const isFirst = place === base + INTSET_HEADER_BYTES;
  if (width === 2) setInteger(<i64>load<i16>(place));
  else if (width === 4) setInteger(<i64>load<i32>(place));
  else setInteger(load<i64>(place));
  place += width;
  return isFirst || entryInteger > before;
}

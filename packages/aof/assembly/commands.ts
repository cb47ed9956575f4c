/**
 * The kernel of a check: steps over runs of canonical commands that servers know, where they lie.
 *
 *   SLOTS      4 KiB      row of a name by its hash, -1 for none; a taken slot sends to the next
 *   ROWS       16 KiB     16 bytes a row: address and size of the name, kind, fewest and most arguments
 *   COUNTS     8 KiB      how often each row was seen, as doubles
 *   NAMES      32 KiB     the names, in lower case
 *   WINDOW     4 MiB      the bytes of the file at hand, or, behind that:
 *   SLOTS      4 times    1 MiB of headroom and 1 MiB that a chunk is read into
 *
 * It never judges: in front of whatever is rare, damaged or not all at hand it stops, and the general way reads that one record. Loops may
 * look a few bytes beyond the limit, into memory that is there, and compare with it before they believe anything.
 */

const SLOT_COUNT: u32 = 2048;
const SLOTS: usize = 1024;
const ROWS: usize = SLOTS + <usize>SLOT_COUNT * 2;
const ROW_BYTES: usize = 16;
const ROWS_MAX: usize = 1024;
const COUNTS: usize = ROWS + ROWS_MAX * ROW_BYTES;
const NAMES: usize = COUNTS + ROWS_MAX * 8;
const NAMES_BYTES: usize = 32 << 10;
const WINDOW: usize = NAMES + NAMES_BYTES;
const WINDOW_BYTES: usize = 4 << 20;
const HEADROOM_BYTES: usize = 1 << 20;
const SLOT_BYTES: usize = 1 << 20;
const SLOTS_READ: usize = 4;

export const slots: usize = SLOTS;
export const rows: usize = ROWS;
export const counts: usize = COUNTS;
export const names: usize = NAMES;
export const window: usize = WINDOW;
export const windowBytes: usize = WINDOW_BYTES;
export const headroomBytes: usize = HEADROOM_BYTES;
export const slotBytes: usize = SLOT_BYTES;
export const homeBytes: usize = WINDOW_BYTES + SLOTS_READ * (HEADROOM_BYTES + SLOT_BYTES);

/** Kinds of rows: what is not listed is left to the general way. */
const ORDINARY: u8 = 1;
const MULTI: u8 = 2;
const EXEC: u8 = 3;
const SELECT: u8 = 4;

const CR_LF: u16 = 0x0a0d;
const STAR: u8 = 0x2a;
const DOLLAR: u8 = 0x24;
const ZERO: u32 = 0x30;
const NAME_BYTES_MAX: u32 = 32;
/** So many digits neither overflow nor belong to a record that fits. */
const DIGITS_MAX: i32 = 8;

/** Address behind the last command that was read. */
export let stoppedAt: usize = 0;
/** The last walk ended at a command that may be sound when more of it is at hand. */
export let wantsMore: bool = false;
/** Commands of the last walk. */
export let commandCount: i32 = 0;
/** Units that ended in it. */
export let unitCount: i32 = 0;
/** Whether a unit is open behind it, and where its MULTI stands, 0 when that came in an earlier walk. */
export let isUnitOpen: bool = false;
export let openedAt: usize = 0;
/** Commands of the walk in front of that MULTI. */
export let countAtOpening: i32 = 0;
/** Address of the last place outside of all units, 0 for none. */
export let border: usize = 0;

/** Address behind the header line that was read last. */
let behind: usize = 0;
let lastName: u64 = 0;
let lastSize: u32 = 0;
let lastRow: i32 = -1;

/** For another table. */
export function forgetLast(): void {
  lastRow = -1;
}

/** Steps over commands in [start, limit). `databases`: SELECT of a higher one is left. */
export function readCommands(start: usize, limit: usize, isOpen: bool, databases: u32): void {
  let at = start;
  wantsMore = false;
  commandCount = unitCount = countAtOpening = 0;
  openedAt = 0;
  isUnitOpen = isOpen;
  border = 0;
  while (at < limit) {
    const argumentCount = readNumber(STAR, at);
    if (argumentCount < 1) break;
    const size = readNumber(DOLLAR, behind);
    const name = behind;
    if (size < 0) {
      wantsMore = behind + 16 > limit;
      break;
    }
    const row = size <= <i32>NAME_BYTES_MAX ? findRow(name, <u32>size) : -1;
    if (row < 0) {
      wantsMore = name + <usize>size > limit;
      break;
    }
    const entry = ROWS + <usize>row * ROW_BYTES;
    const kind = load<u8>(entry, 7);
    if (<u32>argumentCount < load<u32>(entry, 8) || <u32>argumentCount > load<u32>(entry, 12)) break;
    const end = skipArguments(name + <usize>size, argumentCount - 1, limit);
    if (end === 0) break;
    if (kind !== ORDINARY && !enter(kind, at, name + <usize>size, databases)) break;
    const count = COUNTS + ((<usize>row) << 3);
    store<f64>(count, load<f64>(count) + 1);
    commandCount++;
    at = end;
    if (!isUnitOpen) border = at;
  }
  if (at < limit && limit - at < 32) wantsMore = true;
  stoppedAt = at;
}

/** Address behind the last of so many arguments, of which the first begins behind the name's end; 0 for none. */
function skipArguments(nameEnd: usize, left: i32, limit: usize): usize {
  let at = nameEnd;
  for (; left > 0; left--) {
    if (at + 2 > limit || load<u16>(at) !== CR_LF) return shortAt(at + 2, limit);
    const size = readNumber(DOLLAR, at + 2);
    if (size < 0) return shortAt(at + 16, limit);
    at = behind + <usize>size;
  }
  if (at + 2 > limit || load<u16>(at) !== CR_LF) return shortAt(at + 2, limit);
  return at + 2;
}

/** Says whether the record may be whole later. */
function shortAt(end: usize, limit: usize): usize {
  wantsMore = end > limit;
  return 0;
}

/** MULTI, EXEC and SELECT; false for what the general way has something to say about. */
function enter(kind: u8, at: usize, nameEnd: usize, databases: u32): bool {
  if (kind === MULTI) {
    if (isUnitOpen) return false;
    isUnitOpen = true;
    openedAt = at;
    countAtOpening = commandCount;
    if (border === 0) border = at;
    return true;
  }
  if (kind === EXEC) {
    if (!isUnitOpen) return false;
    isUnitOpen = false;
    openedAt = 0;
    unitCount++;
    return true;
  }
  return kind === SELECT && isDatabase(nameEnd + 2, databases);
}

/** Whether an argument is a db that is there. Its bytes are known to be whole. */
function isDatabase(at: usize, databases: u32): bool {
  const size = readNumber(DOLLAR, at);
  if (size < 1 || size > 5) return false;
  let value: u32 = 0;
  for (let index: usize = 0; index < <usize>size; index++) {
    const digit = <u32>load<u8>(behind + index) - ZERO;
    if (digit > 9) return false;
    value = value * 10 + digit;
  }
  const isPlain = size === 1 || load<u8>(behind) !== <u8>ZERO;
  return isPlain && value < databases;
}

/** The number of a header line, -1 for anything else; `behind` is then behind the line, or where it stopped. */
function readNumber(prefix: u8, at: usize): i32 {
  behind = at;
  if (load<u8>(at) !== prefix) return -1;
  let value: u32 = <u32>load<u8>(at, 1) - ZERO;
  if (value > 9) return -1;
  let next = at + 2;
  const isZero = value === 0;
  for (let digits = 1; digits <= DIGITS_MAX; digits++) {
    const digit = <u32>load<u8>(next) - ZERO;
    if (digit > 9) {
      if (load<u16>(next) !== CR_LF) return -1;
      behind = next + 2;
      return <i32>value;
    }
    if (isZero) return -1;
    value = value * 10 + digit;
    next++;
  }
  return -1;
}

/** The row of a name in whatever case, -1 for none. */
function findRow(name: usize, size: u32): i32 {
  const isShort = size <= 8;
  const key = isShort ? load<u64>(name) & (<u64>-1 >> (<u64>(64 - size * 8) & 63)) : 0;
  if (isShort && size > 0 && size === lastSize && key === lastName && lastRow >= 0) return lastRow;
  let code: u32 = 0;
  for (let index: usize = 0; index < <usize>size; index++) code = code * 31 + lower(load<u8>(name + index));
  for (let slot = code % SLOT_COUNT; ; slot = (slot + 1) % SLOT_COUNT) {
    const row = <i32>load<i16>(SLOTS + ((<usize>slot) << 1));
    if (row < 0) return -1;
    if (!isNamed(ROWS + <usize>row * ROW_BYTES, name, size)) continue;
    if (load<u8>(ROWS + <usize>row * ROW_BYTES, 7) === 0) return -1;
    if (isShort) {
      lastName = key;
      lastSize = size;
      lastRow = row;
    }
    return row;
  }
}

function isNamed(entry: usize, name: usize, size: u32): bool {
  if (<u32>load<u8>(entry, 6) !== size) return false;
  const known = <usize>load<u32>(entry);
  for (let index: usize = 0; index < <usize>size; index++) {
    if (load<u8>(known + index) !== <u8>lower(load<u8>(name + index))) return false;
  }
  return true;
}

function lower(byte: u8): u32 {
  return byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte;
}

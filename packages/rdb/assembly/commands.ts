/**
 * Records as the commands that make them again in a server: a payload a key, made where the value lies, and plain strings together.
 *
 *   RESTORE key ttl payload [REPLACE] [ABSTTL] [FREQ n | IDLETIME n]      the same bytes as src/commands/restore-writer.ts
 *   MSET key value key value …                                            strings that say no more, where they may replace what is there
 *
 * Commands lie one behind the other in OUT. Pairs for MSET are gathered beside them, because a command begins with the number of its
 * arguments; a set of them is closed at PAIRS_MAX, or at SET_BYTES, or with the run.
 *
 * Names that begin in the way that KEPT_OUT says are left to JavaScript, like everything rare.
 */

import { crcOf } from "../../bytes/assembly/crc64";
import { KEPT_OUT, ROWS, TABLE, TABLE_SLOTS, TRACE, WINDOW } from "./memory";
import { keyEnd, keyStart, readRecordHead, shape } from "./records";
import { STRING } from "./shapes";
import { skippedItems, skipValue } from "./skip";
import {
  decimalDigits,
  form,
  INTEGER,
  integer,
  LZF,
  NOT_MINE,
  readHead,
  text,
  textAt,
  writeDecimal,
} from "./strings";
import { setTrace } from "./trace";

/** A run ends behind the record with which it has so many bytes: what is sent at once. */
const RUN_BYTES: usize = 256 << 10;
/** Strings in one MSET: with 100 a server takes 20 % less time than with as many times SET, and no command may hold it up. */
const PAIRS_MAX: i32 = 64;
const SET_BYTES: usize = 16 << 10;

/** What is made lies in the area of the table that only level "check" uses. */
export const COMMANDS: usize = TABLE;
const PAIRS: usize = TABLE + TABLE_SLOTS * 4;
const PAIRS_END: usize = TABLE + TABLE_SLOTS * 8;
/** Words, numbers and line ends of a command beside its name and its value, at most. */
const HEAD_BYTES: usize = 192;
/** Version and CRC-64 behind a payload. */
const FOOTER_BYTES: usize = 10;

/** Address behind the commands written. */
export let commandsTo: usize = COMMANDS;
export let writtenCommands: i32 = 0;
/** Address behind the last record that was written. */
export let writtenTo: usize = 0;
/** Elements of the values written. */
export let writtenItems: f64 = 0;
/** What follows is common, and may be sound when more of it is at hand. */
export let isWriteCut: bool = false;

let isReplacing: bool = false;
let footerVersion: u16 = 0;
let keptOutBytes: usize = 0;

let at: usize = COMMANDS;
let pairsTo: usize = PAIRS;
let pairCount: i32 = 0;

export function setCommands(replaces: bool, version: u16, keptOut: usize): void {
  isReplacing = replaces;
  footerVersion = version;
  keptOutBytes = keptOut;
}

/** Writes the commands of the records of [start, limit), up to a run of them; gives the number of records. */
export function writeCommands(start: usize, limit: usize): i32 {
  at = COMMANDS;
  pairsTo = PAIRS;
  pairCount = 0;
  writtenCommands = 0;
  writtenItems = 0;
  isWriteCut = false;
  let from = start;
  let count = 0;
  for (; from < limit && at - COMMANDS + pairsTo - PAIRS < RUN_BYTES; count++) {
    const value = readRecordHead(0, from, limit);
    if (value === NOT_MINE || isKeptOut()) break;
    setTrace(TRACE);
    const end = skipValue(shape, value, limit);
    if (end === NOT_MINE || end > limit) {
      isWriteCut = true;
      break;
    }
    if (!writeRecord(value, end)) break;
    writtenItems += <f64>skippedItems;
    from = end;
  }
  closePairs();
  commandsTo = at;
  writtenTo = from;
  return count;
}

function isKeptOut(): bool {
  if (keptOutBytes === 0 || keyEnd - keyStart < keptOutBytes) return false;
  return memory.compare(keyStart, KEPT_OUT, keptOutBytes) === 0;
}

/** False when there is no room, for this record or in this run, and for a time that doubles do not hold exactly. */
function writeRecord(value: usize, end: usize): bool {
  const keyBytes = keyEnd - keyStart;
  if (Math.abs(load<f64>(ROWS, 32)) > <f64>F64.MAX_SAFE_INTEGER) return false;
  if (isReplacing && shape === STRING && hasNoAttributes()) return writePair(readHead(value), keyBytes);
  // Closing the pairs under way has its room, too.
  if (at + HEAD_BYTES + keyBytes + (end - value) + SET_BYTES + HEAD_BYTES > PAIRS) return false;
  writeRestore(value, end);
  return true;
}

function hasNoAttributes(): bool {
  return load<u32>(ROWS, 4) === load<u32>(ROWS);
}

/** The string whose head was read last, with the name read last. */
function writePair(stored: usize, keyBytes: usize): bool {
  const body = form === LZF ? textAt(stored) : stored;
  if (body === NOT_MINE) return false;
  const valueBytes = form === INTEGER ? <usize>decimalDigits(<i64>integer) : text;
  const pairBytes = keyBytes + valueBytes + HEAD_BYTES;
  if (pairCount >= PAIRS_MAX || (pairCount > 0 && pairsTo - PAIRS + pairBytes > SET_BYTES)) closePairs();
  const hasRoom =
    pairsTo + pairBytes <= PAIRS_END && at + (pairsTo - PAIRS) + pairBytes + HEAD_BYTES <= PAIRS;
  if (!hasRoom) return false;
  let to = putBulk(pairsTo, keyStart, keyBytes);
  if (form === INTEGER) to = putLineEnd(writeDecimal(putMark(to, 0x24, valueBytes), <i64>integer));
  else to = putBulk(to, body, valueBytes);
  pairsTo = to;
  pairCount++;
  return true;
}

function closePairs(): void {
  if (pairCount === 0) return;
  at = putMark(at, 0x2a, 1 + 2 * pairCount);
  at = putWord(at, MSET, 0, 4);
  const sizeBytes = pairsTo - PAIRS;
  memory.copy(at, PAIRS, sizeBytes);
  at += sizeBytes;
  pairsTo = PAIRS;
  pairCount = 0;
  writtenCommands++;
}

/** The record whose head was read last, its value in [value, end). */
function writeRestore(value: usize, end: usize): void {
  const expireAtMs = load<f64>(ROWS, 32);
  const idleSec = load<i32>(ROWS, 40);
  const frequency = load<i32>(ROWS, 44);
  const expires = !F64.isNaN(expireAtMs);
  // A server follows one policy and refuses both; files carry one.
  const hintWords = frequency >= 0 || idleSec >= 0 ? 2 : 0;
  at = putMark(at, 0x2a, 4 + <i32>isReplacing + <i32>expires + hintWords);
  at = putWord(at, REST, ORE, 7);
  at = putBulk(at, keyStart, keyEnd - keyStart);
  // RESTORE takes no time of 0 or below; any time that is past makes it drop the key, as loading would.
  at = putNumber(at, expires ? max<i64>(1, <i64>expireAtMs) : 0);
  putPayload(value, end);
  if (isReplacing) at = putWord(at, REPL, ACE, 7);
  if (expires) at = putWord(at, ABST, TL, 6);
  if (frequency >= 0) at = putNumber(putWord(at, FREQ, 0, 4), <i64>frequency);
  else if (idleSec >= 0) at = putNumber(putWord(at, IDLE, TIME, 8), <i64>idleSec);
  writtenCommands++;
}

/** Type byte, value as stored, version, CRC-64. */
function putPayload(value: usize, end: usize): void {
  const valueBytes = end - value;
  at = putMark(at, 0x24, 1 + valueBytes + FOOTER_BYTES);
  const payload = at;
  store<u8>(at, load<u8>(WINDOW + <usize>load<u32>(ROWS, 4)));
  copy(at + 1, value, valueBytes);
  at += 1 + valueBytes;
  store<u16>(at, footerVersion);
  at += 2;
  store<u64>(at, crcOf(payload, at));
  at = putLineEnd(at + 8);
}

/** `*n` or `$n`, and the end of the line; gives the address behind. */
function putMark(to: usize, mark: u8, count: usize): usize {
  store<u8>(to, mark);
  return putLineEnd(writeDecimal(to + 1, <i64>count));
}

function putBulk(to: usize, from: usize, sizeBytes: usize): usize {
  const body = putMark(to, 0x24, sizeBytes);
  copy(body, from, sizeBytes);
  return putLineEnd(body + sizeBytes);
}

function putNumber(to: usize, value: i64): usize {
  return putLineEnd(writeDecimal(putMark(to, 0x24, <usize>decimalDigits(value)), value));
}

function putLineEnd(to: usize): usize {
  store<u16>(to, 0x0a0d);
  return to + 2;
}

/** A word of up to eight letters. */
function putWord(to: usize, first: u32, second: u32, sizeBytes: usize): usize {
  const body = putMark(to, 0x24, sizeBytes);
  store<u32>(body, first);
  store<u32>(body, second, 4);
  return putLineEnd(body + sizeBytes);
}

/** May write a little too far: the next bytes come over it. */
function copy(to: usize, from: usize, sizeBytes: usize): void {
  if (sizeBytes > 32) {
    memory.copy(to, from, sizeBytes);
    return;
  }
  v128.store(to, v128.load(from));
  if (sizeBytes > 16) v128.store(to, v128.load(from, 16), 16);
}

/** Words, four letters each. */
const REST: u32 = 0x54534552;
const ORE: u32 = 0x0045524f;
const REPL: u32 = 0x4c504552;
const ACE: u32 = 0x00454341;
const ABST: u32 = 0x54534241;
const TL: u32 = 0x00004c54;
const IDLE: u32 = 0x454c4449;
const TIME: u32 = 0x454d4954;
const FREQ: u32 = 0x51455246;
const MSET: u32 = 0x5445534d;

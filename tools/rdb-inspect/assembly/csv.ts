/**
 * Rows of CSV: what src/passes/keys.ts writes for a key whose name needs neither quotes nor escapes, and whose expiry
 * lies in the years 0 to 9999.
 */

import { rowAt } from "../../../packages/rdb/assembly/rows";
import { writeDecimal } from "../../../packages/rdb/assembly/strings";
import { LABELS, OUT_END, PRICES, SLOTS } from "./memory";

export const NOT_PLAIN: usize = 0;

const COMMA: u8 = 0x2c;
/** What a row takes beside its name and its label. */
const NUMBERS_BYTES: usize = 256;

/** Writes row `index` at `out` and gives the address behind it, or NOT_PLAIN. */
export function writeCsvRow(index: i32, out: usize, db: u32, nowMs: f64): usize {
  const row = rowAt(index);
  const start = <usize>load<u32>(row, 12);
  const end = <usize>load<u32>(row, 16);
  if (out + (end - start) + NUMBERS_BYTES > OUT_END) return NOT_PLAIN;
  let to = comma(writeDecimal(out, <i64>db));
  to = writePlainName(to, start, end);
  if (to === NOT_PLAIN) return NOT_PLAIN;
  const label = LABELS + ((<usize>load<u8>(row, 20) * 4 + <usize>load<u8>(row, 21)) << 3);
  const labelBytes = <usize>load<u32>(label, 4);
  memory.copy(comma(to), <usize>load<u32>(label), labelBytes);
  to = comma(comma(to) + labelBytes);
  to = comma(writeDecimal(to, <i64>load<i32>(row, 24)));
  to = comma(writeDecimal(to, <i64>(load<u32>(row, 8) - load<u32>(row))));
  to = comma(writeDecimal(to, <i64>load<f64>(PRICES + ((<usize>index) << 3))));
  to = writeExpiry(to, load<f64>(row, 32), nowMs);
  if (to === NOT_PLAIN) return NOT_PLAIN;
  to = comma(writeKnown(to, load<i32>(row, 40)));
  to = comma(writeKnown(to, load<i32>(row, 44)));
  to = writeDecimal(to, <i64>slotOf(start, end));
  store<u16>(to, 0x0a0d);
  return to + 2;
}

function comma(to: usize): usize {
  store<u8>(to, COMMA);
  return to + 1;
}

function writeKnown(to: usize, value: i32): usize {
  return value < 0 ? to : writeDecimal(to, <i64>value);
}

/** Copies a name of visible ASCII without comma, quote and backslash. */
function writePlainName(out: usize, start: usize, end: usize): usize {
  let to = out;
  for (let at = start; at < end; at += 16) {
    const bytes = v128.load(at);
    v128.store(to, bytes);
    const count = min<usize>(end - at, 16);
    let odd = v128.or(i8x16.lt_s(bytes, i8x16.splat(0x20)), i8x16.eq(bytes, i8x16.splat(0x7f)));
    odd = v128.or(odd, i8x16.eq(bytes, i8x16.splat(0x22)));
    odd = v128.or(odd, i8x16.eq(bytes, i8x16.splat(COMMA)));
    odd = v128.or(odd, i8x16.eq(bytes, i8x16.splat(0x5c)));
    if ((i8x16.bitmask(odd) & ((1 << (<i32>count)) - 1)) !== 0) return NOT_PLAIN;
    to += count;
  }
  return to;
}

const DAY_MS: i64 = 86400000;
/** Days from 0000-03-01 to 1970-01-01. */
const EPOCH_DAYS: i64 = 719468;
const ERA_DAYS: i64 = 146097;
const FIRST_MS: f64 = -62167219200000;
const LAST_MS: f64 = 253402300799999;

/** Writes the time of expiry and what is left of it, or two empty fields; the same calendar as src/output/time-text.ts. */
function writeExpiry(out: usize, expireAtMs: f64, nowMs: f64): usize {
  if (Number.isNaN(expireAtMs)) return comma(comma(out));
  if (expireAtMs < FIRST_MS || expireAtMs > LAST_MS) return NOT_PLAIN;
  const time = <i64>expireAtMs;
  let days = time / DAY_MS;
  if (days * DAY_MS > time) days--;
  const ms = <u32>(time - days * DAY_MS);
  const shifted = days + EPOCH_DAYS;
  let era = shifted / ERA_DAYS;
  if (era * ERA_DAYS > shifted) era--;
  const dayOfEra = <u32>(shifted - era * ERA_DAYS);
  const yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146096) / 365;
  const dayOfYear = dayOfEra - (365 * yearOfEra + (yearOfEra >> 2) - yearOfEra / 100);
  const marchMonth = (5 * dayOfYear + 2) / 153;
  const day = dayOfYear - (153 * marchMonth + 2) / 5 + 1;
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
  const year = yearOfEra + <u32>era * 400 + (month <= 2 ? 1 : 0);
  padded(out, year, 4);
  store<u8>(out, 0x2d, 4);
  padded(out + 5, month, 2);
  store<u8>(out, 0x2d, 7);
  padded(out + 8, day, 2);
  store<u8>(out, 0x54, 10);
  padded(out + 11, ms / 3600000, 2);
  store<u8>(out, 0x3a, 13);
  padded(out + 14, (ms / 60000) % 60, 2);
  store<u8>(out, 0x3a, 16);
  padded(out + 17, (ms / 1000) % 60, 2);
  store<u8>(out, 0x2e, 19);
  padded(out + 20, ms % 1000, 3);
  store<u8>(out, 0x5a, 23);
  return comma(writeDecimal(comma(out + 24), time - <i64>nowMs));
}

function padded(at: usize, value: u32, count: usize): void {
  for (let place = at + count - 1; place >= at; place--) {
    store<u8>(place, <u8>(0x30 + (value % 10)));
    value /= 10;
  }
}

/** Fills the table of CRC-16/XMODEM; once per instance. */
export function fillSlotTable(): void {
  for (let byte: u32 = 0; byte < 256; byte++) {
    let crc = byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 0x8000) !== 0 ? (crc << 1) ^ 0x1021 : crc << 1;
    store<u16>(SLOTS + ((<usize>byte) << 1), <u16>crc);
  }
}

/** The cluster slot: of what stands between the first brace and the next closing one, if that is something. */
function slotOf(start: usize, end: usize): u32 {
  let from = start;
  let to = end;
  const open = find(start, end, 0x7b);
  if (open < end) {
    const close = find(open + 1, end, 0x7d);
    if (close < end && close > open + 1) {
      from = open + 1;
      to = close;
    }
  }
  let crc: u32 = 0;
  for (let at = from; at < to; at++) {
    const index = (crc >> 8) ^ <u32>load<u8>(at);
    crc = ((crc << 8) ^ <u32>load<u16>(SLOTS + ((<usize>index) << 1))) & 0xffff;
  }
  return crc & 16383;
}

function find(start: usize, end: usize, byte: u8): usize {
  let at = start;
  while (at < end && load<u8>(at) !== byte) at++;
  return at;
}

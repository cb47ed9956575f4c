/**
 * Scores of sorted sets as JSON numbers: the shortest text that reads back as the same double, as JavaScript prints it.
 *
 * A decimal of at most 15 digits that is nearest to some double is the shortest for it, and a quotient of two integers
 * that doubles hold exactly is rounded as a reader rounds the decimal. So a score whose text has at most 15 digits is
 * written from integers; any other is left to JavaScript.
 */

import { writeDecimal } from "../../../packages/rdb/assembly/strings";

/** The score has to be written by JavaScript. */
export const NOT_SHORT: usize = 0;

const SAFE_INTEGER_MAX: f64 = 9007199254740991;
/** Integers below have at most 15 digits. */
const FIFTEEN_DIGITS: f64 = 1e15;
/** JavaScript prints smaller numbers with an exponent. */
const PLAIN_MIN: f64 = 1e-6;
/** Powers of ten up to here are doubles. */
const EXACT_DECIMALS: i32 = 22;
/** Splits a double into two halves of 26 bits. */
const SPLITTER: f64 = 134217729;

/** Writes a score that is no NaN; room for 32 bytes is there. */
export function writeScore(out: usize, score: f64): usize {
  if (score === 0) return writeZero(out, 1 / score < 0);
  const isNegative = score < 0;
  const size = Math.abs(score);
  if (size <= SAFE_INTEGER_MAX && Math.floor(size) === size) return writeDecimal(out, <i64>score);
  if (size === Infinity) return writeInfinity(out, isNegative);
  if (size < PLAIN_MIN) return NOT_SHORT;
  let power: f64 = 10;
  for (let decimals = 1; decimals <= EXACT_DECIMALS; decimals++) {
    const scaled = Math.round(size * power);
    if (scaled >= FIFTEEN_DIGITS) return NOT_SHORT;
    if (scaled / power === size) return writeFraction(out, isNegative, <u64>scaled, decimals);
    power *= 10;
  }
  return NOT_SHORT;
}

function writeZero(out: usize, isNegative: bool): usize {
  if (!isNegative) {
    store<u8>(out, 0x30);
    return out + 1;
  }
  store<u16>(out, 0x302d);
  return out + 2;
}

/** `"inf"` or `"-inf"`: JSON has no number for it. */
function writeInfinity(out: usize, isNegative: bool): usize {
  store<u8>(out, 0x22);
  let to = out + 1;
  if (isNegative) store<u8>(to++, 0x2d);
  store<u32>(to, 0x22666e69);
  return to + 4;
}

/** Writes digits / 10^decimals; the last digit is not 0. */
function writeFraction(out: usize, isNegative: bool, digits: u64, decimals: i32): usize {
  let divisor: u64 = 1;
  for (let index = 0; index < min(decimals, 18); index++) divisor *= 10;
  const whole = decimals > 18 ? 0 : digits / divisor;
  let rest = decimals > 18 ? digits : digits - whole * divisor;
  if (isNegative) store<u8>(out++, 0x2d);
  const point = writeDecimal(out, <i64>whole);
  store<u8>(point, 0x2e);
  for (let place = point + <usize>decimals; place > point; place--) {
    store<u8>(place, <u8>(0x30 + (rest % 10)));
    rest /= 10;
  }
  return point + 1 + <usize>decimals;
}

/** Writes the score whose text, plain digits with a point at most, is [at, end). */
export function writeScoreText(out: usize, start: usize, end: usize): usize {
  let at = start;
  const isNegative = load<u8>(at) === 0x2d;
  if (isNegative) at++;
  let digits: u64 = 0;
  let count = 0;
  let decimals = -1;
  for (; at < end; at++) {
    const byte = <u32>load<u8>(at);
    if (byte === 0x2e && decimals < 0) {
      decimals = 0;
      continue;
    }
    if (byte - 0x30 > 9) return NOT_SHORT;
    digits = digits * 10 + <u64>(byte - 0x30);
    if (digits > 0) count++;
    if (decimals >= 0) decimals++;
    if (count > 17) return NOT_SHORT;
  }
  if (decimals < 1 || decimals > EXACT_DECIMALS) return NOT_SHORT;
  if (digits === 0) return writeZero(out, isNegative);
  if (count > 15) return writeLongText(out, isNegative, digits, decimals, count - 15);
  return writeTrimmed(out, isNegative, digits, decimals);
}

function writeTrimmed(out: usize, isNegative: bool, digits: u64, decimals: i32): usize {
  if (<f64>digits / powerOf(decimals) < PLAIN_MIN) return NOT_SHORT;
  while (decimals > 0 && digits % 10 === 0) {
    digits /= 10;
    decimals--;
  }
  if (decimals > 0) return writeFraction(out, isNegative, digits, decimals);
  return writeDecimal(out, isNegative ? 0 - <i64>digits : <i64>digits);
}

/**
 * A text of 16 or 17 digits, such as servers write with "%.17g". If the double nearest to its first 15 digits, rounded,
 * is also the double nearest to all of them, then those 15 are what is printed.
 */
function writeLongText(out: usize, isNegative: bool, digits: u64, decimals: i32, surplus: i32): usize {
  const unit: u64 = surplus === 1 ? 10 : 100;
  const short = (digits + unit / 2) / unit;
  const shortDecimals = decimals - surplus;
  if (shortDecimals < 1 || <f64>short >= FIFTEEN_DIGITS) return NOT_SHORT;
  const power = powerOf(shortDecimals);
  const nearest = <f64>short / power;
  // The text lies this far from `nearest`, counted in units of its last digit.
  const distance =
    <f64>(<i64>digits - <i64>(short * unit)) - productError(nearest, power, <f64>short) * <f64>unit;
  const above = reinterpret<f64>(reinterpret<u64>(nearest) + 1) - nearest;
  const below = nearest - reinterpret<f64>(reinterpret<u64>(nearest) - 1);
  const halfGap = (min(above, below) * power * <f64>unit) / 2;
  if (Math.abs(distance) > halfGap * 0.999) return NOT_SHORT;
  return writeTrimmed(out, isNegative, short, shortDecimals);
}

/** first * second - expected, exactly but for the last bits of a small number. */
function productError(first: f64, second: f64, expected: f64): f64 {
  const product = first * second;
  const firstBig = SPLITTER * first;
  const firstHigh = firstBig - (firstBig - first);
  const firstLow = first - firstHigh;
  const secondBig = SPLITTER * second;
  const secondHigh = secondBig - (secondBig - second);
  const secondLow = second - secondHigh;
  const lost =
    firstHigh * secondHigh - product + firstHigh * secondLow + firstLow * secondHigh + firstLow * secondLow;
  return product - expected + lost;
}

function powerOf(decimals: i32): f64 {
  let power: f64 = 1;
  for (let index = 0; index < decimals; index++) power *= 10;
  return power;
}

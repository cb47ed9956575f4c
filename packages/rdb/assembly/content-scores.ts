/**
 * Scores that stand as text in a packed encoding, read as the double that is nearest to the decimal.
 *
 * digits / 10^decimals with up to 18 digits: the quotient of the two as doubles is at most a few steps off, and which of
 * the doubles around it is nearest shows in what is left of the digits, computed with twice the bits. Exponents, infinities,
 * and decimals that lie too near to the middle of two doubles are left to JavaScript.
 */

/** Powers of ten up to here are doubles. */
const DECIMALS_MAX: i32 = 22;
const DIGITS_MAX: i32 = 18;
/** Splits a double into two halves of 26 bits. */
const SPLITTER: f64 = 134217729;
/** A rest within so much of half a step proves the double. */
const NEAR_HALF: f64 = 0.499;
const STEPS_MAX: i32 = 4;
/** Below, steps are no longer those of normal doubles; above, doubles are integers without a plain text. */
const LEAST: f64 = 1e-200;
const GREATEST: f64 = 1e18;

/** The score that was read last. */
export let score: f64 = 0;

/** Takes a score that is known. */
export function isScoreRead(value: f64): bool {
  score = value;
  return true;
}

/** Reads the text [start, end); false when it is left to JavaScript. */
export function readScore(start: usize, end: usize): bool {
  let at = start;
  const isNegative = at < end && load<u8>(at) === 0x2d;
  if (isNegative) at++;
  let digits: u64 = 0;
  let count = 0;
  let decimals = -1;
  let places = 0;
  for (; at < end; at++) {
    const byte = <u32>load<u8>(at);
    if (byte === 0x2e && decimals < 0) {
      decimals = 0;
      continue;
    }
    if (byte - 0x30 > 9) return false;
    digits = digits * 10 + <u64>(byte - 0x30);
    places++;
    if (digits > 0) count++;
    if (decimals >= 0) decimals++;
    if (count > DIGITS_MAX) return false;
  }
  if (places === 0 || decimals > DECIMALS_MAX) return false;
  if (!readQuotient(digits, max(decimals, 0))) return false;
  if (isNegative) score = -score;
  return true;
}

function readQuotient(digits: u64, decimals: i32): bool {
  let power: f64 = 1;
  for (let index = 0; index < decimals; index++) power *= 10;
  if (digits <= 9007199254740992) {
    // Both are doubles, so their quotient is rounded once.
    score = <f64>digits / power;
    return true;
  }
  let nearest = <f64>digits / power;
  if (nearest < LEAST || nearest > GREATEST) return false;
  for (let steps = 0; steps < STEPS_MAX; steps++) {
    const gap = reinterpret<f64>(reinterpret<u64>(nearest) + 1) - nearest;
    const below = nearest - reinterpret<f64>(reinterpret<u64>(nearest) - 1);
    const rest = restOf(digits, nearest, power);
    if (rest > gap * power * (1 - NEAR_HALF)) nearest = reinterpret<f64>(reinterpret<u64>(nearest) + 1);
    else if (-rest > below * power * (1 - NEAR_HALF))
      nearest = reinterpret<f64>(reinterpret<u64>(nearest) - 1);
    else {
      score = nearest;
      return rest <= gap * power * NEAR_HALF && -rest <= below * power * NEAR_HALF;
    }
  }
  return false;
}

/** digits - factor * power, exactly but for the last bits of a small number. */
function restOf(digits: u64, factor: f64, power: f64): f64 {
  const product = factor * power;
  const factorBig = SPLITTER * factor;
  const factorHigh = factorBig - (factorBig - factor);
  const factorLow = factor - factorHigh;
  const powerBig = SPLITTER * power;
  const powerHigh = powerBig - (powerBig - power);
  const powerLow = power - powerHigh;
  const lost =
    factorHigh * powerHigh - product + factorHigh * powerLow + factorLow * powerHigh + factorLow * powerLow;
  return <f64>(<i64>digits - <i64>product) - lost;
}

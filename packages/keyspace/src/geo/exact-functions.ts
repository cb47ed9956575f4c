/**
 * Sine, cosine and arcsine that are right to the last bit, or as good as: the distances that servers store come from a C library whose
 * functions are, and those of JavaScript engines are not in one case of about ten.
 *
 * Numbers here are sums of two doubles, about 106 bits, so that the result is rounded once. T. J. Dekker, "A floating-point technique for
 * extending the available precision" (1971).
 */

/** high + low, where low is less than half a last bit of high. */
interface Double2 {
  readonly high: number;
  readonly low: number;
}

/** 2^27 + 1: cuts a double into halves whose products are exact. */
const splitter = 134217729;
/** pi/2 to about 160 bits, in three doubles. */
const halfPi = [1.5707963267948966, 6.123233995736766e-17, -1.4973849048591833e-33] as const;
const termsMax = 30;

/** For |angle| up to 1000: the servers' are below 2 pi. */
export function exactSin(angle: number): number {
  const value = sinOf(angle, 0);
  return value.high + value.low;
}

/** The same for the cosine. */
export function exactCos(angle: number): number {
  const value = sinOf(angle, 1);
  return value.high + value.low;
}

/** For -1 to 1. */
export function exactAsin(sine: number): number {
  const guess = Math.asin(sine);
  const cosine = exactCos(guess);
  if (cosine === 0 || Math.abs(sine) === 1) return guess;
  const reached = sinOf(guess, 0);
  // One step of Newton's: the guess is off by a last bit or two, so that a double tells the rest.
  const rest = sine - reached.high - reached.low;
  const step = rest / cosine + (0.5 * Math.tan(guess) * rest * rest) / (cosine * cosine);
  return guess + step;
}

/** sin(angle + quarters × pi/2). */
function sinOf(angle: number, quarters: number): Double2 {
  const turns = Math.round(angle / halfPi[0]);
  const rest = withoutTurns(angle, turns);
  switch ((((turns + quarters) % 4) + 4) % 4) {
    case 0:
      return series(rest, rest, 1);
    case 1:
      return series({ high: 1, low: 0 }, rest, 0);
    case 2:
      return negative(series(rest, rest, 1));
    default:
      return negative(series({ high: 1, low: 0 }, rest, 0));
  }
}

/** angle − turns × pi/2. */
function withoutTurns(angle: number, turns: number): Double2 {
  if (turns === 0) return { high: angle, low: 0 };
  let rest: Double2 = { high: angle, low: 0 };
  for (const part of halfPi) rest = sum(rest, negative(product(turns, part)));
  return rest;
}

/** Taylor: first − first·x²/((n+1)(n+2)) + …, which is the sine from x and n = 1, the cosine from 1 and n = 0. */
function series(first: Double2, x: Double2, n: number): Double2 {
  const square = times(x, x);
  let term = first;
  let total = first;
  for (let index = n; index < n + 2 * termsMax; index += 2) {
    term = negative(over(times(term, square), (index + 1) * (index + 2)));
    total = sum(total, term);
    if (Math.abs(term.high) < Math.abs(total.high) * 2 ** -110) break;
  }
  return total;
}

function sum(a: Double2, b: Double2): Double2 {
  const high = a.high + b.high;
  const virtual = high - a.high;
  const low = a.high - (high - virtual) + (b.high - virtual) + a.low + b.low;
  return normal(high, low);
}

function times(a: Double2, b: Double2): Double2 {
  const { high, low } = product(a.high, b.high);
  return normal(high, low + a.high * b.low + a.low * b.high);
}

/** Of two doubles, exact. */
function product(a: number, b: number): Double2 {
  const high = a * b;
  const a1 = upperHalf(a);
  const a2 = a - a1;
  const b1 = upperHalf(b);
  const b2 = b - b1;
  return { high, low: a1 * b1 - high + a1 * b2 + a2 * b1 + a2 * b2 };
}

/** Divided by a small whole number. */
function over(a: Double2, divisor: number): Double2 {
  const high = a.high / divisor;
  const back = product(high, divisor);
  return normal(high, (a.high - back.high - back.low + a.low) / divisor);
}

function upperHalf(value: number): number {
  const scaled = splitter * value;
  return scaled - (scaled - value);
}

function normal(high: number, low: number): Double2 {
  const total = high + low;
  return { high: total, low: low - (total - high) };
}

function negative({ high, low }: Double2): Double2 {
  return { high: -high, low: -low };
}

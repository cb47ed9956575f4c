/**
 * The 80-bit floats with which servers on x86 add in INCRBYFLOAT and HINCRBYFLOAT: 64 bits of mantissa, round half to even.
 *
 *   text → mantissa × 2^exponent → sum, rounded again → text with up to 17 digits behind the point, zeros cut
 *
 * Such commands are logged as the result they had, so this counts only where one was logged as it was sent. Sources: string2ld and ld2string
 * (LD_STR_HUMAN) in util.c of Redis; held against live servers.
 */

/** mantissa × 2^exponent; the mantissa has up to 64 bits and a sign. */
interface LongDouble {
  readonly mantissa: bigint;
  readonly exponent: number;
}

const mantissaBits = 64;
/** Longer words are refused by servers before they are read. */
const textCharsMax = 5 * 1024 - 1;
/** Decimal exponents beyond which a number is infinite, or zero. */
const decimalExponentMax = 4932;
const decimalExponentMin = -4951;
const digitsShown = 17;
const decimal = /^([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/;
const hexadecimal = /^([+-]?)0[xX]([0-9a-fA-F]*)\.?([0-9a-fA-F]*)(?:[pP]([+-]?\d+))?$/;
/** Binary exponents beyond which a number is infinite, or zero. */
const binaryExponentMax = 16384;
const binaryExponentMin = -16445;

/** The text of the sum; undefined when a word is no finite number, or the sum is not. */
export function addDecimals(first: string, second: string): string | undefined {
  const [one, other] = [parse(first), parse(second)];
  return one === undefined || other === undefined ? undefined : textOf(add(one, other));
}

/** Whether the text is a finite number of this kind. */
export function isLongDouble(text: string): boolean {
  return parse(text) !== undefined;
}

function parse(text: string): LongDouble | undefined {
  if (text.length > textCharsMax) return undefined;
  const found = decimal.exec(text);
  const value = found === null ? parseHexadecimal(text) : parseDecimal(found);
  if (value === undefined || !text.startsWith("-")) return value;
  return { mantissa: -value.mantissa, exponent: value.exponent };
}

function parseDecimal([, , whole, fraction, exponent = "0"]: RegExpExecArray): LongDouble | undefined {
  if (whole + fraction === "") return undefined;
  const digits = BigInt(whole + fraction);
  if (digits === 0n) return { mantissa: 0n, exponent: 0 };
  const power = Number(exponent) - fraction.length;
  const size = digits.toString().length + power;
  if (size > decimalExponentMax + 1 || size < decimalExponentMin) return undefined;
  if (power >= 0) return rounded(digits * 10n ** BigInt(power), 0);
  return quotient(digits, 10n ** BigInt(-power));
}

function parseHexadecimal(text: string): LongDouble | undefined {
  const found = hexadecimal.exec(text);
  if (found === null || found[2] + found[3] === "") return undefined;
  const [, , whole, fraction, exponent = "0"] = found;
  const mantissa = BigInt(`0x${whole}${fraction}`);
  if (mantissa === 0n) return { mantissa, exponent: 0 };
  const power = Number(exponent) - 4 * fraction.length;
  const size = bitsOf(mantissa) + power;
  return size > binaryExponentMax || size < binaryExponentMin ? undefined : rounded(mantissa, power);
}

/** numerator ÷ denominator, both positive. */
function quotient(numerator: bigint, denominator: bigint): LongDouble {
  const shift = Math.max(0, mantissaBits + 2 + bitsOf(denominator) - bitsOf(numerator));
  const scaled = numerator << BigInt(shift);
  const whole = scaled / denominator;
  // Whatever is left over only tells which side of a half the number lies: one bit below says as much.
  const sticky = scaled % denominator === 0n ? 0n : 1n;
  return rounded((whole << 1n) | sticky, -shift - 1);
}

function add(first: LongDouble, second: LongDouble): LongDouble {
  const exponent = Math.min(first.exponent, second.exponent);
  const sum =
    (first.mantissa << BigInt(first.exponent - exponent)) +
    (second.mantissa << BigInt(second.exponent - exponent));
  const value = rounded(sum < 0n ? -sum : sum, exponent);
  return sum < 0n ? { mantissa: -value.mantissa, exponent: value.exponent } : value;
}

/** mantissa × 2^exponent with at most 64 bits; `mantissa` is not negative. */
function rounded(mantissa: bigint, exponent: number): LongDouble {
  const excess = bitsOf(mantissa) - mantissaBits;
  if (excess <= 0) return { mantissa, exponent };
  return { mantissa: halfToEven(mantissa, BigInt(excess)), exponent: exponent + excess };
}

/** mantissa ÷ 2^bits, rounded. */
function halfToEven(mantissa: bigint, bits: bigint): bigint {
  const whole = mantissa >> bits;
  const rest = mantissa & ((1n << bits) - 1n);
  const half = 1n << (bits - 1n);
  const isUp = rest > half || (rest === half && (whole & 1n) === 1n);
  return isUp ? whole + 1n : whole;
}

function textOf({ mantissa, exponent }: LongDouble): string {
  const size = mantissa < 0n ? -mantissa : mantissa;
  const scaled = size * 10n ** BigInt(digitsShown);
  const units = exponent >= 0 ? scaled << BigInt(exponent) : halfToEven(scaled, BigInt(-exponent));
  const digits = units.toString().padStart(digitsShown + 1, "0");
  const whole = digits.slice(0, -digitsShown);
  const fraction = digits.slice(-digitsShown).replace(/0+$/, "");
  const text = fraction === "" ? whole : `${whole}.${fraction}`;
  return mantissa < 0n && text !== "0" ? `-${text}` : text;
}

function bitsOf(value: bigint): number {
  return value === 0n ? 0 : value.toString(2).length;
}

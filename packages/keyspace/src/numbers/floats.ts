/**
 * Doubles as servers read them from a word: what strtod takes whole, without space in front, and no NaN.
 *
 *   1  -1.5e3  .5  5.  0x1p3  inf  -Infinity
 *
 * What overflows, or becomes zero although it is not, is refused. Source: getDoubleFromObject in object.c of Redis; held against live
 * servers (test/numbers-servers.test.ts).
 */

const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const infinite = /^([+-]?)inf(?:inity)?$/i;
const hexadecimal = /^([+-]?)0[xX]([0-9a-fA-F]*)(?:\.([0-9a-fA-F]*))?(?:[pP]([+-]?\d+))?$/;
/** A text that is zero has no digit but 0 in front of its exponent. */
const zeroText = /^[+-]?[0.]*(?:[eE].*)?$/;

/** The double that a text spells; undefined for any other text, for NaN, and for what a double cannot hold. */
export function parseDouble(text: string): number | undefined {
  if (decimal.test(text)) {
    const value = Number(text);
    if (!Number.isFinite(value)) return undefined;
    return value === 0 && !zeroText.test(text) ? undefined : value;
  }
  const found = infinite.exec(text);
  if (found !== null) return found[1] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return parseHexadecimal(text);
}

function parseHexadecimal(text: string): number | undefined {
  const found = hexadecimal.exec(text);
  if (found === null) return undefined;
  const [, sign, whole, fraction = "", exponent = "0"] = found;
  const digits = whole + fraction;
  if (digits === "") return undefined;
  const mantissa = BigInt(`0x${digits}`);
  const value = scaled(mantissa, Number(exponent) - 4 * fraction.length);
  if (!Number.isFinite(value) || (value === 0 && mantissa !== 0n)) return undefined;
  return sign === "-" ? -value : value;
}

/** mantissa × 2^power, in steps that a double can take. */
function scaled(mantissa: bigint, power: number): number {
  const first = Math.max(-1000, Math.min(1000, power));
  const rest = Math.max(-1100, Math.min(1100, power - first));
  return Number(mantissa) * 2 ** first * 2 ** rest;
}

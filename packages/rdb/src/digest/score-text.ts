/**
 * Scores as text, digit for digit as servers print them into a digest.
 *
 *   seventeen   the C library's %.17g                     Redis up to 7.0
 *   shortest    few digits that read back as the score    Redis since 7.2, Valkey
 *
 * The shortest form is Grisu2 of the fpconv library: nearly always the fewest digits, not quite, so that
 * what JavaScript prints does not always do. Sources: Loitsch, "Printing Floating-Point Numbers Quickly and
 * Accurately with Integers" (2010); redis src/debug.c, deps/fpconv; both held against live servers.
 */

export type ScoreForm = "seventeen" | "shortest";

/** `score` in this form. */
export function scoreText(score: number, form: ScoreForm): string {
  if (Number.isInteger(score) && Math.abs(score) < 1e8) return Object.is(score, -0) ? "-0" : String(score);
  if (Number.isNaN(score)) return "nan";
  if (!Number.isFinite(score)) return score > 0 ? "inf" : "-inf";
  const sign = score < 0 ? "-" : "";
  return sign + (form === "shortest" ? shortest(Math.abs(score)) : seventeen(Math.abs(score)));
}

/** `value` is positive and finite. */
function seventeen(value: number): string {
  const [digits, exponent] = seventeenDigits(value);
  if (exponent < -4 || exponent >= 17) {
    const size = String(Math.abs(exponent)).padStart(2, "0");
    return `${withoutZeros(`${digits[0]}.${digits.slice(1)}`)}e${exponent < 0 ? "-" : "+"}${size}`;
  }
  if (exponent < 0) return withoutZeros(`0.${"0".repeat(-exponent - 1)}${digits}`);
  return withoutZeros(`${digits.slice(0, exponent + 1)}.${digits.slice(exponent + 1)}`);
}

/** C rounds what lies exactly between two texts to the even digit, JavaScript upwards. */
function seventeenDigits(value: number): [digits: string, exponent: number] {
  const [exact, exactExponent] = value.toExponential(60).split("e");
  if (/^.{18}50*$/.test(exact) && (exact.charCodeAt(17) & 1) === 0)
    return [exact.slice(0, 18).replace(".", ""), Number(exactExponent)];
  const [digits, exponent] = value.toExponential(16).split("e");
  return [digits.replace(".", ""), Number(exponent)];
}

function withoutZeros(text: string): string {
  return text.replace(/\.?0*$/, "");
}

/** A number fraction × 2^exponent; the fraction has 64 bits. */
interface Scaled {
  readonly fraction: bigint;
  readonly exponent: number;
}

const hiddenBit = 1n << 52n;

function shortest(value: number): string {
  const [digits, power] = grisu(value);
  const count = digits.length;
  const exponent = Math.abs(power + count - 1);
  if (power >= 0 && exponent < count + 7) return digits + "0".repeat(power);
  if (power < 0 && (power > -7 || exponent < 4)) {
    const whole = count + power;
    if (whole <= 0) return `0.${"0".repeat(-whole)}${digits}`;
    return `${digits.slice(0, whole)}.${digits.slice(whole)}`;
  }
  const fraction = count > 1 ? `.${digits.slice(1)}` : "";
  return `${digits[0]}${fraction}e${power + count - 1 < 0 ? "-" : "+"}${exponent}`;
}

/** Digits and a power of ten: the value is digits × 10^power. */
function grisu(value: number): [digits: string, power: number] {
  const bits = new BigUint64Array(Float64Array.of(value).buffer)[0];
  const stored = Number(bits >> 52n);
  const fraction = (bits & (hiddenBit - 1n)) + (stored === 0 ? 0n : hiddenBit);
  const exponent = stored === 0 ? -1074 : stored - 1075;
  const upper = normalized(2n * fraction + 1n, exponent - 1);
  const shift = fraction === hiddenBit ? 2 : 1;
  const lower = ((fraction << BigInt(shift)) - 1n) << BigInt(exponent - shift - upper.exponent);
  const middle = normalized(fraction, exponent);
  const { power, scale } = powerFor(upper.exponent);
  const top = product(upper, scale).fraction - 1n;
  const bottom = product({ fraction: lower, exponent: 0 }, scale).fraction + 1n;
  const at = product(middle, scale);
  return digitsBetween(top, bottom, at, -power);
}

function normalized(fraction: bigint, exponent: number): Scaled {
  const shift = 64 - fraction.toString(2).length;
  return { fraction: fraction << BigInt(shift), exponent: exponent - shift };
}

/** Rounded to 64 bits again. */
function product(first: Scaled, second: Scaled): Scaled {
  return {
    fraction: (first.fraction * second.fraction + (1n << 63n)) >> 64n,
    exponent: first.exponent + second.exponent + 64,
  };
}

const firstPower = -348;
const powerStep = 8;

/** The power of ten, one in eight, that brings a number of this exponent to one between -60 and -32. */
function powerFor(exponent: number): { readonly power: number; readonly scale: Scaled } {
  const estimate = -(exponent + 87) * 0.30102999566398114;
  let index = Math.trunc((estimate - firstPower) / powerStep);
  for (;;) {
    const power = firstPower + index * powerStep;
    const scale = powerOfTen(power);
    const reached = exponent + scale.exponent + 64;
    if (reached < -60) index++;
    else if (reached > -32) index--;
    else return { power, scale };
  }
}

const powers = new Map<number, Scaled>();
for (let power = firstPower; power <= 340; power += powerStep) powers.set(power, makePower(power));

function powerOfTen(power: number): Scaled {
  return powers.get(power) ?? makePower(power);
}

/** 10^power, rounded to nearest in 64 bits. */
function makePower(power: number): Scaled {
  const ten = 10n ** BigInt(Math.abs(power));
  const bitCount = ten.toString(2).length;
  const precision = 2 * bitCount + 160;
  const large = power >= 0 ? ten << BigInt(precision) : (1n << BigInt(precision)) / ten;
  const shift = large.toString(2).length - 64;
  const fraction = (large + (1n << BigInt(shift - 1))) >> BigInt(shift);
  return { fraction, exponent: shift - precision };
}

/** As few digits as tell a number between bottom and top, moved towards `at`. */
function digitsBetween(
  top: bigint,
  bottom: bigint,
  at: Scaled,
  start: number,
): [digits: string, power: number] {
  const bits = BigInt(-at.exponent);
  const one = 1n << bits;
  const width = top - bottom;
  const wanted = top - at.fraction;
  let whole = top >> bits;
  let rest = top & (one - 1n);
  let digits = "";
  let left = 10;
  for (let divisor = 1_000_000_000n; left > 0; divisor /= 10n) {
    const digit = whole / divisor;
    if (digit > 0n || digits !== "") digits += digit;
    whole -= digit * divisor;
    left--;
    const remainder = (whole << bits) + rest;
    if (remainder <= width)
      return [towards(digits, { width, remainder, step: divisor << bits, wanted }), start + left];
  }
  for (let scale = 10n; ; scale *= 10n) {
    rest *= 10n;
    left--;
    const digit = rest >> bits;
    if (digit > 0n || digits !== "") digits += digit;
    rest &= one - 1n;
    if (rest < width * scale) {
      const gap = { width: width * scale, remainder: rest, step: one, wanted: wanted * scale };
      return [towards(digits, gap), start + left];
    }
  }
}

/** Lowers the last digit as long as that comes nearer to the number. */
function towards(
  digits: string,
  gap: { readonly width: bigint; remainder: bigint; readonly step: bigint; readonly wanted: bigint },
): string {
  const { width, step, wanted } = gap;
  let { remainder } = gap;
  let last = digits.charCodeAt(digits.length - 1);
  while (
    remainder < wanted &&
    width - remainder >= step &&
    (remainder + step < wanted || wanted - remainder > remainder + step - wanted)
  ) {
    last--;
    remainder += step;
  }
  return digits.slice(0, -1) + String.fromCharCode(last);
}

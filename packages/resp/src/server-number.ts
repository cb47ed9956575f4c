/**
 * Header lines as the loaders of servers read them, which is less strictly than servers write them.
 *
 *   *3\n          LF alone ends a line
 *   *3 cats\r\n   digits are read as far as they go (atoi, strtol): white space and a sign may stand before them
 *   $\r\n         no digits at all are 0
 *
 * A line is at most 1023 bytes with its end; what is longer is cut there and the rest is taken for the next line. A count keeps its
 * low 32 bits. Source: loadSingleAppendOnlyFile in aof.c, the same in Redis 7.0 to 8.6 and Valkey 9.1; the tests of
 * the aof package hold LF alone, sizes below zero and bytes behind an argument against live servers.
 */
import type { Damage, NumberLine } from "./number-line.ts";

const LF = 0x0a;
const STAR = 0x2a;
/** What fgets() reads at most into the loader's buffer. */
const SERVER_LINE_BYTES = 1023;
/** A larger number becomes this one. */
const INT64_MAX = 2n ** 63n - 1n;

export interface ServerNumber {
  readonly value: number;
  /** Index in the buffer behind the line. */
  readonly behind: number;
  readonly deviation: Damage;
}

/**
 * The number of a line that is not as servers write it, as they read it. "short": more bytes are needed; "truncated": there are no more, and
 * a loader takes this for the end of a file that was cut. undefined: servers refuse it too, for what `line.damage` says.
 */
export function readServerNumber(
  buffer: Uint8Array,
  at: number,
  limit: number,
  context: { readonly line: NumberLine; readonly hasEnded: boolean },
): ServerNumber | "short" | "truncated" | undefined {
  const { line, hasEnded } = context;
  const damage = line.damage;
  if (damage !== undefined && damage.code === "RESP_BAD_PREFIX") return undefined;
  const lineMax = Math.min(limit, at + SERVER_LINE_BYTES);
  const lf = buffer.subarray(0, lineMax).indexOf(LF, at);
  const behind = lf === -1 ? lineMax : lf + 1;
  const isWhole = lf !== -1 || lineMax - at === SERVER_LINE_BYTES;
  if (!isWhole && !hasEnded) return "short";
  // A loader tells a lone star from one with something behind it by the first zero byte.
  if (buffer[at] === STAR && (behind === at + 1 || buffer[at + 1] === 0)) return "truncated";
  const isCount = buffer[at] === STAR;
  const number = leadingNumber(buffer, at + 1, behind);
  const value = Number(isCount ? BigInt.asIntN(32, number) : number);
  if (!isWhole && (!isCount || value > 0)) return "truncated";
  if (value < (isCount ? 1 : 0)) {
    const detail = `expected a number of 1 or more, found ${value}`;
    line.damaged("RESP_BAD_NUMBER", damage?.detail ?? detail, damage?.at ?? at + 1);
    return undefined;
  }
  if (lf !== -1) return { value, behind, deviation: damage! };
  const detail = `no end of line in ${SERVER_LINE_BYTES} bytes: servers take what follows for the next line`;
  return { value, behind, deviation: { code: "RESP_LINE_TOO_LONG", detail, at } };
}

/** As strtol() reads: white space, a sign, digits; 0 without digits. */
function leadingNumber(buffer: Uint8Array, start: number, end: number): bigint {
  let text = "";
  for (let at = start; at < end && buffer[at] !== 0; at++) text += String.fromCharCode(buffer[at]);
  const match = /^[ \t\n\v\f\r]*([+-]?\d+)/.exec(text);
  if (match === null) return 0n;
  const magnitude = BigInt(match[1].replace(/^[+-]/, ""));
  const clamped = magnitude > INT64_MAX ? INT64_MAX : magnitude;
  return match[1].startsWith("-") ? -clamped : clamped;
}

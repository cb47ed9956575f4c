/**
 * The values that fit in one line of a reply: numbers of four kinds, booleans, nulls, texts. See reply.ts for how they look.
 */
import type { RespErrorCode } from "./errors.ts";
import type { Reply } from "./reply.ts";

const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;
const INTEGER = /^[+-]?\d{1,20}$/;
const BIG_NUMBER = /^[+-]?\d+$/;
const DOUBLE = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const SPECIAL_DOUBLES: ReadonlyMap<string, number> = new Map([
  ["inf", Number.POSITIVE_INFINITY],
  ["+inf", Number.POSITIVE_INFINITY],
  ["-inf", Number.NEGATIVE_INFINITY],
  ["nan", Number.NaN],
  // What printf makes of some results; Redis 6 and 7 sent it.
  ["-nan", Number.NaN],
]);

/** What is wrong with the text behind the prefix. */
export interface BadValue {
  readonly code: RespErrorCode;
  readonly detail: string;
}

/** The value of a line, by its prefix; undefined for a prefix that begins none of these. The bytes of a text are a copy. */
export function readLineValue(prefix: string, line: Uint8Array): Reply | BadValue | undefined {
  switch (prefix) {
    case "+":
      return { kind: "simple-string", bytes: line.slice() };
    case "-":
      return { kind: "error", bytes: line.slice(), isLong: false };
    case ":":
      return readInteger(latin1(line));
    case "_":
      return line.length === 0 ? { kind: "null", of: "any" } : bad("expected nothing behind _");
    case "#":
      return readBoolean(latin1(line));
    case ",":
      return readDouble(latin1(line));
    case "(":
      return readBigNumber(latin1(line));
    default:
      return undefined;
  }
}

export function isBadValue(value: Reply | BadValue): value is BadValue {
  return "code" in value;
}

function readInteger(text: string): Reply | BadValue {
  if (!INTEGER.test(text)) return { code: "RESP_BAD_NUMBER", detail: "expected an integer" };
  const value = Number(text);
  if (Number.isSafeInteger(value)) return { kind: "integer", value };
  const exact = BigInt(text);
  if (exact < INT64_MIN || exact > INT64_MAX)
    return { code: "RESP_BAD_NUMBER", detail: "an integer of more than 64 bits" };
  return { kind: "integer", value: exact };
}

function readBoolean(text: string): Reply | BadValue {
  if (text !== "t" && text !== "f") return bad("expected t or f behind #");
  return { kind: "boolean", value: text === "t" };
}

function readDouble(text: string): Reply | BadValue {
  const value = SPECIAL_DOUBLES.get(text.toLowerCase()) ?? (DOUBLE.test(text) ? Number(text) : undefined);
  return value === undefined
    ? { code: "RESP_BAD_NUMBER", detail: "expected a floating point number" }
    : { kind: "double", value, text };
}

function readBigNumber(text: string): Reply | BadValue {
  if (!BIG_NUMBER.test(text)) return { code: "RESP_BAD_NUMBER", detail: "expected a big number" };
  const magnitude = BigInt(text.replace(/^[+-]/, ""));
  return { kind: "big-number", value: text.startsWith("-") ? -magnitude : magnitude };
}

function bad(detail: string): BadValue {
  return { code: "RESP_BAD_VALUE", detail };
}

/** One character for each byte. */
export function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}

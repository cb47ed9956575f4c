/**
 * Which keys a command looks at: the filter options, parsed once, asked once a key before its value is read.
 *
 * Values of one option are alternatives, different options must all hold, and the --not- form of an option
 * excludes what any of its values fits:
 *
 *   --db 0 --db 1 --key 'user:*' --not-type hash      in db 0 or 1, AND named user:…, AND not a hash
 *
 * Settings are plain data, so that a worker thread can be given them. Memory and elements are known only
 * after the value was stepped over: `fitsSizes` is asked then.
 */

import { CLUSTER_SLOTS, isUtf8, slotOfKey } from "@holdfast/bytes";
import { Glob } from "./glob.ts";
import { UsageError } from "./problems.ts";
import { parseDuration, parseSize } from "./sizes-and-times.ts";

/** Half-open on neither side: both ends belong to the range. */
export interface NumberRange {
  readonly from: number;
  readonly to: number;
}

/** One option with all its values. */
export type FilterRule = { readonly isNegated: boolean } & (
  | { readonly option: "db"; readonly values: readonly number[] }
  | { readonly option: "key" | "key-regex" | "type"; readonly values: readonly string[] }
  | { readonly option: "slot"; readonly values: readonly NumberRange[] }
  /** `range` in Unix ms; without one, "none": keys that never expire. */
  | { readonly option: "expires"; readonly values: readonly (NumberRange | "none")[] }
  | { readonly option: "min-memory" | "min-elements"; readonly values: readonly number[] }
);

export type FilterSettings = readonly FilterRule[];

/** What a filter asks about a key, borrowed from the decoder. */
export interface FilteredHead {
  readonly db: number;
  readonly keyBuffer: Uint8Array;
  readonly keyStart: number;
  readonly keyEnd: number;
  readonly type: string;
  readonly expireAtMs: number | undefined;
}

export const filterOptions = [
  "db",
  "key",
  "key-regex",
  "type",
  "slot",
  "expires",
  "min-memory",
  "min-elements",
] as const;
export type FilterOption = (typeof filterOptions)[number];

export const filterableTypes = [
  "string",
  "list",
  "set",
  "zset",
  "hash",
  "stream",
  "array",
  "module",
] as const;

/** Turns the texts given for one option, which a command may call by another name, into a rule. Throws UsageError with what is allowed. */
export function parseFilter(
  option: FilterOption,
  texts: readonly string[],
  isNegated: boolean,
  nowMs: number,
  flag: string = option,
): FilterRule {
  switch (option) {
    case "db":
      return {
        option,
        isNegated,
        values: texts.map((text) => wholeNumber(option, text, "a database number, such as 0")),
      };
    case "key":
      return { option, isNegated, values: texts };
    case "key-regex":
      for (const text of texts) checkExpression(flag, text);
      return { option, isNegated, values: texts };
    case "type":
      for (const text of texts) checkType(text);
      return { option, isNegated, values: texts };
    case "slot":
      return { option, isNegated, values: texts.map(parseSlots) };
    case "expires":
      return { option, isNegated, values: texts.map((text) => parseExpiry(text, nowMs)) };
    case "min-memory":
      return { option, isNegated, values: texts.map(parseMemory) };
    case "min-elements":
      return {
        option,
        isNegated,
        values: texts.map((text) => wholeNumber(option, text, "a number of elements")),
      };
  }
}

/** A filter ready to be asked. */
export class KeyFilter {
  readonly #headTests: readonly ((head: FilteredHead) => boolean)[];
  readonly #sizeRules: readonly FilterRule[];

  constructor(settings: FilterSettings) {
    this.#headTests = settings.filter((rule) => !isSizeRule(rule)).map(headTest);
    this.#sizeRules = settings.filter(isSizeRule);
  }

  /** True when every key passes on what its head says. */
  get isOpen(): boolean {
    return this.#headTests.length === 0;
  }

  /** True when fitsSizes() has a say. */
  get asksSizes(): boolean {
    return this.#sizeRules.length > 0;
  }

  fitsHead(head: FilteredHead): boolean {
    for (const test of this.#headTests) if (!test(head)) return false;
    return true;
  }

  /** `itemCount` undefined: the file does not say (modules), which is taken as one element. */
  fitsSizes(memoryBytes: number, itemCount: number | undefined): boolean {
    for (const rule of this.#sizeRules) {
      const value = rule.option === "min-memory" ? memoryBytes : (itemCount ?? 1);
      if ((rule.values as readonly number[]).some((least) => value >= least) === rule.isNegated) return false;
    }
    return true;
  }
}

function isSizeRule(rule: FilterRule): boolean {
  return rule.option === "min-memory" || rule.option === "min-elements";
}

function headTest(rule: FilterRule): (head: FilteredHead) => boolean {
  const test = positiveTest(rule);
  return rule.isNegated ? (head) => !test(head) : test;
}

function positiveTest(rule: FilterRule): (head: FilteredHead) => boolean {
  switch (rule.option) {
    case "db":
      return (head) => rule.values.includes(head.db);
    case "type":
      return (head) => rule.values.includes(head.type);
    case "key": {
      const globs = rule.values.map((pattern) => new Glob(Buffer.from(pattern, "utf8")));
      return (head) => globs.some((glob) => glob.matches(head.keyBuffer, head.keyStart, head.keyEnd));
    }
    case "key-regex": {
      const expressions = rule.values.map((text) => new RegExp(text, "u"));
      return (head) => {
        const text = matchableText(head.keyBuffer.subarray(head.keyStart, head.keyEnd));
        return expressions.some((expression) => expression.test(text));
      };
    }
    case "slot":
      return (head) =>
        isInRanges(slotOfKey(head.keyBuffer.subarray(head.keyStart, head.keyEnd)), rule.values);
    case "expires":
      return (head) => fitsExpiry(head.expireAtMs, rule.values);
    default:
      return () => true;
  }
}

/** UTF-8 keys are matched as text; any other as one character a byte, so that \xff in an expression is that byte. */
function matchableText(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString(isUtf8(key) ? "utf8" : "latin1");
}

function fitsExpiry(expireAtMs: number | undefined, values: readonly (NumberRange | "none")[]): boolean {
  for (const value of values) {
    if (
      value === "none"
        ? expireAtMs === undefined
        : expireAtMs !== undefined && isInRanges(expireAtMs, [value])
    )
      return true;
  }
  return false;
}

function isInRanges(value: number, ranges: readonly NumberRange[]): boolean {
  return ranges.some((range) => value >= range.from && value <= range.to);
}

function wholeNumber(option: string, text: string, wanted: string): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw new UsageError(`--${option} wants ${wanted}, not "${text}"`);
  return value;
}

function checkExpression(flag: string, text: string): void {
  try {
    new RegExp(text, "u");
  } catch (cause) {
    throw new UsageError(`--${flag} cannot be understood: ${(cause as Error).message}`, { cause });
  }
}

function checkType(text: string): void {
  if (!(filterableTypes as readonly string[]).includes(text)) {
    throw new UsageError(`--type knows ${filterableTypes.join(", ")}; not "${text}"`);
  }
}

function parseSlots(text: string): NumberRange {
  const match = /^(\d+)(?:-(\d+))?$/.exec(text);
  const from = Number(match?.[1]);
  const to = Number(match?.[2] ?? match?.[1]);
  if (match === null || from > to || to >= CLUSTER_SLOTS) {
    throw new UsageError(
      `--slot wants a slot or a range between 0 and ${CLUSTER_SLOTS - 1}, such as 0-5460, not "${text}"`,
    );
  }
  return { from, to };
}

function parseMemory(text: string): number {
  const value = parseSize(text);
  if (value === undefined)
    throw new UsageError(`--min-memory wants a size, such as 10KiB or 4096, not "${text}"`);
  return value;
}

const farPast = Number.NEGATIVE_INFINITY;
const farFuture = Number.POSITIVE_INFINITY;

function parseExpiry(text: string, nowMs: number): NumberRange | "none" {
  if (text === "none") return "none";
  if (text === "any") return { from: farPast, to: farFuture };
  if (text === "past") return { from: farPast, to: nowMs };
  const dots = text.indexOf("..");
  if (dots === -1) throw unclearExpiry(text);
  const from = text.slice(0, dots);
  const to = text.slice(dots + 2);
  return {
    from: from === "" ? farPast : parseMoment(from, text, nowMs),
    to: to === "" ? farFuture : parseMoment(to, text, nowMs),
  };
}

/** `now`, a duration from now such as 2h or -1d, or a time of RFC 3339. */
function parseMoment(moment: string, text: string, nowMs: number): number {
  if (moment === "now") return nowMs;
  const isBack = moment.startsWith("-");
  const durationMs = parseDuration(moment.replace(/^[+-]/, ""));
  if (durationMs !== undefined) return isBack ? nowMs - durationMs : nowMs + durationMs;
  const timeMs = /^\d{4}-\d{2}-\d{2}/.test(moment) ? Date.parse(moment) : Number.NaN;
  if (Number.isNaN(timeMs)) throw unclearExpiry(text);
  return timeMs;
}

function unclearExpiry(text: string): UsageError {
  return new UsageError(
    `--expires wants none, any, past, or A..B with now, a duration (2h, -1d) or a time (2026-01-31T12:00:00Z), not "${text}"`,
  );
}

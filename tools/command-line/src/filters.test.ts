import { slotOfKey } from "@holdfast/bytes";
import { describe, expect, test } from "vitest";
import { type FilterOption, type FilterRule, KeyFilter, parseFilter } from "./filters.ts";
import { UsageError } from "./problems.ts";

const nowMs = Date.parse("2026-01-31T12:00:00Z");
const hourMs = 3_600_000;

const head = (changes: { db?: number; key?: string; type?: string; expireAtMs?: number }) => {
  const keyBuffer = Buffer.from(`--${changes.key ?? "k"}--`, "latin1");
  return {
    db: changes.db ?? 0,
    keyBuffer,
    keyStart: 2,
    keyEnd: keyBuffer.length - 2,
    type: changes.type ?? "string",
    expireAtMs: changes.expireAtMs,
  };
};

const rule = (option: FilterOption, ...texts: string[]) => parseFilter(option, texts, false, nowMs);
const not = (option: FilterOption, ...texts: string[]) => parseFilter(option, texts, true, nowMs);
const fits = (rules: FilterRule[], changes: Parameters<typeof head>[0]) =>
  new KeyFilter(rules).fitsHead(head(changes));

describe("a filter", () => {
  test("without options lets every key pass", () => {
    expect(new KeyFilter([]).isOpen).toBe(true);
    expect(fits([], {})).toBe(true);
  });

  test("takes the values of one option as alternatives", () => {
    expect([0, 1, 2].map((db) => fits([rule("db", "0", "2")], { db }))).toEqual([true, false, true]);
  });

  test("wants all of its options to hold", () => {
    const rules = [rule("key", "user:*"), rule("type", "hash")];
    expect(fits(rules, { key: "user:1", type: "hash" })).toBe(true);
    expect(fits(rules, { key: "user:1", type: "list" })).toBe(false);
    expect(fits(rules, { key: "cart:1", type: "hash" })).toBe(false);
  });

  test("excludes with the --not- form what any of its values fits", () => {
    const rules = [not("key", "tmp:*", "cache:*")];
    expect(["tmp:1", "cache:1", "user:1"].map((key) => fits(rules, { key }))).toEqual([false, false, true]);
  });

  test("matches an expression on text, and on single bytes where a key is no text", () => {
    expect(fits([rule("key-regex", "^user:\\d+$")], { key: "user:12" })).toBe(true);
    expect(fits([rule("key-regex", "^\\xff")], { key: "\xffabc" })).toBe(true);
  });

  test("knows the cluster slot of a key and of its hash tag", () => {
    const slot = slotOfKey(Buffer.from("42"));
    expect(fits([rule("slot", String(slot))], { key: "user:{42}:name" })).toBe(true);
    expect(fits([rule("slot", "0-16383")], { key: "anything" })).toBe(true);
    expect(fits([not("slot", "0-16383")], { key: "anything" })).toBe(false);
  });

  test.each([
    ["none", [true, false, false, false]],
    ["any", [false, true, true, true]],
    ["past", [false, true, false, false]],
    ["now..2h", [false, false, true, false]],
    ["2h..", [false, false, false, true]],
    ["..2026-01-31T11:59:00Z", [false, true, false, false]],
    ["-2h..now", [false, true, false, false]],
  ])("--expires %s tells keys without expiry, expired, soon and late apart", (text, expected) => {
    const times = [undefined, nowMs - hourMs, nowMs + hourMs, nowMs + 24 * hourMs];
    const changes = times.map((expireAtMs) => (expireAtMs === undefined ? {} : { expireAtMs }));
    expect(changes.map((change) => fits([rule("expires", text)], change))).toEqual(expected);
  });

  test("asks for memory and elements after the value was stepped over", () => {
    const filter = new KeyFilter([rule("min-memory", "1KiB"), not("min-elements", "100")]);
    expect(filter.asksSizes).toBe(true);
    expect(filter.fitsSizes(1024, 99)).toBe(true);
    expect(filter.fitsSizes(1023, 99)).toBe(false);
    expect(filter.fitsSizes(1024, 100)).toBe(false);
    expect(filter.fitsSizes(1024, undefined)).toBe(true);
  });

  test.each<[FilterOption, string]>([
    ["db", "x"],
    ["db", "-1"],
    ["key-regex", "("],
    ["type", "strings"],
    ["slot", "16384"],
    ["slot", "9-3"],
    ["expires", "tomorrow"],
    ["expires", "1..2"],
    ["min-memory", "much"],
    ["min-elements", "1.5"],
  ])("--%s %s is refused with what is allowed", (option, text) => {
    expect(() => rule(option, text)).toThrow(UsageError);
  });
});

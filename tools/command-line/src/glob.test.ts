import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Glob } from "./glob.ts";

const bytes = (text: string) => Buffer.from(text, "latin1");
const matches = (pattern: string, text: string) => new Glob(bytes(pattern)).matches(bytes(text));

describe("a key glob means what KEYS means", () => {
  test.each([
    ["*", "", true],
    ["*", "anything", true],
    ["user:*", "user:", true],
    ["user:*", "users:1", false],
    ["h?llo", "hello", true],
    ["h?llo", "hllo", false],
    ["h[ae]llo", "hallo", true],
    ["h[ae]llo", "hillo", false],
    ["h[^e]llo", "hallo", true],
    ["h[^e]llo", "hello", false],
    ["h[a-b]llo", "hbllo", true],
    ["h[b-a]llo", "hallo", true],
    ["h\\*llo", "h*llo", true],
    ["h\\*llo", "hello", false],
    ["[\\]]", "]", true],
    ["[a", "a", true],
    ["a\\", "a\\", true],
    ["*:*:end", "a:b:c:end", true],
    ["*:*:end", "a:end", false],
    ["a**b", "ab", true],
    ["", "", true],
    ["", "a", false],
    ["\xff?", "\xff\x00", true],
  ])("%s against %s is %s", (pattern, text, expected) => expect(matches(pattern, text)).toBe(expected));

  test("it agrees with a regular expression on stars and question marks", () => {
    const parts = fc.array(fc.constantFrom("a", "b", "*", "?"), { maxLength: 8 });
    const text = fc.array(fc.constantFrom("a", "b"), { maxLength: 10 });
    fc.assert(
      fc.property(parts, text, (pattern, letters) => {
        const expression = new RegExp(
          `^${pattern.join("").replaceAll("?", ".").replaceAll(/\*+/g, ".*")}$`,
          "s",
        );
        expect(matches(pattern.join(""), letters.join(""))).toBe(expression.test(letters.join("")));
      }),
    );
  });

  test("a pattern of many stars stays quick on a text that nearly fits", () => {
    expect(matches(`${"a*".repeat(30)}b`, "a".repeat(20_000))).toBe(false);
  });
});

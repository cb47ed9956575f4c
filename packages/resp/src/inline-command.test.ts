import { expect, test } from "vitest";
import { type QuoteRules, splitInline } from "./inline-command.ts";

const split = (line: string, rules?: QuoteRules) =>
  splitInline(Buffer.from(line, "latin1"), rules)?.map((word) => Buffer.from(word).toString("latin1"));

test.each<[string, string[] | undefined]>([
  ["SET key value", ["SET", "key", "value"]],
  [" \t SET \v\fkey  ", ["SET", "key"]],
  ["SET\v\fkey \r", ["SET\v\fkey"]],
  ["", []],
  [" \t ", []],
  ['SET "a b" ""', ["SET", "a b", ""]],
  [String.raw`"\n\r\t\b\a\x41\xfF\q\"\\"`, ['\n\r\t\b\x07A\xffq"\\']],
  [String.raw`"\x4"`, ["x4"]],
  [String.raw`'it\'s \n "x"'`, [String.raw`it's \n "x"`]],
  ["a'b c'", ["ab c"]],
  ['a"b c" d', ["ab c", "d"]],
  ["back\\slash", ["back\\slash"]],
  ["before\0behind", ["before"]],
  ['"open', undefined],
  ["'open", undefined],
  ['"a\\', undefined],
])("the line %j has the words %j", (line, words) => {
  expect(split(line)).toEqual(words);
});

test.each([
  ['"a"b', "ab"],
  [`'a'b"c d"`, "abc d"],
  [String.raw`"a\"`, "a\\"],
  [String.raw`'a\'`, "a\\"],
])("%j is one word only where the rules are lax", (line, word) => {
  expect(split(line)).toEqual([word]);
  expect(split(line, "strict")).toBeUndefined();
});

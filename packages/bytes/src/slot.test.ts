import { expect, test } from "vitest";
import { slotOfKey } from "./slot.ts";

const slot = (key: string) => slotOfKey(Buffer.from(key, "latin1"));

// 12739 = 0x31c3 is the check value of CRC-16/XMODEM; 12182 is the slot that every cluster gives to "foo".
test.each([
  ["123456789", 12_739],
  ["foo", 12_182],
  ["", 0],
])("the slot of %j is %i", (key, expected) => {
  expect(slot(key)).toBe(expected);
});

test("a hash tag alone decides", () => {
  expect(slot("user:{foo}:name")).toBe(12_182);
  expect(slot("{foo}")).toBe(12_182);
  expect(slot("a{foo}{bar}")).toBe(12_182);
});

test("the tag ends at the first closing brace, so an opening one inside belongs to it", () => {
  expect(slot("foo{{bar}}zap")).toBe(slot("{bar"));
});

test("an empty or unclosed tag does not count", () => {
  expect(slot("foo{}{bar}")).not.toBe(slot("bar"));
  expect(slot("foo{bar")).not.toBe(slot("bar"));
  expect(slot("}foo{bar")).not.toBe(slot("bar"));
});

test("binary keys have slots too", () => {
  expect(slotOfKey(Uint8Array.of(0xff, 0x00, 0x80))).toBeLessThan(16_384);
});

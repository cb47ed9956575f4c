import { expect, test } from "vitest";
import { nextByteText, offsetOfCount, offsetOfNextByte } from "./wire-offset.ts";

test("PSYNC names the byte it wants, counted from 1", () => {
  expect(nextByteText(122)).toBe("123");
  expect(offsetOfNextByte("123")).toBe(122);
  expect(offsetOfNextByte("1")).toBe(0);
  expect(offsetOfNextByte("0")).toBe(0);
  expect(offsetOfNextByte("-1")).toBe(-1);
});

test("other numbers of the wire count bytes, and what is no exact number is none", () => {
  expect(offsetOfCount("0")).toBe(0);
  expect(offsetOfCount("9007199254740991")).toBe(Number.MAX_SAFE_INTEGER);
  for (const text of ["", "-1", "+1", "1e3", " 1", "9007199254740992", "99999999999999999999"])
    expect(offsetOfCount(text), text).toBeUndefined();
  for (const text of ["", "-2", "x"]) expect(offsetOfNextByte(text), text).toBeUndefined();
});

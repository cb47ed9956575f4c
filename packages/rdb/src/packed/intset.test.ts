import { parseHex } from "@holdfast/testkit";
import { describe, expect, it } from "vitest";
import type { Damage } from "../errors.ts";
import { intsetElement, intsetWidth, validateIntset } from "./intset.ts";

function elementsOf(hex: string): (number | bigint)[] {
  const bytes = parseHex(hex);
  const count = validateIntset(bytes, 0, bytes.length, 0);
  return Array.from({ length: count }, (_, index) => intsetElement(bytes, 0, intsetWidth(bytes, 0), index));
}

function failureOf(hex: string): Damage {
  const bytes = parseHex(hex);
  try {
    throw new Error(`accepted with ${validateIntset(bytes, 0, bytes.length, 9)} elements`);
  } catch (error) {
    return error as Damage;
  }
}

describe("an intset", () => {
  it("has integers of 2, 4 or 8 bytes, signed, ascending", () => {
    expect(elementsOf("02000000 03000000 0080 FFFF FF7F")).toEqual([-32768, -1, 32767]);
    expect(elementsOf("04000000 02000000 00000080 FFFFFF7F")).toEqual([-2147483648, 2147483647]);
    expect(elementsOf("08000000 02000000 00*7 80 FF*7 7F")).toEqual([-(2n ** 63n), 2n ** 63n - 1n]);
  });

  it("of another width, of no element, or of another size than it says is damaged", () => {
    for (const hex of [
      "02000000",
      "03000000 01000000 000000",
      "00000000 01000000",
      "02000000 00000000",
      "02000000 02000000 0100",
      "02000000 01000000 0100 0200",
      "02000000 FFFFFFFF 0100",
    ])
      expect([hex, failureOf(hex).code, failureOf(hex).at]).toEqual([hex, "RDB_BAD_INTSET", 9]);
  });

  it("out of order is damaged, in each width, also where only the sign tells", () => {
    for (const hex of [
      "02000000 02000000 0100 0100",
      "02000000 02000000 0100 FFFF",
      "04000000 02000000 01000000 000000FF",
      "08000000 02000000 01 00*7 FF*8",
    ])
      expect([hex, failureOf(hex).code]).toEqual([hex, "RDB_BAD_ORDER"]);
  });
});

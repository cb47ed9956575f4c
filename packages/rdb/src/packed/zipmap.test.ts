import { parseHex } from "@holdfast/testkit";
import { describe, expect, it } from "vitest";
import type { Damage } from "../errors.ts";
import { PackedReader, statedPackedCount } from "./packed-reader.ts";
import { validateZipmap } from "./zipmap.ts";

function textsOf(hex: string): string[] {
  const bytes = parseHex(hex);
  const reader = new PackedReader();
  reader.open("zipmap", bytes, 0, validateZipmap(bytes, 0, bytes.length, 0));
  const texts: string[] = [];
  while (reader.left > 0) {
    reader.next();
    texts.push(Buffer.from(reader.text().view()).toString("latin1"));
  }
  return texts;
}

describe("a zipmap", () => {
  it("has fields and values, with free bytes behind a value that count for nothing", () => {
    expect(textsOf("02 01 61 01 00 31 01 62 02 03 32 32 AA BB CC FF")).toEqual(["a", "1", "b", "22"]);
    expect(textsOf("01 00 00 00 FF")).toEqual(["", ""]);
  });

  it("has sizes from 254 on in five bytes", () => {
    expect(textsOf("01 FD 61*253 FE FE 00 00 00 00 62*254 FF")).toEqual(["a".repeat(253), "b".repeat(254)]);
  });

  it("counts up to 253; above that one has to walk", () => {
    expect(textsOf("FE 01 61 01 00 31 FF")).toEqual(["a", "1"]);
    expect(statedPackedCount("zipmap", parseHex("FE"), 0, 1)).toBe(undefined);
    expect(statedPackedCount("zipmap", parseHex("02"), 0, 1)).toBe(4);
  });

  it("is damaged when count, sizes or end do not fit", () => {
    for (const hex of [
      "FF",
      "00",
      "00 FF",
      "02 01 61 01 00 31 FF",
      "01 01 61 FF",
      "01 01 61 01 00 31",
      "01 01 61 01 00 31 00",
      "01 05 61 01 00 31 FF",
      "01 01 61 09 00 31 FF",
      "01 01 61 01 07 31 FF",
      "01 FE FF FF FF FF 61 01 00 31 FF",
      "01 FE FF",
    ])
      expect([hex, failureOf(hex).code, failureOf(hex).at]).toEqual([hex, "RDB_BAD_ZIPMAP", 4]);
  });
});

function failureOf(hex: string): Damage {
  const bytes = parseHex(hex);
  try {
    throw new Error(`accepted with ${validateZipmap(bytes, 0, bytes.length, 4)} entries`);
  } catch (error) {
    return error as Damage;
  }
}

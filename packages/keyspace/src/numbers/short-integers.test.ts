import { seededRandom, testSeed } from "@holdfast/testkit";
import { describe, expect, it } from "vitest";
import { parseInteger } from "./integers.ts";
import { readShortInteger, writeIntegerBefore } from "./short-integers.ts";

function read(text: string): number | undefined {
  const bytes = Buffer.from(`9${text}9`, "latin1");
  return readShortInteger(bytes, 1, bytes.length - 1);
}

function written(value: number): string {
  const bytes = Buffer.alloc(24, "x");
  const start = writeIntegerBefore(bytes, 20, value);
  expect(bytes.toString("latin1", 20)).toBe("xxxx");
  return bytes.toString("latin1", start, 20);
}

describe("short integers", () => {
  it("are read as servers read them, and nothing else is", () => {
    const words = [
      "",
      "-",
      "0",
      "-0",
      "00",
      "01",
      "-01",
      "+1",
      " 1",
      "1 ",
      "1.0",
      "1e3",
      "a",
      "12:",
      "12/",
      "--1",
    ];
    for (const word of words) expect(read(word), word).toBe(parseInteger(word));
    for (const word of ["999999999999999", "-999999999999999"]) expect(read(word)).toBe(Number(word));
    for (const word of ["1000000000000000", "-1000000000000000"]) expect(read(word)).toBeUndefined();
  });

  it("are written as their decimals", () => {
    const random = seededRandom(testSeed());
    const edges = [
      0,
      1,
      -1,
      9,
      10,
      99,
      100,
      2 ** 31 - 1,
      2 ** 31,
      2 ** 32,
      -(2 ** 31),
      1e15,
      2 ** 53,
      -(2 ** 53),
    ];
    for (const value of edges) expect(written(value)).toBe(String(value));
    for (let turn = 0; turn < 2000; turn++) {
      const value =
        (random.below(2) === 0 ? 1 : -1) * Math.floor(random.below(1_000_000) * 10 ** random.below(10));
      expect(written(value)).toBe(String(value));
      if (Math.abs(value) < 1e15) expect(read(String(value))).toBe(value);
    }
  });
});

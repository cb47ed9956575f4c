import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { scoreText } from "./score-text.ts";

describe("the text of a score", () => {
  // As %.17g of the C library prints them.
  test.each<[number, string]>([
    [0.1, "0.10000000000000001"],
    [1e100, "1e+100"],
    [5e-324, "4.9406564584124654e-324"],
    [Number("1234567890123.03125"), "1234567890123.0312"],
    [1e17, "1e+17"],
    [12345678901234568, "12345678901234568"],
    [0.0001, "0.0001"],
    [-1.5, "-1.5"],
  ])("with seventeen digits: %d is %s", (score, text) => {
    expect(scoreText(score, "seventeen")).toBe(text);
  });

  // In test/digest-servers.test.ts live servers make the same digests of such scores.
  test.each<[number, string]>([
    [0.1, "0.1"],
    [1e8, "1e+8"],
    [123456789, "123456789"],
    [123000000000, "1.23e+11"],
    [5e-324, "5e-324"],
    [1e-7, "1e-7"],
    [-0, "-0"],
    [Number.POSITIVE_INFINITY, "inf"],
    [Number.NEGATIVE_INFINITY, "-inf"],
  ])("with few digits: %d is %s", (score, text) => {
    expect(scoreText(score, "shortest")).toBe(text);
  });

  test("reads back as the score in either form", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (score) => {
        expect(Number(scoreText(score, "shortest"))).toBe(score);
        expect(Number(scoreText(score, "seventeen"))).toBe(score);
      }),
      { numRuns: 2000 },
    );
  });
});

import { seededRandom, testSeed } from "@holdfast/testkit";
import { expect, test } from "vitest";
import { partialSort } from "./partial-sort.ts";
import { weightOf } from "./weights.ts";

test("the wanted range is what it is in the sorted list, and no item is lost", () => {
  const random = seededRandom(testSeed());
  for (let round = 0; round < 600; round++) {
    const size = 1 + random.below(round % 3 === 0 ? 300 : 40);
    const items = Array.from({ length: size }, () => random.below(round % 2 === 0 ? 8 : 1000));
    const first = random.below(size);
    const last = first + random.below(size - first);
    const sorted = items.toSorted((one, other) => one - other);
    const found = items.slice();
    partialSort(found, (one, other) => one - other, first, last);
    expect(found.slice(first, last + 1)).toEqual(sorted.slice(first, last + 1));
    expect(found.toSorted((one, other) => one - other)).toEqual(sorted);
  }
});

test("a weight is what the C library reads up to the first NUL", () => {
  expect(["", "0x10", " \t7", "-inf", "1e1", "5\0rest"].map(weightOf)).toEqual([
    0,
    16,
    7,
    Number.NEGATIVE_INFINITY,
    10,
    5,
  ]);
  expect(["nan", "7 ", "x", " ", "--1", "1e999"].map(weightOf)).toEqual(Array(6).fill(undefined));
});

/** What the median promises. */
import { expect, test } from "vitest";
import { median } from "./statistics.ts";

test("the median of an odd number of values is the one in the middle, by size and not by text", () => {
  expect(median([100, 9, 20])).toBe(20);
});

test("the median of an even number of values is the mean of the two in the middle", () => {
  expect(median([4, 1, 3, 100])).toBe(3.5);
});

test("values are left as they were", () => {
  const values = [3, 1, 2];
  median(values);
  expect(values).toEqual([3, 1, 2]);
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { mergeTop, TopList } from "./top-list.ts";

function top(weights: readonly number[], limit: number) {
  const list = new TopList<number>(limit);
  weights.forEach((weight, index) => {
    if (weight > list.threshold) list.add(weight, index);
  });
  return list.sorted();
}

const expected = (weights: readonly number[], limit: number) =>
  weights
    .map((weight, index) => ({ weight, index }))
    .sort((a, b) => b.weight - a.weight || a.index - b.index)
    .slice(0, limit)
    .map(({ index }) => index);

const weights = fc.array(fc.nat(20), { maxLength: 200 });

describe("the heaviest of many", () => {
  test("are those that sorting would find, and the first among equals", () => {
    fc.assert(
      fc.property(weights, fc.nat(12), (values, limit) => {
        expect(top(values, limit).map(({ row }) => row)).toEqual(expected(values, limit));
      }),
    );
  });

  test("are the same when two halves of the input are merged", () => {
    fc.assert(
      fc.property(weights, weights, fc.nat(12), (first, second, limit) => {
        const later = top(second, limit).map((entry) => ({ ...entry, row: entry.row + first.length }));
        const merged = mergeTop(top(first, limit), later, limit);
        expect(merged.map(({ row }) => row)).toEqual(expected([...first, ...second], limit));
      }),
    );
  });
});

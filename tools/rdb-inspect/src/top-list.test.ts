import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { mergeTop, TopList } from "./top-list.ts";

function top(weights: readonly number[], limit: number, places = weights.map((_, index) => index)) {
  const list = new TopList<number>(limit);
  weights.forEach((weight, index) => {
    if (weight > list.threshold) list.add(weight, places[index], places[index]);
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

  test("are the same whoever read which part of the input", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(20), fc.boolean()), { maxLength: 200 }),
        fc.nat(12),
        (input, limit) => {
          const part = (isSecond: boolean) => {
            const places = input.flatMap(([, second], place) => (second === isSecond ? [place] : []));
            return top(
              places.map((place) => input[place][0]),
              limit,
              places,
            );
          };
          const merged = mergeTop(part(true), part(false), limit);
          expect(merged.map(({ row }) => row)).toEqual(
            expected(
              input.map(([weight]) => weight),
              limit,
            ),
          );
        },
      ),
    );
  });
});

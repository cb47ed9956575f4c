import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Slabs } from "../store/slabs.ts";
import { ListValue } from "./list-value.ts";
import { ZsetOrder } from "./zset-order.ts";
import { ZsetValue } from "./zset-value.ts";

const ends = fc.constantFrom("left", "right") as fc.Arbitrary<"left" | "right">;

describe("a list", () => {
  const steps = fc.array(
    fc.record({
      op: fc.constantFrom("push", "push", "push", "pop", "drop", "set", "insert", "remove"),
      end: ends,
      count: fc.nat(300),
      element: fc.constantFrom("a", "b", "c"),
    }),
    { maxLength: 60 },
  );

  test("of any length is what an array would be", () => {
    fc.assert(
      fc.property(steps, (script) => {
        const list = new ListValue(new Slabs());
        let model: string[] = [];
        for (const { op, end, count, element } of script) {
          if (op === "push")
            for (let index = 0; index < count; index++) {
              list.push(end, `${element}${index % 3}`);
              if (end === "left") model.unshift(`${element}${index % 3}`);
              else model.push(`${element}${index % 3}`);
            }
          else if (op === "pop") expect(list.pop(end)).toBe(end === "left" ? model.shift() : model.pop());
          else if (op === "drop") {
            list.drop(end, count);
            model = end === "left" ? model.slice(count) : model.slice(0, Math.max(0, model.length - count));
          } else if (op === "set" && model.length > 0) {
            const index = count % model.length;
            expect(list.at(index)).toBe(model[index]);
            list.set(index, element);
            model[index] = element;
          } else if (op === "insert") {
            const found = model.indexOf("b1");
            expect(list.insertBeside("b1", end === "left" ? "before" : "after", element)).toBe(found >= 0);
            if (found >= 0) model.splice(end === "left" ? found : found + 1, 0, element);
          } else if (op === "remove") {
            const removed = removeFromModel(model, end, count % 5);
            expect(list.remove("a0", end, count % 5)).toBe(removed);
          }
          expect(list.itemCount).toBe(model.length);
        }
        expect([...list.clone().elements()]).toEqual(model);
      }),
      { numRuns: 200 },
    );
  });

  test("whose middle is inserted into again and again keeps its order", () => {
    const list = new ListValue(new Slabs());
    list.push("right", "pivot");
    for (let index = 0; index < 3000; index++) list.insertBeside("pivot", "before", String(index));
    expect([...list.elements()]).toEqual([
      ...Array.from({ length: 3000 }, (_, index) => String(index)),
      "pivot",
    ]);
    expect(list.at(1500)).toBe("1500");
  });
});

function removeFromModel(model: string[], end: "left" | "right", countMax: number): number {
  let removed = 0;
  while (removed < countMax) {
    const at = end === "left" ? model.indexOf("a0") : model.lastIndexOf("a0");
    if (at < 0) break;
    model.splice(at, 1);
    removed += 1;
  }
  return removed;
}

describe("the order of a sorted set", () => {
  const pairs = fc.array(fc.tuple(fc.integer({ min: 0, max: 400 }), fc.nat(4)), {
    minLength: 1,
    maxLength: 2500,
  });

  function sorted(model: ReadonlyMap<string, number>): [string, number][] {
    return [...model].sort((a, b) => a[1] - b[1] || (a[0] < b[0] ? -1 : 1));
  }

  test("is that of score, then bytes, through additions, changes and removals", () => {
    fc.assert(
      fc.property(pairs, fc.nat(3000), fc.nat(3000), (script, one, other) => {
        const zset = new ZsetValue(new Slabs());
        const model = new Map<string, number>();
        zset.order();
        for (const [number, score] of script) {
          const member = `m${number}`;
          if (score === 4) expect(zset.remove(member)).toBe(model.delete(member));
          else {
            zset.put(member, score);
            model.set(member, score);
          }
        }
        const expected = sorted(model);
        const order = zset.order();
        expect([...order.range(0, Number.POSITIVE_INFINITY)]).toEqual(expected);
        expect([...ZsetOrder.of(model).range(0, order.count)]).toEqual(expected);
        const [from, to] = [Math.min(one, other, model.size), Math.min(Math.max(one, other), model.size)];
        expect([...order.range(from, to)]).toEqual(expected.slice(from, to));
        const first = expected.findIndex(([member, score]) => score > 1 || (score === 1 && member >= "m2"));
        expect(order.firstRank((score, member) => score > 1 || (score === 1 && member >= "m2"))).toBe(
          first < 0 ? model.size : first,
        );
        const copy = zset.clone();
        expect(zset.removeRange(from, to)).toBe(to - from);
        expect([...zset.order().range(0, model.size)]).toEqual(expected.toSpliced(from, to - from));
        expect(zset.itemCount).toBe(model.size - (to - from));
        expect([...copy.order().range(0, model.size)]).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });
});

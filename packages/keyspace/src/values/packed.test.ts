/** Small collections are packed and large ones are not: both, and the way from one to the other, are what a Map would be. */
import { type SeededRandom, seededRandom, testSeed } from "@holdfast/testkit";
import { afterEach, describe, expect, it } from "vitest";
import { Slabs } from "../store/slabs.ts";
import { HashValue } from "./hash-value.ts";
import { ItemPen } from "./item-pen.ts";
import { ListValue } from "./list-value.ts";
import { SetValue } from "./set-value.ts";
import type { MutableValue } from "./value.ts";
import { ZsetValue } from "./zset-value.ts";

const slabs = new Slabs();

/** Few short words, many short ones, or some long ones: on either side of each limit. */
function wordMaker(random: SeededRandom): () => string {
  const count = random.pick([5, 40, 120, 400]);
  const sizeMax = random.pick([3, 30, 200, 5000]);
  return () => `${random.below(count)}`.padEnd(random.below(sizeMax), "é\x00");
}

/** The items of a value as its events have them, into an empty one of its kind. */
function reloaded<T extends MutableValue>(value: T, empty: T): T {
  for (const { items } of value.batches(new ItemPen())) empty.load(items);
  return empty;
}

afterEach(() => expect(slabs.usedBytes).toBe(0));

describe.each(Array.from({ length: 25 }, (_, run) => run))("run %i of a packed", (run) => {
  const random = seededRandom(testSeed() + run);
  const word = wordMaker(random);
  const stepCount = random.pick([10, 150, 600]);

  it("hash is a map of texts", () => {
    const hash = new HashValue(slabs);
    const model = new Map<string, string>();
    for (let step = 0; step < stepCount; step++) {
      const [field, value] = [word(), word()];
      if (random.below(4) === 0) expect(hash.remove(field)).toBe(model.delete(field));
      else {
        hash.replace(field, value);
        model.set(field, value);
      }
      const probe = word();
      expect([hash.get(probe), hash.has(probe)]).toEqual([model.get(probe), model.has(probe)]);
      expect(hash.itemCount).toBe(model.size);
    }
    const copies = [hash.clone(), reloaded(hash, new HashValue(slabs))];
    hash.put("only here", "1");
    for (const copy of copies) expect([...copy.entries()]).toEqual([...model]);
    for (const [field] of model) copies[0].expireAt(field, 7);
    expect(copies[0].expiryCount).toBe(model.size);
    expect([...copies[0].entries()]).toEqual([...model]);
    for (const value of [hash, ...copies]) value.dispose();
  });

  it("set is a set of texts", () => {
    const set = new SetValue(slabs);
    const model = new Set<string>();
    for (let step = 0; step < stepCount; step++) {
      const member = word();
      if (random.below(4) === 0) expect(set.remove(member)).toBe(model.delete(member));
      else {
        expect(set.add(member)).toBe(!model.has(member));
        model.add(member);
      }
      expect([set.has(member), set.itemCount]).toEqual([model.has(member), model.size]);
    }
    const copies = [set.clone(), reloaded(set, new SetValue(slabs))];
    set.add("only here");
    for (const copy of copies) expect([...copy.members()]).toEqual([...model]);
    for (const value of [set, ...copies]) value.dispose();
  });

  it("sorted set is a map of scores with an order", () => {
    const zset = new ZsetValue(slabs);
    let model = new Map<string, number>();
    const sorted = () =>
      [...model].sort(([a, one], [b, other]) => one - other || (a < b ? -1 : a > b ? 1 : 0));
    for (let step = 0; step < stepCount; step++) {
      const member = word();
      const kind = random.below(20);
      if (kind === 0) {
        const [from, to] = [random.below(3), 3 + random.below(3)];
        const left = sorted().toSpliced(from, Math.max(0, Math.min(to, model.size) - from));
        expect(zset.removeRange(from, Math.min(to, model.size))).toBe(model.size - left.length);
        model = new Map([...model].filter(([name]) => left.some(([other]) => other === name)));
      } else if (kind < 5) expect(zset.remove(member)).toBe(model.delete(member));
      else {
        const score = random.pick([random.below(9), -0, Number.POSITIVE_INFINITY, 1e-300 * random.below(9)]);
        zset.put(member, score);
        model.set(member, score);
      }
      expect(zset.score(member)).toBe(model.get(member));
      expect(zset.itemCount).toBe(model.size);
    }
    const copies = [zset.clone(), reloaded(zset, new ZsetValue(slabs))];
    zset.put("only here", 1);
    for (const copy of copies) {
      expect([...copy.entries()]).toEqual([...model]);
      expect([...copy.order().range(0, model.size)]).toEqual(sorted());
    }
    for (const value of [zset, ...copies]) value.dispose();
  });

  it("list is an array", () => {
    const list = new ListValue(slabs);
    const model: string[] = [];
    for (let step = 0; step < stepCount; step++) {
      const element = word();
      const end = random.pick(["left", "right"] as const);
      const kind = random.below(10);
      if (kind < 2) expect(list.pop(end)).toBe(end === "left" ? model.shift() : model.pop());
      else if (kind === 2) {
        const count = random.below(6);
        list.drop(end, count);
        if (end === "left") model.splice(0, count);
        else model.splice(Math.max(0, model.length - count));
      } else {
        list.push(end, element);
        if (end === "left") model.unshift(element);
        else model.push(element);
      }
      expect(list.itemCount).toBe(model.length);
      const index = random.below(model.length);
      if (model.length > 0) expect(list.at(index)).toBe(model[index]);
    }
    const copies = [list.clone(), reloaded(list, new ListValue(slabs))];
    list.push("right", "only here");
    for (const copy of copies) expect([...copy.elements()]).toEqual(model);
    for (const value of [list, ...copies]) value.dispose();
  });
});

/** Shapes of radix trees of ids, held against trees that servers reported (`MEMORY USAGE` of streams). */
import { expect, test } from "vitest";
import { radixNodeCount, radixShapeOfIds } from "./radix-shape.ts";

test("an empty tree is one node", () => {
  expect(radixNodeCount(radixShapeOfIds(0, 1, { entriesPerMs: 1 }))).toBe(1);
});

test("one id is a run of sixteen bytes and a leaf", () => {
  const shape = radixShapeOfIds(1, 1, { entriesPerMs: 1 });
  expect(radixNodeCount(shape)).toBe(2);
  expect(shape.meanRunBytes).toBe(16);
});

test("ids of one ms differ in their last bytes, so there is little more than a leaf for each", () => {
  const nodes = radixNodeCount(radixShapeOfIds(1000, 1, { entriesPerMs: 1000 }));
  expect(nodes).toBeGreaterThan(1000);
  expect(nodes).toBeLessThan(1020);
});

test("ids of different ms have a run of sequence bytes besides the leaf", () => {
  const nodes = radixNodeCount(radixShapeOfIds(1000, 1, { entriesPerMs: 1 / 30 }));
  expect(nodes).toBeGreaterThan(2000);
  expect(nodes).toBeLessThan(2250);
});

/** What the generator repeats, and what the text looks like. */
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { corpusCommands, keyCountOf, keysOf } from "./corpus-commands.ts";
import { families, fullCorpusMb } from "./families.ts";
import { TextMaker } from "./text-maker.ts";

function digestOf(seed: number): string {
  const hash = createHash("sha256");
  for (const piece of corpusCommands({ seed, corpusMb: 2 })) hash.update(piece);
  return hash.digest("hex");
}

test("a seed repeats every byte, another seed does not", () => {
  expect(digestOf(7)).toBe(digestOf(7));
  expect(digestOf(7)).not.toBe(digestOf(8));
});

test("keys scale with the size, and every family has at least one", () => {
  for (const family of families) {
    expect(keysOf(family, fullCorpusMb)).toBe(family.keyCount);
    expect(keysOf(family, 1)).toBeGreaterThan(0);
  }
  expect(keyCountOf(fullCorpusMb)).toBe(families.reduce((sum, { keyCount }) => sum + keyCount, 0));
});

test("session documents are JSON of 300 to 900 bytes, pages are about 2 to 20 KB", () => {
  const make = new TextMaker(1);
  for (let round = 0; round < 2_000; round++) {
    const session = make.session();
    expect(JSON.parse(session)).toHaveProperty("token");
    expect(session.length).toBeGreaterThanOrEqual(300);
    expect(session.length).toBeLessThanOrEqual(900);
  }
  const pageSizes = Array.from({ length: 200 }, () => make.page().length);
  expect(Math.min(...pageSizes)).toBeGreaterThan(1_500);
  expect(Math.max(...pageSizes)).toBeLessThan(24_000);
});

test("ids have the form of a version 4 UUID", () => {
  const make = new TextMaker(1);
  expect(make.uuid()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/);
});

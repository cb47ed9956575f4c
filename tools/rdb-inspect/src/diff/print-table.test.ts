/** The table against a model that keeps everything, in as little memory as it may have. */
import { seededRandom, testSeed } from "@holdfast/testkit";
import { describe, expect, test } from "vitest";
import { mark, PrintTable, type Side } from "./print-table.ts";

const seed = testSeed();
/** Room for some thousand entries. */
const smallBytes = 100_000;

interface Entry {
  readonly side: Side;
  readonly words: Uint32Array;
}

/** Entries of both sides: most of them the same, some changed, missing or twice. */
function entriesOf(count: number, next: () => number): Entry[] {
  const entries: Entry[] = [];
  for (let index = 0; index < count; index++) {
    const words = Uint32Array.from({ length: 8 }, next);
    const kind = next() % 100;
    if (kind >= 3) entries.push({ side: "a", words });
    if (kind === 5) entries.push({ side: "a", words });
    if (kind < 97) entries.push({ side: "b", words: kind > 90 ? words.with(4 + (kind % 3), next()) : words });
    if (kind === 6) entries.push({ side: "b", words });
  }
  const ofSide = (side: Side) => entries.filter((entry) => entry.side === side);
  return [...ofSide("a"), ...ofSide("b").reverse()];
}

/** What the model says of each key. */
function modelOf(entries: readonly Entry[]): Map<string, number> {
  const marks = new Map<string, number>();
  const contents = new Map<string, string>();
  for (const { side, words } of entries) {
    const key = words.subarray(0, 3).join(" ");
    const content = words.subarray(4, 7).join(" ");
    const bit = side === "a" ? mark.inA : mark.inB;
    const before = marks.get(key) ?? 0;
    const twice = side === "a" ? mark.twiceA : mark.twiceB;
    if (before === 0) contents.set(key, content);
    const isChanged = contents.get(key) !== content;
    marks.set(key, before | bit | ((before & bit) !== 0 ? twice : 0) | (isChanged ? mark.changed : 0));
  }
  return marks;
}

/** All rounds; gives the marks that the table had for each key in the round of that key. */
function marksIn(table: PrintTable, entries: readonly Entry[]) {
  const marks = new Map<string, number>();
  const total = { equal: 0, changed: 0, onlyA: 0, onlyB: 0, twiceA: 0, twiceB: 0 };
  let rounds = 0;
  do {
    rounds++;
    for (const { side, words } of entries) table.add(words, 0, side);
    for (const { words } of entries) {
      const found = table.marksOf(words, 0);
      if (found !== 0) marks.set(words.subarray(0, 3).join(" "), found);
    }
    const counts = table.counts();
    for (const kind of Object.keys(total) as (keyof typeof total)[]) total[kind] += counts[kind];
  } while (table.nextRange());
  return { marks, total, rounds };
}

describe("the table", () => {
  test.each([
    { count: 500, limitBytes: smallBytes, least: 1 },
    { count: 20_000, limitBytes: smallBytes, least: 8 },
    { count: 20_000, limitBytes: 4_000_000, least: 1 },
  ])("of $limitBytes bytes knows $count keys as a model does", ({ count, limitBytes, least }) => {
    const random = seededRandom(seed);
    const entries = entriesOf(count, () => random.below(2 ** 32));
    const model = modelOf(entries);
    const { marks, total, rounds } = marksIn(new PrintTable(limitBytes), entries);
    expect(marks).toEqual(model);
    expect(rounds).toBeGreaterThanOrEqual(least);
    expect(rounds).toBeLessThan(least * 8 + 1);
    const both = mark.inA | mark.inB;
    const countOf = (fits: (marks: number) => boolean) => [...model.values()].filter(fits).length;
    expect(total).toEqual({
      equal: countOf((found) => (found & both) === both && (found & mark.changed) === 0),
      changed: countOf((found) => (found & both) === both && (found & mark.changed) !== 0),
      onlyA: countOf((found) => (found & both) === mark.inA),
      onlyB: countOf((found) => (found & both) === mark.inB),
      twiceA: countOf((found) => (found & mark.twiceA) !== 0),
      twiceB: countOf((found) => (found & mark.twiceB) !== 0),
    });
  });

  test("takes the memory it is given and no more, whatever is announced", () => {
    const before = process.memoryUsage().arrayBuffers;
    const table = new PrintTable(3_000_000);
    table.expect(Number.MAX_SAFE_INTEGER);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(3_000_000);
    const random = seededRandom(seed);
    for (let index = 0; index < 300_000; index++)
      table.add(
        Uint32Array.from({ length: 8 }, () => random.below(2 ** 32)),
        0,
        "a",
      );
    expect(table.last).toBeLessThan(2 ** 31);
    expect(table.counts().onlyA).toBeGreaterThan(20_000);
  });

  test("with keys that all fall into one place gives up and says so", () => {
    const table = new PrintTable(1);
    const words = new Uint32Array(8);
    expect(() => {
      for (let index = 0; index < 2000; index++) {
        words[2] = index;
        table.add(words, 0, "a");
      }
    }).toThrow(/cannot be told apart in so little memory/);
  });

  test("begins anew after a reset", () => {
    const table = new PrintTable(smallBytes);
    const random = seededRandom(seed);
    for (let index = 0; index < 10_000; index++)
      table.add(
        Uint32Array.from({ length: 8 }, () => random.below(2 ** 32)),
        0,
        "b",
      );
    table.reset();
    expect({ counts: table.counts().onlyB, first: table.first, last: table.last }).toEqual({
      counts: 0,
      first: 0,
      last: 2 ** 32 - 1,
    });
  });
});

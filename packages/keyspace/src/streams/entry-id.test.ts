import { seededRandom, testSeed } from "@holdfast/testkit";
import { expect, test } from "vitest";
import {
  compareEntryId,
  entryIdOf,
  idMax,
  idMin,
  idText,
  nextId,
  parseEntryId,
  readEntryId,
  streamIdOf,
  writeEntryId,
} from "./entry-id.ts";

const parse = (text: string, missing?: "first" | "last") => parseEntryId(Buffer.from(text), missing);

test("an id is what an argument spells", () => {
  expect(idText(parse("5-7")!)).toBe("5-7");
  expect(idText(parse("5")!)).toBe("5-0");
  expect(idText(parse("5", "last")!)).toBe("5-18446744073709551615");
  expect(idText(parse("0018446744073709551615-007")!)).toBe("18446744073709551615-7");
  expect(parse("-")).toBe(idMin);
  expect(parse("+")).toBe(idMax);
});

test("anything else is no id", () => {
  const others = [
    "",
    "a",
    "1-",
    "-1",
    "1-a",
    "1-2-3",
    "18446744073709551616-0",
    "1-18446744073709551616",
    "1 -2",
  ];
  for (const text of [...others, "$", "*", "1-*", `1-${"0".repeat(200)}`])
    expect(parse(text), text).toBeUndefined();
});

test("ids of all sizes keep their order as texts, in pages and as numbers", () => {
  const random = seededRandom(testSeed());
  const half = () =>
    BigInt.asUintN(64, BigInt(Math.floor(random.fraction() * 2 ** 53)) << BigInt(random.below(64)));
  const page = new Uint8Array(16);
  for (let round = 0; round < 500; round++) {
    const first = { ms: half(), seq: half() };
    const second = random.below(3) === 0 ? { ms: first.ms, seq: half() } : { ms: half(), seq: half() };
    const [one, other] = [entryIdOf(first), entryIdOf(second)];
    expect(streamIdOf(one)).toEqual(first);
    expect(parse(`${first.ms}-${first.seq}`)).toBe(one);
    writeEntryId(page, 0, one);
    expect(readEntryId(page, 0)).toBe(one);
    const isBelow = first.ms < second.ms || (first.ms === second.ms && first.seq < second.seq);
    expect(one < other).toBe(isBelow);
    expect(compareEntryId(page, 0, other) < 0).toBe(isBelow);
    expect(compareEntryId(page, 0, one)).toBe(0);
    const next = nextId(one);
    expect(next === undefined || next > one).toBe(true);
  }
  expect(idText(nextId(parse("1-18446744073709551615")!)!)).toBe("2-0");
  expect(nextId(idMax)).toBeUndefined();
});

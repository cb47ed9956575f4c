import type { SeededRandom } from "@holdfast/testkit";
import type { CommandMaker, Word } from "../differential.ts";
import { anyValue, keyOf, maybe } from "../random-words.ts";

const key = (random: SeededRandom) => keyOf(random, "bits", 8);
const keys = (random: SeededRandom) => Array.from({ length: 1 + random.below(4) }, () => key(random));

const operations = ["AND", "or", "XOR", "NOT", "DIFF", "DIFF1", "andor", "ONE"];

function fieldType(random: SeededRandom): string {
  return random.below(2) === 0 ? `i${1 + random.below(64)}` : `u${1 + random.below(63)}`;
}

function offset(random: SeededRandom): Word {
  return random.below(2) === 0 ? random.below(300) : `#${random.below(8)}`;
}

function number(random: SeededRandom): string {
  const size = 2n ** BigInt(random.below(64));
  const value = (BigInt(Math.floor(random.fraction() * 2 ** 53)) * size) >> 53n;
  return String(random.below(2) === 0 ? value : -value);
}

function fieldWords(random: SeededRandom): Word[] {
  const place = () => [fieldType(random), offset(random)];
  switch (random.below(4)) {
    case 0:
      return ["GET", ...place()];
    case 1:
      return ["set", ...place(), number(random)];
    case 2:
      return ["OVERFLOW", random.pick(["WRAP", "sat", "FAIL"])];
    default:
      return ["INCRBY", ...place(), number(random)];
  }
}

export const bitMakers: readonly CommandMaker[] = [
  (random) => ["SETBIT", key(random), random.below(2000), random.below(2)],
  (random) => ["SETBIT", key(random), random.below(2e6), 1],
  (random) => ["SETRANGE", key(random), random.below(40), anyValue(random)],
  (random) => [
    "BITFIELD",
    key(random),
    ...Array.from({ length: 1 + random.below(6) }, () => fieldWords(random)).flat(),
  ],
  (random) => [
    "BITFIELD",
    key(random),
    "OVERFLOW",
    random.pick(["sat", "fail"]),
    ...["INCRBY", fieldType(random), offset(random), number(random)],
    ...maybe(random, "SET", fieldType(random), offset(random), number(random)),
  ],
  (random) => ["BITOP", random.pick(operations), key(random), ...keys(random)],
  (random) => ["bitop", random.pick(operations), key(random), ...keys(random)],
  (random) => ["BITOP", "NOT", key(random), key(random)],
  (random) => ["SET", key(random), anyValue(random)],
  (random) => ["EXPIRE", key(random), 100_000],
];

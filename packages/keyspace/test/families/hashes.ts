import type { SeededRandom } from "@holdfast/testkit";
import { type CommandMaker, shortLifeMs, type Word } from "../differential.ts";
import { anyValue, farMs, keyOf, maybe, memberOf } from "../random-words.ts";

const key = (random: SeededRandom) => keyOf(random, "hash", 6);
const flag = (random: SeededRandom) => maybe(random, random.pick(["NX", "xx", "GT", "LT"]));

function pairs(random: SeededRandom, most = 6): Word[] {
  return Array.from({ length: 1 + random.below(most) }, () => [memberOf(random), anyValue(random)]).flat();
}

/** FIELDS with its count; each field once, as Valkey wants it. */
function fields(random: SeededRandom): Word[] {
  const first = random.below(30);
  const count = 1 + random.below(3);
  return ["FIELDS", count, ...Array.from({ length: count }, (_, index) => `m${(first + index) % 30}`)];
}

function fieldPairs(random: SeededRandom): Word[] {
  const [, count, ...names] = fields(random);
  return ["FIELDS", count, ...names.flatMap((name) => [name, anyValue(random)])];
}

export const hashMakers: readonly CommandMaker[] = [
  (random) => ["HSET", key(random), ...pairs(random)],
  (random) => ["hmset", key(random), ...pairs(random, 40)],
  (random) => ["HSETNX", key(random), memberOf(random), anyValue(random)],
  (random) => ["HDEL", key(random), memberOf(random), memberOf(random)],
  (random) => ["HINCRBY", key(random), `n${random.below(4)}`, random.below(2000) - 1000],
  (random) => ["HINCRBY", key(random), memberOf(random), random.pick([1, "9223372036854775807"])],
  (random) => ["HINCRBYFLOAT", key(random), `n${random.below(4)}`, random.pick(["0.1", "-3.7e2", "1e-10"])],
];

export const hashExpiryMakers: readonly CommandMaker[] = [
  ...hashMakers,
  (random) => ["HEXPIRE", key(random), 100_000 + random.below(1e6), ...flag(random), ...fields(random)],
  (random) => ["HPEXPIRE", key(random), 100_000_000 + random.below(1e9), ...flag(random), ...fields(random)],
  (random) => [
    "HEXPIREAT",
    key(random),
    Math.floor(farMs(random) / 1000),
    ...flag(random),
    ...fields(random),
  ],
  (random) => ["HPEXPIREAT", key(random), farMs(random), ...flag(random), ...fields(random)],
  (random) => ["HPEXPIREAT", key(random), farMs(random), ...flag(random), ...fields(random)],
  (random) => ["HPEXPIREAT", key(random), 1 + random.below(1e6), ...fields(random)],
  (random) => ["HPEXPIRE", key(random), 1 + random.below(shortLifeMs), ...fields(random)],
  (random) => ["HPERSIST", key(random), ...fields(random)],
  (random) => ["HGETEX", key(random), ...maybe(random, "PXAT", farMs(random)), ...fields(random)],
  (random) => ["HGETEX", key(random), "PERSIST", ...fields(random)],
  (random) => ["HSETEX", key(random), ...maybe(random, random.pick(["FNX", "FXX"])), ...fieldPairs(random)],
  (random) => ["HSETEX", key(random), "KEEPTTL", ...fieldPairs(random)],
  (random) => ["HSETEX", key(random), random.pick(["EX", "PX"]), 100_000_000, ...fieldPairs(random)],
  (random) => ["HSETEX", key(random), "PXAT", farMs(random), ...maybe(random, "FNX"), ...fieldPairs(random)],
  (random) => ["HGETDEL", key(random), ...fields(random)],
];

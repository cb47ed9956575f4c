import type { SeededRandom } from "@holdfast/testkit";
import type { CommandMaker, Word } from "../differential.ts";
import { indexOf, keyOf, maybe, memberOf } from "../random-words.ts";

const key = (random: SeededRandom) => keyOf(random, "zset", 6);

function score(random: SeededRandom): string {
  return random.pick([
    String(random.below(20) - 10),
    String(random.fraction() * 100),
    String(random.below(9) / 10),
    "inf",
    "-Infinity",
    "1e300",
    "0x1.8p3",
    ".5",
    "5e-324",
  ]);
}

/** None that makes a minus zero of a zero: a server keeps that sign or not, by how it happens to store the set. */
const weight = (random: SeededRandom) => random.pick(["2", "0.1", "3.7", "1e300", "inf", "1e-300"]);

function pairs(random: SeededRandom, most = 8): Word[] {
  return Array.from({ length: 1 + random.below(most) }, () => [score(random), memberOf(random)]).flat();
}

const scoreBound = (random: SeededRandom) => `${random.pick(["", "("])}${score(random)}`;
const lexBound = (random: SeededRandom) =>
  random.pick(["-", "+", `[m${random.below(30)}`, `(m${random.below(30)}`, "[", "(m"]);

/** Members of one score, where ranges of members are defined. */
const lexKey = (random: SeededRandom) => `zset:lex:${random.below(3)}`;

function inputs(random: SeededRandom): Word[] {
  const count = 1 + random.below(3);
  const keys = Array.from({ length: count }, () =>
    random.pick([key(random), key(random), `set:${random.below(3)}`]),
  );
  return [count, ...keys, ...maybe(random, "WEIGHTS", ...keys.map(() => weight(random)))];
}

const aggregate = (random: SeededRandom) => maybe(random, "AGGREGATE", random.pick(["SUM", "min", "MAX"]));

function range(random: SeededRandom): Word[] {
  const limit = maybe(random, "LIMIT", random.below(5), random.below(8) - 1);
  switch (random.below(4)) {
    case 0:
      return [key(random), indexOf(random), indexOf(random)];
    case 1:
      return [key(random), indexOf(random), indexOf(random), "REV"];
    case 2:
      return [
        key(random),
        scoreBound(random),
        scoreBound(random),
        "BYSCORE",
        ...maybe(random, "REV"),
        ...limit,
      ];
    default:
      return [lexKey(random), lexBound(random), lexBound(random), "BYLEX", ...maybe(random, "REV"), ...limit];
  }
}

/** Rarely empty: Redis 6.0 waits longer than it is told, and takes 0.001 s for ever. */
const full = "zset:full";

export const zsetMakers: readonly CommandMaker[] = [
  (random) => ["ZADD", key(random), ...pairs(random)],
  (random) => ["zadd", key(random), ...pairs(random, 30)],
  (random) => ["ZADD", lexKey(random), 0, memberOf(random), 0, memberOf(random)],
  (random) => [
    "ZADD",
    key(random),
    ...maybe(random, random.pick(["NX", "XX"])),
    ...maybe(random, "CH"),
    ...pairs(random),
  ],
  (random) => ["ZADD", key(random), random.pick(["GT", "lt"]), ...maybe(random, "XX"), ...pairs(random)],
  (random) => [
    "ZADD",
    key(random),
    ...maybe(random, random.pick(["NX", "XX", "GT"])),
    "INCR",
    ...pairs(random, 1),
  ],
  (random) => ["ZINCRBY", key(random), score(random), memberOf(random)],
  (random) => ["ZREM", key(random), memberOf(random), memberOf(random)],
  (random) => ["ZREMRANGEBYRANK", key(random), random.below(3), random.below(6) - 2],
  (random) => ["ZREMRANGEBYSCORE", key(random), scoreBound(random), scoreBound(random)],
  (random) => ["ZREMRANGEBYLEX", lexKey(random), lexBound(random), lexBound(random)],
  (random) => ["ZRANGESTORE", key(random), ...range(random)],
  (random) => ["ZUNIONSTORE", key(random), ...inputs(random), ...aggregate(random)],
  (random) => ["ZINTERSTORE", key(random), ...inputs(random), ...aggregate(random)],
  (random) => ["ZDIFFSTORE", key(random), 2, key(random), key(random)],
  (random) => ["ZPOPMIN", key(random), ...maybe(random, random.below(4))],
  (random) => ["ZPOPMAX", key(random), ...maybe(random, random.below(4))],
  (random) => ["ZADD", full, ...pairs(random, 20)],
  (random) => ["BZPOPMIN", key(random), full, "0.01"],
  (random) => ["BZPOPMAX", key(random), full, "0.01"],
  (random) => [
    "ZMPOP",
    2,
    key(random),
    key(random),
    random.pick(["MIN", "max"]),
    ...maybe(random, "COUNT", 2),
  ],
  () => ["BZMPOP", "0.01", 1, full, "MAX"],
  (random) => ["SADD", `set:${random.below(3)}`, memberOf(random), memberOf(random)],
];

import type { SeededRandom } from "@holdfast/testkit";
import type { CommandMaker } from "../differential.ts";
import { indexOf, keyOf, maybe, memberOf, membersOf } from "../random-words.ts";

const key = (random: SeededRandom) => keyOf(random, "list", 5);
const end = (random: SeededRandom) => random.pick(["LEFT", "right"]);
/** Rarely empty: Redis 6.0 waits longer than it is told, and takes 0.001 s for ever. */
const full = "list:full";

export const listMakers: readonly CommandMaker[] = [
  (random) => ["RPUSH", full, ...membersOf(random, 20)],
  (random) => ["LPUSH", key(random), ...membersOf(random)],
  (random) => ["RPUSH", key(random), ...membersOf(random, 200)],
  (random) => ["rpush", key(random), ...membersOf(random)],
  (random) => ["LPUSHX", key(random), ...membersOf(random)],
  (random) => ["RPUSHX", key(random), ...membersOf(random)],
  (random) => ["LINSERT", key(random), random.pick(["BEFORE", "after"]), memberOf(random), memberOf(random)],
  (random) => ["LSET", key(random), indexOf(random), memberOf(random)],
  (random) => ["LREM", key(random), random.below(5) - 2, memberOf(random)],
  (random) => ["LTRIM", key(random), random.below(6) - 1, random.pick([-1, -2, 300])],
  (random) =>
    random.below(8) === 0 ? ["LTRIM", key(random), indexOf(random), indexOf(random)] : ["LLEN", key(random)],
  (random) => ["LMOVE", key(random), key(random), end(random), end(random)],
  (random) => ["RPOPLPUSH", key(random), key(random)],
  (random) => ["BLMOVE", full, key(random), end(random), end(random), "0.01"],
  (random) => ["BRPOPLPUSH", full, key(random), "0.01"],
  (random) => ["LPOP", key(random), ...maybe(random, random.below(6))],
  (random) => ["RPOP", key(random), ...maybe(random, random.below(6))],
  (random) => ["BLPOP", key(random), full, "0.01"],
  (random) => ["BRPOP", key(random), full, "0.01"],
  (random) => [
    "LMPOP",
    2,
    key(random),
    key(random),
    end(random),
    ...maybe(random, "COUNT", 1 + random.below(4)),
  ],
  (random) => ["BLMPOP", "0.01", 2, key(random), full, end(random)],
];

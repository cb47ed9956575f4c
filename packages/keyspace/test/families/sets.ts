import type { SeededRandom } from "@holdfast/testkit";
import type { CommandMaker } from "../differential.ts";
import { keyOf, maybe, memberOf, membersOf } from "../random-words.ts";

const key = (random: SeededRandom) => keyOf(random, "set", 6);
const keys = (random: SeededRandom) => Array.from({ length: 1 + random.below(3) }, () => key(random));

export const setMakers: readonly CommandMaker[] = [
  (random) => ["SADD", key(random), ...membersOf(random)],
  (random) => ["sadd", key(random), ...membersOf(random, 40)],
  (random) => [
    "SADD",
    key(random),
    ...Array.from({ length: 1 + random.below(9) }, () => random.below(50) - 20),
  ],
  (random) => ["SREM", key(random), ...membersOf(random)],
  (random) => ["SMOVE", key(random), key(random), memberOf(random)],
  (random) => ["SPOP", key(random), ...maybe(random, random.below(8))],
  (random) => ["SUNIONSTORE", key(random), ...keys(random)],
  (random) => ["SINTERSTORE", key(random), ...keys(random)],
  (random) => ["SDIFFSTORE", key(random), ...keys(random)],
];

import type { SeededRandom } from "@holdfast/testkit";
import type { CommandMaker } from "../differential.ts";
import { anyValue, farMs, keyOf, maybe, membersOf } from "../random-words.ts";

/** Keys of all types. */
function key(random: SeededRandom): string {
  return keyOf(random, random.pick(["str", "list", "set", "zset", "hash"]), 4);
}

const flag = (random: SeededRandom) => maybe(random, random.pick(["NX", "xx", "GT", "LT"]));

/** Makes keys that the others work on, in the database that is selected. */
const creators: readonly CommandMaker[] = [
  (random) => ["SET", keyOf(random, "str", 4), anyValue(random)],
  (random) => ["RPUSH", keyOf(random, "list", 4), ...membersOf(random)],
  (random) => ["SADD", keyOf(random, "set", 4), ...membersOf(random)],
  (random) => [
    "ZADD",
    keyOf(random, "zset", 4),
    ...membersOf(random).flatMap((member) => [random.below(9), member]),
  ],
  (random) => [
    "HSET",
    keyOf(random, "hash", 4),
    ...membersOf(random).flatMap((field) => [field, random.below(9)]),
  ],
];

export const keyMakers: readonly CommandMaker[] = [
  ...creators,
  ...creators,
  (random) => [random.pick(["DEL", "unlink"]), key(random), ...maybe(random, key(random))],
  (random) => ["EXPIRE", key(random), 100_000 + random.below(1e6), ...flag(random)],
  (random) => ["PEXPIRE", key(random), 100_000_000 + random.below(1e9), ...flag(random)],
  (random) => ["EXPIREAT", key(random), Math.floor(farMs(random) / 1000), ...flag(random)],
  (random) => ["PEXPIREAT", key(random), farMs(random), ...flag(random)],
  (random) => ["PEXPIREAT", key(random), 1 + random.below(1e6)],
  (random) => ["PERSIST", key(random)],
  (random) => ["RENAME", key(random), key(random)],
  (random) => ["RENAMENX", key(random), key(random)],
  (random) => [
    "COPY",
    key(random),
    key(random),
    ...maybe(random, "DB", random.below(4)),
    ...maybe(random, "replace"),
  ],
  (random) => ["MOVE", key(random), random.below(4)],
  (random) => ["SELECT", random.below(4)],
  () => ["SELECT", 99],
  (random) => (random.below(4) === 0 ? ["SWAPDB", random.below(4), random.below(4)] : ["TOUCH", key(random)]),
  (random) => (random.below(10) === 0 ? ["FLUSHDB", ...maybe(random, "ASYNC")] : ["PING"]),
  (random) => (random.below(25) === 0 ? ["flushall"] : ["PING"]),
];

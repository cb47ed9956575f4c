import type { SeededRandom } from "@holdfast/testkit";
import type { CommandMaker, Word } from "../differential.ts";
import { keyOf, maybe } from "../random-words.ts";

const sortable = (random: SeededRandom) => random.pick(["list:0", "list:1", "set:0", "zset:0", "zset:1"]);
const element = (random: SeededRandom) =>
  random.pick([String(random.below(60) - 20), `${random.below(60)}.${random.below(9)}`, "1e1", " 7"]);
const word = (random: SeededRandom) => random.pick(["", "a", "A", "b\xff", "\x00", `w${random.below(30)}`]);

function by(random: SeededRandom): Word[] {
  return random.pick([[], [], ["BY", "w_*"], ["by", "h_*->weight"], ["BY", "w_*->x"]]);
}

function rest(random: SeededRandom): Word[] {
  const gets = ["#", "w_*", "h_*->text", "none", "list:*"];
  return [
    ...maybe(random, "LIMIT", random.below(9) - 1, random.below(20) - 2),
    ...maybe(random, random.pick(["ASC", "desc"])),
    ...Array.from({ length: random.below(3) }, () => ["GET", random.pick(gets)]).flat(),
    "STORE",
    keyOf(random, "sorted", 4),
  ];
}

export const sortMakers: readonly CommandMaker[] = [
  (random) => ["RPUSH", `list:${random.below(2)}`, element(random), element(random)],
  (random) => ["RPUSH", `list:${random.below(3)}`, word(random)],
  (random) => ["SADD", "set:0", element(random), element(random)],
  (random) => ["ZADD", `zset:${random.below(2)}`, random.below(9), element(random)],
  (random) => ["SET", `w_${element(random)}`, random.pick([element(random), "inf", "-1e300", "0x10"])],
  (random) => ["HSET", `h_${element(random)}`, "weight", element(random), "text", word(random)],
  (random) => ["SORT", sortable(random), ...by(random), ...rest(random)],
  (random) => ["SORT", sortable(random), ...by(random), ...rest(random)],
  (random) => ["sort", sortable(random), "ALPHA", ...rest(random)],
  // Ties are broken by the elements' order, which only a list has.
  (random) => ["SORT", `list:${random.below(3)}`, "ALPHA", "BY", "h_*->text", ...rest(random)],
  (random) => ["SORT", random.pick(["list:0", "list:2", "set:0", "zset:1"]), "BY", "nosort", ...rest(random)],
  (random) => (random.below(9) === 0 ? ["DEL", sortable(random)] : ["PING"]),
];

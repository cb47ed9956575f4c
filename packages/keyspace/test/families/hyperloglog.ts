import type { SeededRandom } from "@holdfast/testkit";
import type { CommandMaker } from "../differential.ts";
import { keyOf } from "../random-words.ts";

const key = (random: SeededRandom) => keyOf(random, "hll", 6);

function elements(random: SeededRandom, most: number): Uint8Array[] {
  return Array.from({ length: random.below(most) }, () => random.bytes(random.below(30)));
}

export const hyperLogLogMakers: readonly CommandMaker[] = [
  (random) => ["PFADD", key(random), ...elements(random, 4)],
  (random) => ["PFADD", key(random), ...elements(random, 60)],
  (random) => ["pfadd", key(random), ...elements(random, 800)],
  (random) => ["PFADD", key(random), `e${random.below(50)}`],
  (random) => ["PFADD", key(random)],
  (random) => ["PFCOUNT", key(random)],
  (random) => ["PFCOUNT", key(random), key(random)],
  (random) => ["PFMERGE", key(random), key(random)],
  (random) => ["PFMERGE", key(random), key(random), key(random)],
  (random) => (random.below(4) === 0 ? ["PFMERGE", key(random)] : ["PFADD", key(random), "one"]),
  (random) =>
    random.below(12) === 0 ? ["PFDEBUG", "TODENSE", key(random)] : ["PFDEBUG", "ENCODING", key(random)],
  (random) => (random.below(20) === 0 ? ["PFDEBUG", "GETREG", key(random)] : ["PFCOUNT", key(random)]),
  (random) => (random.below(3) === 0 ? ["DEL", key(random)] : ["EXPIRE", key(random), 100_000]),
  (random) =>
    random.below(9) === 0 ? ["SET", key(random), "HYLL is no HyperLogLog"] : ["PFADD", key(random)],
];

/**
 * Searches that store scores. Distances are held against servers by geo-servers.test.ts; places are away from the poles and never two at one
 * spot, where Redis 6.0 differs from later releases.
 */
import type { SeededRandom } from "@holdfast/testkit";
import type { CommandMaker } from "../differential.ts";
import { keyOf, maybe } from "../random-words.ts";

const key = (random: SeededRandom) => keyOf(random, "geo", 4);
const target = (random: SeededRandom) => keyOf(random, "found", 3);
const member = (random: SeededRandom) => `m${random.below(120)}`;
const size = (random: SeededRandom) => (10 ** (1 + random.fraction() * 5.5)).toFixed(3);
const unit = (random: SeededRandom) => random.pick(["m", "km", "ft", "mi"]);
const circle = (random: SeededRandom) => [size(random), unit(random)];
const order = (random: SeededRandom) => maybe(random, random.pick(["ASC", "DESC"]));
const count = (random: SeededRandom) => maybe(random, "COUNT", 1 + random.below(30));

function place(random: SeededRandom): string[] {
  const spread = random.pick([1, 0.1, 0.001]);
  const [longitude, latitude] = [random.fraction() * 2 - 1, random.fraction() * 2 - 1];
  return [(longitude * 179 * spread).toFixed(15), (latitude * 64 * spread).toFixed(15)];
}

export const geoMakers: readonly CommandMaker[] = [
  (random) => ["GEOADD", key(random), ...place(random), member(random)],
  (random) => ["GEOADD", key(random), ...place(random), member(random), ...place(random), member(random)],
  (random) => ["geoadd", key(random), random.pick(["NX", "xx", "CH"]), ...place(random), member(random)],
  (random) => [
    "GEOADD",
    key(random),
    ...Array.from({ length: 30 }, () => [...place(random), member(random)]).flat(),
  ],
  (random) => [
    "GEORADIUS",
    key(random),
    ...place(random),
    ...circle(random),
    ...order(random),
    ...count(random),
    "STORE",
    target(random),
  ],
  (random) => ["GEORADIUSBYMEMBER", key(random), member(random), ...circle(random), "STORE", target(random)],
  (random) => [
    "GEOSEARCHSTORE",
    target(random),
    key(random),
    ...["FROMMEMBER", member(random)],
    ...["BYRADIUS", ...circle(random)],
    ...count(random),
    ...order(random),
  ],
  (random) => [
    "GEOSEARCHSTORE",
    target(random),
    key(random),
    ...["FROMLONLAT", ...place(random)],
    ...["BYBOX", size(random), size(random), unit(random)],
    ...maybe(random, "COUNT", 1 + random.below(9), "ANY"),
    ...order(random),
  ],
  (random) => ["ZREM", key(random), member(random)],
  (random) => (random.below(8) === 0 ? ["DEL", key(random)] : ["EXPIRE", target(random), 100_000]),
];

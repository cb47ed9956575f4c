import type { CommandMaker } from "../differential.ts";
import { anyValue, farMs, keyOf, maybe } from "../random-words.ts";

const key = (random: Parameters<CommandMaker>[0]) => keyOf(random, "str");

export const stringMakers: readonly CommandMaker[] = [
  (random) => ["SET", key(random), anyValue(random)],
  (random) => ["set", key(random), anyValue(random), ...maybe(random, random.pick(["NX", "xx"]))],
  (random) => ["SET", key(random), anyValue(random), ...maybe(random, "GET"), "KEEPTTL"],
  (random) => ["SET", key(random), anyValue(random), "EX", 100_000 + random.below(1000)],
  (random) => ["SET", key(random), anyValue(random), "PX", 100_000_000 + random.below(1000), "XX"],
  (random) => ["SET", key(random), anyValue(random), "EXAT", Math.floor(farMs(random) / 1000)],
  (random) => ["SET", key(random), anyValue(random), "PXAT", farMs(random)],
  (random) => ["SET", key(random), anyValue(random), "PXAT", 1000],
  (random) => ["SET", key(random), anyValue(random), random.pick(["IFEQ", "IFNE"]), anyValue(random)],
  (random) => ["SET", key(random), anyValue(random), "IFNE", anyValue(random), "PX", 100_000_000],
  (random) => ["SETEX", key(random), 100_000, anyValue(random)],
  (random) => ["PSETEX", key(random), 100_000_000, anyValue(random)],
  (random) => ["SETNX", key(random), anyValue(random)],
  (random) => ["GETSET", key(random), anyValue(random)],
  (random) => ["GETDEL", key(random)],
  (random) => ["GETEX", key(random), "PXAT", farMs(random)],
  (random) => ["GETEX", key(random), ...maybe(random, "PERSIST")],
  (random) => ["MSET", key(random), anyValue(random), key(random), anyValue(random)],
  (random) => ["MSETNX", `${key(random)}:nx`, anyValue(random), key(random), anyValue(random)],
  (random) => ["MSETEX", 2, key(random), anyValue(random), key(random), anyValue(random), "EX", 100_000],
  (random) => ["MSETEX", 1, key(random), anyValue(random), ...maybe(random, "XX"), "EXAT", 4_000_000_000],
  (random) => ["MSETEX", 1, key(random), anyValue(random), "KEEPTTL"],
  (random) => ["APPEND", key(random), anyValue(random)],
  (random) => ["SETRANGE", key(random), random.below(400), anyValue(random)],
  (random) => [random.pick(["INCR", "DECR"]), `str:n${random.below(4)}`],
  (random) => [random.pick(["INCRBY", "decrby"]), `str:n${random.below(4)}`, random.below(1e6)],
  (random) => [random.pick(["INCRBY", "DECRBY"]), key(random), random.pick(["9223372036854775807", "-5"])],
  (random) => ["INCRBYFLOAT", key(random), random.pick(["0.1", "-3.7e2", "1e17"])],
  (random) => ["DELEX", key(random), "IFEQ", anyValue(random)],
  (random) => ["DELIFEQ", key(random), anyValue(random)],
];

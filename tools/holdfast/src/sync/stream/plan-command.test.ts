/** What becomes of each command of a stream, as a table. */
import { commandTarget, rdbTarget } from "@holdfast/rdb";
import { describe, expect, test } from "vitest";
import { KeyRules, type KeyRulesOptions } from "../key-rules.ts";
import type { CommandFacts, TargetFacts } from "../target/target-facts.ts";
import { keyIndices } from "./command-keys.ts";
import { CommandPlanner } from "./plan-command.ts";

const bytes = (text: string) => text.split(" ").map((word) => Buffer.from(word));
const facts = (firstKey: number, lastKey: number, step: number, isMovable = false): CommandFacts => ({
  firstKey,
  lastKey,
  step,
  isMovable,
  isWrite: true,
});

const commands = new Map<string, CommandFacts>([
  ["set", facts(1, 1, 1)],
  ["del", facts(1, -1, 1)],
  ["mset", facts(1, -1, 2)],
  ["msetnx", facts(1, -1, 2)],
  ["rename", facts(1, 2, 1)],
  ["move", facts(1, 1, 1)],
  ["copy", facts(1, 2, 1)],
  ["bitop", facts(2, -1, 1)],
  ["zunionstore", facts(1, 1, 1, true)],
  ["sort", facts(1, 1, 1, true)],
  ["eval", facts(0, 0, 0, true)],
  ["publish", facts(0, 0, 0)],
  ["flushall", facts(0, 0, 0)],
  ["flushdb", facts(0, 0, 0)],
  ["swapdb", facts(0, 0, 0)],
  ["mystery", facts(1, 1, 1, true)],
]);

function planned(
  text: string,
  rules: Partial<KeyRulesOptions> = {},
  place: Partial<TargetFacts> = {},
  db = 0,
) {
  const target: TargetFacts = {
    shown: "target",
    runId: "",
    version: "",
    commandTarget: commandTarget("redis-7.0")!,
    rdbTarget: rdbTarget("redis-7.0")!,
    isCluster: false,
    databases: 16,
    commands,
    ...place,
  };
  const all = {
    filters: [],
    renames: [],
    intoDb: undefined,
    ownPrefix: Buffer.from("holdfast:checkpoint"),
    ...rules,
  };
  const words = bytes(text);
  const plan = new CommandPlanner(target, new KeyRules(all), () => {}).plan(
    words[0].toString().toLowerCase(),
    words,
    db,
  );
  if (plan.kind === "problem") return `problem ${plan.code}`;
  if (plan.kind === "drop") return `drop: ${plan.why}`;
  return plan.commands.map(
    ({ db: into, words: sent }) => `${into}: ${sent.map((word) => Buffer.from(word).toString()).join(" ")}`,
  );
}

const users: Partial<KeyRulesOptions> = {
  filters: [{ option: "key", isNegated: false, values: ["u:*"] }],
  renames: [{ from: Buffer.from("u:"), to: Buffer.from("user:") }],
};
const ofDb3: Partial<KeyRulesOptions> = { filters: [{ option: "db", isNegated: false, values: [3] }] };
const cluster = { isCluster: true };

describe("a command of the stream", () => {
  test.each<[text: string, expected: string | string[]]>([
    ["SET k v", ["0: SET k v"]],
    ["PING", "drop: of the source's servers"],
    ["REPLCONF GETACK *", "drop: of the source's servers"],
    ["PUBLISH __sentinel__:hello x", "drop: of the source's servers"],
    ["PUBLISH news x", ["0: PUBLISH news x"]],
    ["FLUSHALL", ["0: FLUSHALL"]],
    ["SWAPDB 0 1", ["0: SWAPDB 0 1"]],
    ["HSET holdfast:checkpoint phase copy", "problem unknown-command"],
    ["SET holdfast:checkpoint x", "drop: the source's own checkpoint"],
    ["MYSTERY k", ["0: MYSTERY k"]],
    ["NOTHING k", "problem unknown-command"],
  ])("%s goes on as %o", (text, expected) => {
    expect(planned(text)).toEqual(expected);
  });

  test.each<[text: string, expected: string | string[]]>([
    ["SET u:1 v", ["0: SET user:1 v"]],
    ["SET other v", "drop: not selected"],
    ["DEL u:1 other u:2", ["0: DEL user:1", "0: DEL user:2"]],
    ["MSET u:1 a other b", ["0: MSET user:1 a"]],
    ["MSETNX u:1 a other b", ["0: MSET user:1 a"]],
    ["RENAME u:1 u:2", ["0: RENAME user:1 user:2"]],
    ["RENAME u:1 other", "problem mixed-keys"],
    ["ZUNIONSTORE u:d 2 u:1 u:2 WEIGHTS 1 2", ["0: ZUNIONSTORE user:d 2 user:1 user:2 WEIGHTS 1 2"]],
    ["EVAL s 1 u:1 u:2", ["0: EVAL s 1 user:1 u:2"]],
    ["SORT u:1 LIMIT 0 9 STORE u:2", ["0: SORT user:1 LIMIT 0 9 STORE user:2"]],
    ["FLUSHDB", "problem whole-database"],
    ["FLUSHALL", "problem whole-database"],
    ["MYSTERY u:1", "problem unknown-keys"],
  ])("%s under filters and new names is %o", (text, expected) => {
    expect(planned(text, users)).toEqual(expected);
  });

  test.each<[text: string, db: number, expected: string | string[]]>([
    ["SET k v", 3, ["3: SET k v"]],
    ["SET k v", 0, "drop: not selected"],
    ["FLUSHDB", 3, ["3: FLUSHDB"]],
    ["FLUSHDB", 0, "drop: not selected"],
    ["FLUSHALL", 3, "problem whole-database"],
    ["MOVE k 5", 3, "problem mixed-keys"],
    ["COPY a b DB 5", 3, "problem mixed-keys"],
  ])("%s in db %i, of which only 3 is selected, is %o", (text, db, expected) => {
    expect(planned(text, ofDb3, {}, db)).toEqual(expected);
  });

  test.each<[text: string, expected: string | string[]]>([
    ["MSET a 1 b 2", ["0: MSET a 1", "0: MSET b 2"]],
    ["DEL a b", ["0: DEL a", "0: DEL b"]],
    ["RENAME {t}a {t}b", ["0: RENAME {t}a {t}b"]],
    ["RENAME a b", "problem cross-slot"],
    ["BITOP AND a b", "problem cross-slot"],
  ])("%s for a cluster is %o", (text, expected) => {
    expect(planned(text, {}, cluster)).toEqual(expected);
  });

  test("is put into words that an older server understands", () => {
    const old = { commandTarget: commandTarget("redis-6.0")!, rdbTarget: rdbTarget("redis-6.0")! };
    expect(planned("SET k v PXAT 123", {}, old)).toEqual(["0: SET k v", "0: PEXPIREAT k 123"]);
    expect(planned("SET k v PXAT 123")).toEqual(["0: SET k v PXAT 123"]);
  });

  test("goes into another db", () => {
    expect(planned("SET k v", { ...ofDb3, intoDb: 7 }, {}, 3)).toEqual(["7: SET k v"]);
  });
});

test("keys stand where COMMAND or the command itself says", () => {
  expect(keyIndices("bitop", bytes("BITOP AND d a b"), commands.get("bitop"))).toEqual([2, 3, 4]);
  expect(keyIndices("msetex", bytes("MSETEX 2 a 1 b 2 EX 5"), undefined)).toEqual([2, 4]);
  expect(keyIndices("georadius", bytes("GEORADIUS k 1 2 3 m STOREDIST d"), undefined)).toEqual([1, 7]);
  expect(keyIndices("eval", bytes("EVAL s 9 a"), undefined)).toBeUndefined();
  expect(keyIndices("mystery", bytes("MYSTERY a"), commands.get("mystery"))).toBeUndefined();
});

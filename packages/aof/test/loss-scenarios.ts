/**
 * Six ways in which servers lose acknowledged data around a damaged file, played on a server that is left alone with it: what is there in the
 * end, in the words of a cell of DAMAGE.md. What a repair makes of each stands in data-loss.test.ts.
 */
import { readFileSync } from "node:fs";
import { fixturePath, type ServerClient, withServer } from "@holdfast/testkit";
import { expect } from "vitest";
import { appending, filesFor, type ServerFiles, type ServerId, startOn } from "./damage-columns.ts";
import { START } from "./damaged-files.ts";
import { latin1, log } from "./memory-disk.ts";
import { allKeys, readServerFiles } from "./server-files.ts";

export interface Scenario {
  readonly name: string;
  /** What the check says that comes first, and what is right. */
  readonly ours: string;
  /** What a server does that is left alone with it. */
  play(id: ServerId): Promise<string>;
}

const tornUnit = latin1(START + log("MULTI", "SET a 1", "SET b 2").slice(0, -5));
const corruptUnit = latin1(`${START}${log("MULTI", "SET a 1")}garbage`);
const wholeUnit = latin1(START + log("MULTI", "SET a 1", "SET b 2", "EXEC"));
const hasDirectory = (id: ServerId) => id !== "redis-6.0";

export const scenarios: readonly Scenario[] = [
  {
    name: "A: a record torn inside MULTI",
    ours: "cut in front of MULTI: what is written later stays",
    play: (id) => writeAndRestart(id, filesFor(id, [tornUnit])),
  },
  {
    name: "B: the first record behind an RDB torn",
    ours: "cut behind the RDB: all keys stay",
    play: behindRdb,
  },
  {
    name: "C: corrupt bytes inside MULTI, and the server may cut 1 MB of them",
    ours: "cut in front of MULTI: what is written later stays",
    play: corruptTail,
  },
  {
    name: "D: a rewrite of a vector set into commands",
    ours: "sound: the log is whole, with one more incr",
    play: rewriteVectors,
  },
  {
    name: "E: a unit in the log, and the user default off",
    ours: "named before the start (AOF_UNITS_WITHOUT_USER): start with the user on",
    play: withoutUser,
  },
  {
    name: "F: damage in a file before the last one",
    ours: "asks: later files go, or stay with a known gap",
    play: notLast,
  },
];

/** A start, a key that is acknowledged, a second start: is the key still there? */
async function writeAndRestart(id: ServerId, files: ServerFiles, args = appending): Promise<string> {
  const write = async (client: ServerClient) => String(await client.sendCommand(["SET", "later", "kept"]));
  const first = await startOn(id, files, write, args);
  if (first.kind !== "loads") return first.kind;
  expect(first.answer).toBe("OK");
  const second = await startOn(id, first.files, allKeys, args);
  if (second.answer === undefined) return `**${second.kind} at the second start**`;
  const hasOld = ["k1=v1", "k2=v2"].every((pair) => second.answer!.includes(pair));
  if (!hasOld) return "**loses what was written before**";
  return second.answer.includes("later=kept") ? "keeps all" : "**loses what is written later**";
}

async function behindRdb(id: ServerId): Promise<string> {
  const rdb = readFileSync(fixturePath("rdb", "redis-6.0-dbs.rdb"));
  const torn = Buffer.concat([rdb, latin1("*3\r\n$3\r\nSE")]);
  const base = "appendonly.aof.1.base.rdb";
  const files: ServerFiles = hasDirectory(id)
    ? {
        [`appendonlydir/${base}`]: torn,
        "appendonlydir/appendonly.aof.manifest": Buffer.from(`file ${base} seq 1 type b\n`),
      }
    : { "appendonly.aof": torn };
  const count = async (client: ServerClient) => {
    const info = String(await client.sendCommand(["INFO", "keyspace"]));
    return [...info.matchAll(/keys=(\d+)/g)].reduce((sum, [, keys]) => sum + Number(keys), 0);
  };
  const first = await startOn(id, files, count);
  if (first.answer === undefined) return first.kind;
  const second = await startOn(id, first.files, count);
  if (second.answer === first.answer) return "keeps all";
  return `**${first.answer} keys, ${second.answer ?? 0} at the second start**`;
}

async function corruptTail(id: ServerId): Promise<string> {
  const mayCut = id === "redis-8.6" ? ["--aof-load-corrupt-tail-max-size", String(1 << 20)] : [];
  const outcome = await writeAndRestart(id, filesFor(id, [corruptUnit]), [...appending, ...mayCut]);
  return mayCut.length === 0 ? `${outcome} (cannot be told to cut)` : outcome;
}

/** Vector sets are part of Redis since 8.0. What the child says when it dies is part of the answer. */
async function rewriteVectors(id: ServerId): Promise<string> {
  if (id !== "redis-8.0" && id !== "redis-8.6") return "no vector sets";
  const args = [...appending, "--aof-use-rdb-preamble", "no"];
  return withServer(id, { args }, async ({ client, server }) => {
    await client.sendCommand(["VADD", "vectors", "VALUES", "2", "1", "2", "one"]);
    await client.sendCommand(["BGREWRITEAOF"]);
    const info = async () => String(await client.sendCommand(["INFO", "persistence"]));
    await expect
      .poll(async () => /aof_rewrite_in_progress:1|aof_rewrite_scheduled:1/.test(await info()), {
        timeout: 20_000,
      })
      .toBe(false);
    if ((await info()).includes("aof_last_bgrewrite_status:ok")) return "rewrites";
    const signal = /crashed by signal: (\d+)/.exec(server.log())?.[1];
    const said = /Background AOF rewrite terminated by (?:signal (\d+)|an? .*error)/.exec(server.log())?.[0];
    const incrs = Object.keys(await readServerFiles(server.directory)).filter((name) =>
      name.endsWith(".incr.aof"),
    );
    const crash = signal === undefined ? said : `its child crashed by signal ${signal}`;
    return `**the rewrite dies, every time**: ${crash}; ${incrs.length} incrs`;
  });
}

/** An administrator of another name, with which the test asks. */
async function withoutUser(id: ServerId): Promise<string> {
  const users = [...["--user", "admin", "on", ">secret", "~*", "+@all"], ...["--user", "default", "off"]];
  const read = async (client: ServerClient) => {
    await client.sendCommand(["AUTH", "admin", "secret"]);
    return allKeys(client);
  };
  const start = await startOn(id, filesFor(id, [wholeUnit]), read, [...appending, ...users]);
  if (start.answer === undefined) return start.kind;
  return start.answer.includes("a=1") ? "keeps all" : "**drops the unit without a word**";
}

async function notLast(id: ServerId): Promise<string> {
  if (!hasDirectory(id)) return "has one file";
  const torn = latin1(START + log("SET lost 1").slice(0, -4));
  const files = filesFor(id, [torn, latin1(log("SELECT 0", "SET behind 1"))]);
  const first = await startOn(id, files, allKeys);
  if (first.answer !== undefined) return `loads ${first.answer.join(" ")}`;
  // A start that is refused may have changed the files.
  const second = await startOn(id, first.files, allKeys);
  return second.answer === undefined
    ? "refuses, and again"
    : "**refuses; has cut the file, and loads at the second start, behind a hole**";
}

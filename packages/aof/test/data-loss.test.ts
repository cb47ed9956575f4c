/**
 * Six ways in which servers lose acknowledged data around a damaged append-only file, and what is left of it when it is checked and repaired
 * before a server sees it.
 */
import { readFileSync } from "node:fs";
import { describeWithServer, fixturePath, type ServerClient, withServer } from "@holdfast/testkit";
import { expect, test } from "vitest";
import {
  type AofReport,
  type CheckAofOptions,
  checkAof,
  planRepair,
  type RepairOptions,
  repairAof,
} from "../src/index.ts";
import { START } from "./damaged-files.ts";
import {
  type DiskContent,
  diskForServer,
  INCR,
  latin1,
  log,
  MANIFEST,
  memoryDisk,
  oneIncrement,
  readPath,
  writeDisk,
} from "./memory-disk.ts";
import { allKeys, readServerFiles } from "./server-files.ts";

const args = ["--appendonly", "yes", "--appendfsync", "always"];
const BOTH = ["k1=v1", "k2=v2"];

const SECOND_INCR = INCR.replace(".1.", ".2.");

function twoIncrements(first: string, second: string): DiskContent {
  const manifest = [1, 2].map((number) => `file appendonly.aof.${number}.incr.aof seq ${number} type i\n`);
  return {
    [INCR]: latin1(first),
    [SECOND_INCR]: latin1(second),
    [MANIFEST]: Buffer.from(manifest.join("")),
  };
}

async function checked(content: DiskContent, options: CheckAofOptions = {}) {
  const disk = await memoryDisk(content);
  return { disk, report: await checkAof(disk, "data/appendonlydir", options) };
}

/** What a check says that matters for what to do next. */
function summary({ verdict, problems, files }: AofReport) {
  const codes = problems.filter(({ severity }) => severity === "error").map(({ code }) => code);
  const last = files.find(({ damage }) => damage !== undefined);
  return { verdict, codes, soundBytes: last?.soundBytes, openUnitCommands: last?.damage?.openUnitCommands };
}

/** Starts on the files, writes one more key, and starts again on what that left; `read` is asked both times. */
async function startTwice<T>(
  id: Parameters<typeof withServer>[0],
  files: Record<string, Uint8Array>,
  read: (client: ServerClient) => Promise<T>,
): Promise<{ first: T; second: T; later: string }> {
  let first: T | undefined;
  const left = await withServer(id, { args, files }, async ({ client, server }) => {
    first = await read(client);
    await client.sendCommand(["SET", "later", "kept"]);
    return readServerFiles(server.directory);
  });
  return withServer(id, { args, files: left }, async ({ client }) => {
    const later = String(await client.sendCommand(["GET", "later"]));
    await client.sendCommand(["DEL", "later"]);
    return { first: first as T, second: await read(client), later };
  });
}

async function repaired(content: DiskContent, options: RepairOptions) {
  const { disk, report } = await checked(content);
  await repairAof(disk, planRepair(report, options));
  return { disk, files: await diskForServer(disk) };
}

describeWithServer("redis-7.0", "A: a record torn inside MULTI", (id) => {
  const content = oneIncrement(START + log("MULTI", "SET a 1", "SET b 2").slice(0, -5));

  test("is cut with its whole unit, so that what is written later stays", async () => {
    const { report } = await checked(content);
    expect(summary(report)).toEqual({
      verdict: "repairable",
      codes: ["AOF_TRUNCATED"],
      soundBytes: START.length,
      openUnitCommands: 2,
    });
    const { files } = await repaired(content, { behindDamage: "refuse" });
    expect(await startTwice(id, files, allKeys)).toEqual({ first: BOTH, second: BOTH, later: "kept" });
  });

  test("left to the server, costs what is written later", async () => {
    const { disk } = await checked(content);
    const lost = await startTwice(id, await diskForServer(disk), allKeys);
    expect(lost).toEqual({ first: BOTH, second: BOTH, later: "null" });
  });
});

describeWithServer("redis-7.0", "B: the first record behind an RDB is torn", (id) => {
  const rdb = readFileSync(fixturePath("rdb", "redis-7.0-dbs.rdb"));
  const base = "data/appendonlydir/appendonly.aof.1.base.rdb";
  const content = {
    [base]: Buffer.concat([rdb, latin1("*3\r\n$3\r\nSE")]),
    [MANIFEST]: Buffer.from("file appendonly.aof.1.base.rdb seq 1 type b\n"),
  };
  const keyCount = async (client: ServerClient) =>
    String(await client.sendCommand(["INFO", "keyspace"])).match(/keys=\d+/g);

  test("is cut behind the RDB, never in it", async () => {
    const { report } = await checked(content);
    expect(summary(report)).toEqual({
      verdict: "repairable",
      codes: ["AOF_TRUNCATED"],
      soundBytes: rdb.length,
      openUnitCommands: 0,
    });
    const { files, disk } = await repaired(content, { behindDamage: "refuse" });
    expect((await readPath(disk, base)).equals(rdb)).toBe(true);
    const { first, second, later } = await startTwice(id, files, keyCount);
    expect(first!.length).toBeGreaterThan(1);
    expect({ second, later }).toEqual({ second: first, later: "kept" });
  });
});

describeWithServer("redis-8.6", "C: corrupt bytes inside MULTI", (id) => {
  const content = oneIncrement(`${START}${log("MULTI", "SET a 1")}garbage`);

  test("are cut with the whole unit", async () => {
    const { report } = await checked(content);
    expect(summary(report)).toEqual({
      verdict: "repairable",
      codes: ["AOF_CORRUPT"],
      soundBytes: START.length,
      openUnitCommands: 2,
    });
    const { files } = await repaired(content, { behindDamage: "refuse" });
    expect(await startTwice(id, files, allKeys)).toEqual({ first: BOTH, second: BOTH, later: "kept" });
  });
});

describeWithServer("redis-8.6", "D: a rewrite that always dies, of a vector set into commands", (id) => {
  test("leaves a log that is sound, and has one more incr", async () => {
    const asCommands = [...args, "--aof-use-rdb-preamble", "no"];
    const files = await withServer(id, { args: asCommands }, async ({ client, server }) => {
      await client.sendCommand(["VADD", "vectors", "VALUES", "2", "1", "2", "one"]);
      await client.sendCommand(["BGREWRITEAOF"]);
      const info = async () => String(await client.sendCommand(["INFO", "persistence"]));
      await expect.poll(info, { timeout: 20_000 }).toMatch(/aof_last_bgrewrite_status:err/);
      return readServerFiles(server.directory);
    });
    const disk = await memoryDisk({});
    await writeDisk(
      disk,
      Object.fromEntries(Object.entries(files).map(([path, bytes]) => [`data/${path}`, bytes])),
    );
    const report = await checkAof(disk, "data");
    expect(report.verdict).toBe("sound");
    expect(report.files.filter(({ role }) => role === "incr").length).toBeGreaterThan(1);
    await withServer(id, { args: asCommands, files }, async ({ client }) => {
      expect(await client.sendCommand(["VCARD", "vectors"])).toBe(1);
    });
  });
});

describeWithServer("redis-7.0", "E: units in a log, and the user default is to be off", (id) => {
  const content = oneIncrement(START + log("MULTI", "SET a 1", "SET b 2", "EXEC"));

  test("are named before the start, and are all there for a server with that user", async () => {
    const asked = { server: "redis-7.0", defaultUserIsOff: true } as const;
    const { disk, report } = await checked(content, asked);
    expect(summary(report)).toMatchObject({ verdict: "refused", codes: ["AOF_UNITS_WITHOUT_USER"] });
    expect(planRepair(report, { behindDamage: "refuse" }).cuts).toEqual([]);
    const fixed = await checked(content, { ...asked, server: "valkey-9.1" });
    expect(fixed.report.verdict).toBe("sound");
    const all = ["a=1", "b=2", ...BOTH];
    const started = await startTwice(id, await diskForServer(disk), allKeys);
    expect(started).toEqual({ first: all, second: all, later: "kept" });
  });
});

describeWithServer("valkey-9.1", "F: damage in a file before the last one", (id) => {
  const content = twoIncrements(START + log("SET lost 1").slice(0, -4), log("SELECT 0", "SET behind 1"));

  test("is not repaired without a decision", async () => {
    const { report } = await checked(content);
    expect(summary(report)).toEqual({
      verdict: "needs-decision",
      codes: ["AOF_TRUNCATED", "AOF_DAMAGED_NOT_LAST"],
      soundBytes: START.length,
      openUnitCommands: 0,
    });
    expect(() => planRepair(report, { behindDamage: "refuse" })).toThrow(
      expect.objectContaining({ code: "AOF_CANNOT_REPAIR", path: INCR }),
    );
  });

  test("becomes the whole past, when what is behind it may go", async () => {
    const { files, disk } = await repaired(content, { behindDamage: "drop" });
    expect(await startTwice(id, files, allKeys)).toEqual({ first: BOTH, second: BOTH, later: "kept" });
    const kept = await readPath(disk, `${SECOND_INCR}.removed-1`);
    expect(kept.toString("latin1")).toBe(log("SELECT 0", "SET behind 1"));
  });

  test("becomes a known gap, when later files are to stay", async () => {
    const { files } = await repaired(content, { behindDamage: "keep-later-files" });
    const all = ["behind=1", ...BOTH];
    expect(await startTwice(id, files, allKeys)).toEqual({ first: all, second: all, later: "kept" });
  });

  test("left to the server, is refused at the first start", async () => {
    const { disk } = await checked(content);
    const files = await diskForServer(disk);
    await expect(withServer(id, { args, files }, async () => {})).rejects.toThrow(
      "truncated file is not the last",
    );
  });
});

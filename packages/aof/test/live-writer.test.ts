/** Directories that we write are loaded by real servers without a word, with the same content; they write on, and so do we. */
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodePlatform } from "@holdfast/platform";
import { rdbTarget } from "@holdfast/rdb";
import { describeWithServer, type ServerClient, type ServerInUse, withServer } from "@holdfast/testkit";
import { describe, expect, onTestFinished, test } from "vitest";
import { AofRewriter, type OpenAofOptions, type OpenedAof, openAof, writeRdbBase } from "../src/index.ts";
import { commandsOf, soundLength } from "./directory-content.ts";
import { snapshotEvents } from "./snapshot-events.ts";

const MULTI_PART = ["redis-7.0", "redis-8.0", "redis-8.6", "valkey-8.1", "valkey-9.1"] as const;
const { files, clock } = nodePlatform();
const appendOnly = ["--appendonly", "yes", "--appendfsync", "always"];

async function scratch(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "holdfast-aof-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

function open(dataDirectory: string, settings: Partial<OpenAofOptions> = {}): Promise<OpenedAof> {
  const place = { dataDirectory };
  return openAof({ files, clock, place, fsync: "everysec", soundLength, onBadTail: "refuse", ...settings });
}

const entries = Array.from({ length: 500 }, (_, index) => [`base:${index}`, `value ${index}`] as const);

/** Everything that a writer does: several dbs, transactions, annotations, changes of files, a rewrite in the middle of it. */
async function writeAll(dataDirectory: string, timestamps: boolean): Promise<void> {
  const opened = await open(dataDirectory, { timestamps });
  const { writer } = opened;
  for (const [key, value] of entries) writer.append(0, ["SET", key, value]);
  await writer.rotate(0);
  writer.append(0, ["DEL", "nobody"]);
  const rewriter = new AofRewriter({
    files,
    clock,
    ...opened,
    form: "rdb",
    takeSnapshot: () => ({ events: () => [snapshotEvents(entries)] }),
    writeBase: (file, snapshot) =>
      writeRdbBase(file, snapshot, { target: rdbTarget("redis-7.0")!, onLoss: () => {} }),
    replicationOffset: () => 12,
  });
  const rewriting = rewriter.rewrite();
  for (let index = 0; index < 100; index++) writer.append(index % 3, ["RPUSH", "list", String(index)]);
  expect(await rewriting).toMatchObject({
    removed: expect.arrayContaining(["appendonly.aof.1.incr.aof"]),
    historyProblem: undefined,
  });
  writer.appendUnit([
    { db: 0, args: ["SADD", "set", Buffer.from([0, 255, 10, 13])] },
    { db: 1, args: ["SET", "of db 1", "x".repeat(100_000)] },
    { db: 0, args: ["HSET", "hash", "field", "grün"] },
  ]);
  await writer.rotate();
  await writer.settled(writer.append(0, ["INCRBY", "counter", "41"]));
  await writer.close();
}

async function expectContent(client: ServerClient): Promise<void> {
  const ask = async (...words: string[]) => String(await client.sendCommand(words));
  expect(await ask("GET", "base:499")).toBe("value 499");
  expect(await ask("LLEN", "list")).toBe("34");
  expect(await ask("LINDEX", "list", "-1")).toBe("99");
  expect(await ask("SISMEMBER", "set", "nothing")).toBe("0");
  expect(await client.sendCommand(["SMEMBERS", "set"])).toEqual([Buffer.from([0, 255, 10, 13])]);
  expect(await ask("HGET", "hash", "field")).toBe("grün");
  expect(await ask("GET", "counter")).toBe("41");
  expect(await ask("DBSIZE")).toBe(String(entries.length + 4));
  await client.sendCommand(["SELECT", "1"]);
  expect(await ask("STRLEN", "of db 1")).toBe("100000");
  expect(await ask("LLEN", "list")).toBe("33");
  await client.sendCommand(["SELECT", "0"]);
}

/** Lines of level warning that have nothing to do with the append-only file. */
const harmless =
  /overcommit|is starting oO0|version=|Configuration loaded|Server initialized|TCP backlog|WARNING: /;

function expectNoWarnings({ server }: ServerInUse): void {
  const warnings = server
    .log()
    .split("\n")
    .filter((line) => / # /.test(line) && !harmless.test(line));
  expect(warnings).toEqual([]);
  expect(server.log()).toMatch(/DB loaded from|Ready to accept connections/);
}

/** Starts the server on a copy of the directory, and brings back what it left. */
async function served(
  id: Parameters<typeof withServer>[0],
  dataDirectory: string,
  use: (running: ServerInUse) => Promise<void>,
  args: readonly string[] = [],
): Promise<void> {
  const dir = ["--dir", dataDirectory];
  await withServer(id, { args: [...appendOnly, ...dir, ...args] }, async (running) => {
    await use(running);
    await running.server.stop();
  });
}

describeWithServer(MULTI_PART, "a directory of ours", (id) => {
  // Without annotations there is less to trip over: one server is enough for that.
  test.each(id === "redis-7.0" ? [true, false] : [true])(
    "is loaded without a word, written on, and gone on in (annotations: %s)",
    async (timestamps) => {
      const directory = await scratch();
      await writeAll(directory, timestamps);
      await served(id, directory, async (running) => {
        expectNoWarnings(running);
        await expectContent(running.client);
        await running.client.sendCommand(["SET", "by the server", "yes"]);
      });
      expect((await commandsOf(files, join(directory, "appendonlydir"))).at(-1)).toBe(
        "0 SET by the server yes",
      );
      const { writer, report } = await open(directory);
      expect(report).toMatchObject({
        isNew: false,
        isUpgraded: false,
        cut: undefined,
        removed: [],
        strays: [],
      });
      writer.append(0, ["APPEND", "by the server", ", and by us"]);
      await writer.close();
      await served(id, directory, async (running) => {
        expectNoWarnings(running);
        expect(String(await running.client.sendCommand(["GET", "by the server"]))).toBe("yes, and by us");
        await running.client.sendCommand(["DEL", "by the server"]);
        await expectContent(running.client);
      });
    },
  );

  test("that is new and empty is loaded as such", async () => {
    const directory = await scratch();
    await (await open(directory)).writer.close();
    await served(id, directory, async (running) => {
      expectNoWarnings(running);
      expect(await running.client.sendCommand(["DBSIZE"])).toBe(0);
    });
  });
});

describeWithServer(MULTI_PART, "a directory of the server", (id) => {
  test("is gone on in, after rewrites of either form", async () => {
    const directory = await scratch();
    for (const preamble of ["yes", "no"]) {
      await served(
        id,
        directory,
        async ({ client }) => {
          await client.sendCommand(["SELECT", "2"]);
          await client.sendCommand(["SET", `before ${preamble}`, "1"]);
          await client.sendCommand(["BGREWRITEAOF"]);
          await expect
            .poll(async () => String(await client.sendCommand(["INFO", "persistence"])))
            .toMatch(/aof_rewrite_in_progress:0/);
          await client.sendCommand(["SET", `after ${preamble}`, "1"]);
        },
        ["--aof-use-rdb-preamble", preamble, "--aof-timestamp-enabled", "yes"],
      );
      const { writer, report } = await open(directory);
      expect(report).toMatchObject({ cut: undefined, strays: [] });
      writer.append(2, ["SET", `ours ${preamble}`, "1"]);
      await writer.close();
    }
    const keys = new Set(
      (await commandsOf(files, join(directory, "appendonlydir"))).map((command) =>
        command.replace(/^\d SET /i, ""),
      ),
    );
    for (const when of ["before", "after", "ours"]) expect(keys).toContain(`${when} no 1`);
    await served(id, directory, async (running) => {
      expectNoWarnings(running);
      await running.client.sendCommand(["SELECT", "2"]);
      expect(await running.client.sendCommand(["DBSIZE"])).toBe(6);
    });
  });
});

describe("the single file of old servers", () => {
  describeWithServer("redis-6.0", "made by us", (id) => {
    test("is loaded without a word", async () => {
      const directory = await scratch();
      const { writer, keeper } = await open(directory);
      for (const [key, value] of entries) writer.append(0, ["SET", key, value]);
      writer.appendUnit([
        { db: 0, args: ["SET", "a", "1"] },
        { db: 1, args: ["SET", "b", "2"] },
      ]);
      await writer.close();
      const incr = join(directory, "appendonlydir", keeper.manifest.increments[0].name);
      await cp(incr, join(directory, "appendonly.aof"));
      await served(id, directory, async (running) => {
        expectNoWarnings(running);
        expect(await running.client.sendCommand(["DBSIZE"])).toBe(501);
      });
    });
  });

  describeWithServer("redis-6.0", "made by the server", (id) => {
    test("moves into a directory, is gone on in, and loaded by a newer server", async () => {
      const directory = await scratch();
      await served(id, directory, async ({ client }) => {
        await client.sendCommand(["SET", "in the preamble", "1"]);
        await client.sendCommand(["BGREWRITEAOF"]);
        await expect
          .poll(async () => String(await client.sendCommand(["INFO", "persistence"])))
          .toMatch(/aof_rewrite_in_progress:0/);
        await client.sendCommand(["SET", "behind it", "2"]);
      });
      const old = await readFile(join(directory, "appendonly.aof"));
      expect(old.subarray(0, 5).toString()).toBe("REDIS");
      // As a crash would leave it: the last command is torn.
      await writeFile(join(directory, "appendonly.aof"), Buffer.concat([old, Buffer.from("*3\r\n$3\r\nSE")]));
      const { writer, report } = await open(directory, { onBadTail: "cut-truncated" });
      expect(report).toMatchObject({
        isUpgraded: true,
        cut: { problem: "truncated", soundBytes: old.length, cutBytes: 10 },
      });
      expect((await readFile(report.cut!.keptAs)).toString()).toBe("*3\r\n$3\r\nSE");
      await writer.settled(writer.append(0, ["SET", "ours", "3"]));
      await writer.close();
      await served("redis-7.0", directory, async (running) => {
        expectNoWarnings(running);
        expect(
          String(await running.client.sendCommand(["MGET", "in the preamble", "behind it", "ours"])),
        ).toBe("1,2,3");
      });
    });
  });
});

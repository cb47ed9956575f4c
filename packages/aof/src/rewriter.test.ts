import { type FaultRule, faultyFiles, StrictMemoryFiles, VirtualClock } from "@holdfast/platform";
import { commandTarget, RdbEncodeError, rdbTarget } from "@holdfast/rdb";
import { describe, expect, test } from "vitest";
import { commandsOf, contentOf, soundLength } from "../test/directory-content.ts";
import { listEvents, listIn, snapshotEvents } from "../test/snapshot-events.ts";
import { writeCommandBase } from "./command-base.ts";
import { type OpenAofOptions, openAof } from "./open-aof.ts";
import { writeRdbBase } from "./rdb-base.ts";
import { AofRewriter, type AofRewriterOptions } from "./rewriter.ts";
import type { AofSnapshot } from "./snapshot.ts";

const DIRECTORY = "data/appendonlydir";
const neverLoses = (loss: unknown) => expect(loss).toBeUndefined();
const rdb: AofRewriterOptions["writeBase"] = (file, snapshot) =>
  writeRdbBase(file, snapshot, { target: rdbTarget("redis-7.0")!, onLoss: neverLoses });

/** A log of which the data is the newest value of each key, as a server would have it. */
async function bench(options: Partial<AofRewriterOptions> = {}, settings: Partial<OpenAofOptions> = {}) {
  const disk = new StrictMemoryFiles();
  await disk.makeDirectory("data");
  const clock = new VirtualClock(1_700_000_000_000);
  let rule: FaultRule | undefined;
  const files = faultyFiles(disk, (call, number) => rule?.(call, number));
  const place = { dataDirectory: "data" };
  const opened = await openAof({
    files,
    clock,
    place,
    fsync: "always",
    soundLength,
    onBadTail: "refuse",
    ...settings,
  });
  const data = new Map<string, string>();
  const released: AofSnapshot[] = [];
  const takeSnapshot = () => {
    const events = snapshotEvents([...data]);
    const snapshot: AofSnapshot = { events: () => [events], release: () => released.push(snapshot) };
    return snapshot;
  };
  const rewriter = new AofRewriter({
    files,
    clock,
    ...opened,
    form: "rdb",
    takeSnapshot,
    writeBase: rdb,
    ...options,
  });
  const set = (key: string, value: string) => {
    data.set(key, value);
    return opened.writer.append(0, ["SET", key, value]);
  };
  return {
    ...opened,
    disk,
    clock,
    data,
    released,
    rewriter,
    set,
    fail: (chosen?: FaultRule) => (rule = chosen),
  };
}

/** What a loader ends up with. */
async function loaded(disk: StrictMemoryFiles): Promise<Map<string, string>> {
  const commands = await commandsOf(disk, DIRECTORY);
  return new Map(commands.map((command) => command.split(" ").slice(2) as [string, string]));
}

describe("a rewrite", () => {
  test("puts a base in the place of everything before it, and what comes meanwhile behind it", async () => {
    const { rewriter, writer, set, disk, data, keeper, released, clock } = await bench();
    set("a", "1");
    set("a", "2");
    const rewriting = rewriter.rewrite();
    set("b", "3");
    const report = await rewriting;
    await writer.settled(set("a", "4"));
    expect(await commandsOf(disk, DIRECTORY)).toEqual(["0 SET a 2", "0 SET b 3", "0 SET a 4"]);
    expect(await loaded(disk)).toEqual(data);
    expect(report).toEqual({
      base: { name: "appendonly.aof.1.base.rdb", sequence: 1, role: "base" },
      baseSizeBytes: (await disk.stat(`${DIRECTORY}/appendonly.aof.1.base.rdb`))?.sizeBytes,
      tookMs: 0,
      removed: ["appendonly.aof.1.incr.aof"],
      historyProblem: undefined,
    });
    const left = ["appendonly.aof.1.base.rdb", "appendonly.aof.2.incr.aof", "appendonly.aof.manifest"];
    expect(await disk.list(DIRECTORY)).toEqual(left);
    expect([keeper.manifest.history, released.length, rewriter.isRunning]).toEqual([[], 1, false]);
    const incr = await disk.stat(`${DIRECTORY}/appendonly.aof.2.incr.aof`);
    expect(writer.sizeBytes).toBe(report.baseSizeBytes + incr!.sizeBytes);
    await rewriter.rewrite();
    expect((await disk.list(DIRECTORY))[0]).toBe("appendonly.aof.2.base.rdb");
    await clock.advance(0);
    await writer.close();
  });

  test("may write its base as commands, with an annotation in front", async () => {
    const target = commandTarget("redis-7.0")!;
    const { rewriter, writer, set, disk, data } = await bench({
      form: "aof",
      writeBase: (file, snapshot) =>
        writeCommandBase(file, snapshot, { target, onLoss: neverLoses, annotationSec: 17 }),
    });
    set("a", "1");
    set("b", "2");
    await rewriter.rewrite();
    await writer.close();
    const base = await contentOf(disk, `${DIRECTORY}/appendonly.aof.1.base.aof`);
    expect([base.annotations, base.records]).toEqual([["#TS:17"], ["SELECT 0", "SET a 1", "SET b 2"]]);
    expect(await loaded(disk)).toEqual(data);
  });

  test("keeps history when it is told to", async () => {
    const { rewriter, set, disk, keeper, writer } = await bench({ keepHistory: true });
    for (const value of ["1", "2"]) {
      set("a", value);
      expect(await rewriter.rewrite()).toMatchObject({ removed: [], historyProblem: undefined });
    }
    expect(keeper.manifest.history.map(({ name }) => name)).toEqual([
      "appendonly.aof.1.incr.aof",
      "appendonly.aof.1.base.rdb",
      "appendonly.aof.2.incr.aof",
    ]);
    expect((await disk.list(DIRECTORY)).length).toBe(6);
    await writer.close();
  });

  test("says why history could not be removed, and the next one removes it", async () => {
    const { rewriter, set, disk, keeper, fail, writer } = await bench();
    set("a", "1");
    fail(({ operation, path }) =>
      operation === "remove" && path.endsWith("incr.aof") ? { code: "EACCES" } : undefined,
    );
    expect(await rewriter.rewrite()).toMatchObject({ removed: [], historyProblem: { code: "EACCES" } });
    expect(keeper.manifest.history).toHaveLength(1);
    fail();
    expect(await rewriter.rewrite()).toMatchObject({ historyProblem: undefined, removed: { length: 3 } });
    expect((await disk.list(DIRECTORY)).length).toBe(3);
    await writer.close();
  });

  test("writes the replication offset of its border into the manifest", async () => {
    const { rewriter, keeper, writer } = await bench({ replicationOffset: () => 4711 });
    await rewriter.rewrite();
    expect(keeper.manifest.increments).toMatchObject([{ sequence: 2, startOffset: 4711 }]);
    await writer.close();
  });

  test("is one at a time", async () => {
    const { rewriter, writer } = await bench();
    const first = rewriter.rewrite();
    await expect(rewriter.rewrite()).rejects.toMatchObject({ code: "AOF_REWRITE_RUNNING" });
    await first;
    await writer.close();
  });
});

/** Every call of a rewrite, by what it does to which file. */
const failures: readonly (readonly [string, FaultRule])[] = [
  ["the new incr", ({ operation, path }) => full(operation === "create" && path.endsWith("incr.aof"))],
  ["the first manifest", ({ operation, path }) => full(operation === "append" && path.includes("manifest"))],
  ["the base, at once", ({ operation, path }) => full(operation === "create" && path.includes("base"))],
  ["the base, being written", ({ operation, path }) => full(operation === "append" && path.includes("base"))],
  ["the base, being synced", ({ operation, path }) => full(operation === "sync" && path.includes("base"))],
  ["the base, being named", ({ operation, path }) => full(operation === "rename" && path.includes("base"))],
];

function full(isFull: boolean) {
  return isFull ? ({ code: "ENOSPC" } as const) : undefined;
}

describe("a rewrite that fails", () => {
  test.each(failures)("at %s leaves the old files in use, and the log goes on", async (_where, rule) => {
    const { rewriter, set, disk, data, fail, released, writer } = await bench();
    set("a", "1");
    fail(rule);
    await expect(rewriter.rewrite()).rejects.toMatchObject({ code: "ENOSPC" });
    expect([rewriter.failures, rewriter.isRunning, released.length]).toEqual([1, false, 1]);
    fail();
    await writer.settled(set("b", "2"));
    expect(await loaded(disk)).toEqual(data);
    expect((await disk.list(DIRECTORY)).filter((name) => /base|tmp/.test(name))).toEqual([]);
    await rewriter.rewrite();
    expect(rewriter.failures).toBe(0);
    expect(await loaded(disk)).toEqual(data);
    await writer.close();
  });

  test("at the second manifest takes its base away again", async () => {
    const { rewriter, set, disk, data, fail, writer } = await bench();
    set("a", "1");
    let renames = 0;
    fail(({ operation, to }) =>
      full(operation === "rename" && to?.endsWith("manifest") === true && ++renames === 2),
    );
    await expect(rewriter.rewrite()).rejects.toMatchObject({ code: "ENOSPC" });
    expect((await disk.list(DIRECTORY)).filter((name) => /base|tmp/.test(name))).toEqual([]);
    await writer.close();
    expect(await loaded(disk)).toEqual(data);
  });

  test("because of its snapshot leaves the writer alone", async () => {
    const takeSnapshot = () => {
      throw new Error("no memory");
    };
    const { rewriter, keeper, set, writer } = await bench({ takeSnapshot });
    await expect(rewriter.rewrite()).rejects.toThrow("no memory");
    expect(keeper.manifest.increments).toHaveLength(1);
    await writer.settled(set("a", "1"));
    await writer.close();
  });

  test("because a snapshot has no end is found out before the base is used", async () => {
    const takeSnapshot = () => ({ events: () => [snapshotEvents([["a", "1"]]).slice(0, -1)] });
    const { rewriter, keeper, writer } = await bench({ takeSnapshot });
    await expect(rewriter.rewrite()).rejects.toThrow(RangeError);
    expect(keeper.manifest.base).toBeUndefined();
    await writer.close();
  });

  test("because its base is refused leaves the old files in use", async () => {
    const lost = new RdbEncodeError("RDB_ENCODE_EVENTS", "refused");
    const writeBase: AofRewriterOptions["writeBase"] = async () => {
      throw lost;
    };
    const { rewriter, set, disk, data, writer } = await bench({ writeBase });
    await writer.settled(set("a", "1"));
    await expect(rewriter.rewrite()).rejects.toBe(lost);
    expect(await loaded(disk)).toEqual(data);
    await writer.close();
  });
});

test("a rewrite is due when the log has grown, and not while one runs or too many have failed", async () => {
  const { rewriter, writer, set, clock, fail } = await bench({ minSizeBytes: 1000, percentage: 100 });
  expect(rewriter.isDue).toBe(false);
  await writer.settled(set("a", "x".repeat(2000)));
  expect(rewriter.isDue).toBe(true);
  fail(({ operation, path }) => full(operation === "create" && path.includes("base")));
  for (let failure = 0; failure < 3; failure++) await rewriter.rewrite().catch(() => {});
  expect([rewriter.failures, rewriter.isDue]).toEqual([3, false]);
  await clock.advance(60_000);
  expect(rewriter.isDue).toBe(true);
  fail();
  const rewriting = rewriter.rewrite();
  expect(rewriter.isDue).toBe(false);
  await rewriting;
  expect(rewriter.isDue).toBe(false);
  await writer.settled(set("b", "x".repeat(3000)));
  expect(rewriter.isDue).toBe(true);
  await writer.close();
});

test("a list too large to be held is counted first, and written whole", async () => {
  const elements = Array.from({ length: 40_000 }, (_, index) => `element ${index}`);
  let walks = 0;
  const takeSnapshot = () => ({
    events: () => {
      walks++;
      return listEvents("list", elements);
    },
  });
  const writeBase: AofRewriterOptions["writeBase"] = (file, snapshot) =>
    writeRdbBase(file, snapshot, {
      target: rdbTarget("redis-7.0")!,
      onLoss: neverLoses,
      heldBytesMax: 100_000,
    });
  const { rewriter, disk, writer } = await bench({ takeSnapshot, writeBase });
  const { base } = await rewriter.rewrite();
  expect(walks).toBe(3);
  expect(await listIn(disk, `${DIRECTORY}/${base.name}`)).toEqual(elements);
  await writer.close();
});

import {
  type Fault,
  type FaultRule,
  type FileSystem,
  faultyFiles,
  recordingFiles,
  StrictMemoryFiles,
  VirtualClock,
} from "@holdfast/platform";
import { encodeCommand } from "@holdfast/resp";
import { describe, expect, test } from "vitest";
import { commandsOf, contentOf, soundLength } from "../test/directory-content.ts";
import { type OpenAofOptions, type OpenedAof, openAof } from "./open-aof.ts";
import type { AofNotice } from "./writer-statistics.ts";

const DIRECTORY = "data/appendonlydir";
const FIRST = `${DIRECTORY}/appendonly.aof.1.incr.aof`;

interface Bench extends OpenedAof {
  readonly disk: StrictMemoryFiles;
  readonly clock: VirtualClock;
  readonly notices: AofNotice[];
  /** Makes the next calls that the rule chooses fail. */
  fail(rule: FaultRule | undefined): void;
}

async function bench(
  settings: Partial<OpenAofOptions> = {},
  around?: (files: FileSystem) => FileSystem,
): Promise<Bench> {
  const disk = new StrictMemoryFiles();
  await disk.makeDirectory("data");
  const clock = new VirtualClock(1_700_000_000_500);
  const notices: AofNotice[] = [];
  let rule: FaultRule | undefined;
  const files = faultyFiles(around?.(disk) ?? disk, (call, number) => rule?.(call, number));
  const opened = await openAof({
    files,
    clock,
    place: { dataDirectory: "data" },
    fsync: "always",
    soundLength,
    onBadTail: "refuse",
    onNotice: (notice) => notices.push(notice),
    ...settings,
  });
  return { ...opened, disk, clock, notices, fail: (chosen) => (rule = chosen) };
}

const set = (value: string | number) => ["SET", "k", String(value)];

/** Lets everything happen that needs no time. */
const soon = (clock: VirtualClock) => clock.advance(0);

/** Whether a promise has been kept, without waiting for it. */
function watch(promise: Promise<void>): { state: "waiting" | "kept" | "broken" } {
  const watched: { state: "waiting" | "kept" | "broken" } = { state: "waiting" };
  promise.then(
    () => (watched.state = "kept"),
    () => (watched.state = "broken"),
  );
  return watched;
}

/** A file system of which syncs of data end when they are told to. */
function heldSyncs() {
  const held: (() => void)[] = [];
  const hold = (files: FileSystem): FileSystem => ({
    ...passThrough(files),
    open: async (path, mode) => {
      const file = await files.open(path, mode);
      const syncData = () =>
        new Promise<void>((resolve, reject) => held.push(() => file.syncData().then(resolve, reject)));
      return {
        path,
        size: () => file.size(),
        readAt: (offset, target) => file.readAt(offset, target),
        append: (bytes) => file.append(bytes),
        truncate: (size) => file.truncate(size),
        sync: () => file.sync(),
        close: () => file.close(),
        syncData,
      };
    },
  });
  return { held, hold };
}

function passThrough(files: FileSystem): FileSystem {
  return {
    open: (path, mode) => files.open(path, mode),
    rename: (from, to) => files.rename(from, to),
    remove: (path) => files.remove(path),
    list: (directory) => files.list(directory),
    stat: (path) => files.stat(path),
    makeDirectory: (path) => files.makeDirectory(path),
    syncDirectory: (path) => files.syncDirectory(path),
  };
}

describe("what is written", () => {
  test("is commands, with SELECT where the db changes", async () => {
    const { writer, disk } = await bench();
    writer.append(0, set(1));
    writer.append(0, set(2));
    writer.append(3, [Buffer.from("SET"), Buffer.from([0, 255]), "grün"]);
    writer.appendEncoded(3, encodeCommand(["DEL", "k"]));
    writer.append(0, set(3));
    await writer.close();
    const { records } = await contentOf(disk, FIRST);
    const odd = `SET \0\xff ${Buffer.from("grün").toString("latin1")}`;
    expect(records).toEqual([
      "SELECT 0",
      "SET k 1",
      "SET k 2",
      "SELECT 3",
      odd,
      "DEL k",
      "SELECT 0",
      "SET k 3",
    ]);
  });

  test("is a row of encoded commands as it came, each of them counted", async () => {
    const { writer, disk } = await bench();
    const row = Buffer.concat([1, 2, 3].map((value) => encodeCommand(set(value))));
    expect(writer.appendEncoded(0, row, 3)).toBe(encodeCommand(["SELECT", "0"]).length + row.length);
    writer.appendEncoded(0, encodeCommand(set(4)));
    expect(writer.statistics.commands).toBe(4);
    await writer.close();
    const { records } = await contentOf(disk, FIRST);
    expect(records).toEqual(["SELECT 0", "SET k 1", "SET k 2", "SET k 3", "SET k 4"]);
  });

  test("is the same for any sizes, also where blocks end", async () => {
    const { writer, disk } = await bench({ fsync: "no" });
    const expected: string[] = [];
    for (let index = 0; index < 4000; index++) {
      const value = String(index % 10).repeat((index * 37) % 2600);
      expected.push(`0 SET k ${value}`);
      if (index % 3 === 0) writer.appendEncoded(0, encodeCommand(set(value)));
      else if (index % 3 === 1) writer.append(0, set(value));
      else writer.appendUnit([{ db: 0, args: set(value) }]);
      // Blocks are written, and used again, while others are filled.
      if (index % 500 === 0) await writer.written(writer.queuedOffset);
    }
    await writer.close();
    expect(writer.sizeBytes).toBe(writer.queuedOffset);
    const { commands } = await contentOf(disk, FIRST);
    expect(commands.length).toBe(expected.length);
    expect(commands.findIndex((command, index) => command !== expected[index])).toBe(-1);
  });

  test("is a transaction for a unit of several commands, with SELECT inside where the db changes", async () => {
    const { writer, disk } = await bench();
    writer.appendUnit([]);
    writer.appendUnit([{ db: 1, args: set(1) }]);
    writer.appendUnit([
      { db: 2, args: set(2) },
      { db: 2, args: set(3) },
      { db: 0, args: set(4) },
    ]);
    writer.append(0, set(5));
    await writer.close();
    const { records } = await contentOf(disk, FIRST);
    const unit = ["SELECT 2", "MULTI", "SET k 2", "SET k 3", "SELECT 0", "SET k 4", "EXEC"];
    expect(records).toEqual(["SELECT 1", "SET k 1", ...unit, "SET k 5"]);
  });

  test("has annotations once a second, never inside a unit, and never going back", async () => {
    const { writer, disk, clock } = await bench({ timestamps: true });
    const unit = [
      { db: 0, args: set(2) },
      { db: 0, args: set(3) },
    ];
    writer.append(0, set(1));
    await clock.advance(499);
    writer.append(0, set(1));
    await clock.advance(1);
    writer.appendUnit(unit);
    clock.jump(-5000);
    writer.append(0, set(4));
    await clock.advance(7000);
    writer.append(0, set(5));
    const bytes = () => contentOf(disk, FIRST);
    await writer.close();
    expect((await bytes()).annotations).toEqual(["#TS:1700000000", "#TS:1700000001", "#TS:1700000003"]);
    expect((await bytes()).commands).toHaveLength(6);
  });

  test.each(["MULTI", "exec", "Select", "DISCARD"])("is never %s on its own", async (name) => {
    const { writer } = await bench();
    expect(() => writer.append(0, [name])).toThrow(RangeError);
    expect(() => writer.append(0, [Buffer.from(name)])).toThrow(RangeError);
    expect(() =>
      writer.appendUnit([
        { db: 0, args: set(1) },
        { db: 0, args: [name] },
      ]),
    ).toThrow(RangeError);
    expect(() => writer.append(0, [])).toThrow(RangeError);
    expect(() => writer.append(-1, set(1))).toThrow(RangeError);
    expect(writer.queuedOffset).toBe(0);
    writer.append(0, [`${name}X`]);
    await writer.close();
  });

  test("may be larger than any buffer, and still is one write", async () => {
    const { writer, disk } = await bench();
    writer.append(0, set("small"));
    const large = "v".repeat(3 << 20);
    await writer.settled(
      writer.appendUnit([
        { db: 0, args: set(large) },
        { db: 0, args: set(large) },
      ]),
    );
    expect(writer.statistics.writes).toBe(2);
    await writer.close();
    expect((await contentOf(disk, FIRST)).commands).toEqual([
      "0 SET k small",
      `0 SET k ${large}`,
      `0 SET k ${large}`,
    ]);
  });

  test("goes on where it was when it is opened again, with SELECT first", async () => {
    const { writer, disk, clock } = await bench();
    writer.append(1, set(1));
    await writer.close();
    const again = await openAof({
      files: disk,
      clock,
      place: { dataDirectory: "data" },
      fsync: "no",
      soundLength,
      onBadTail: "refuse",
    });
    expect(again.report).toEqual({
      isNew: false,
      isUpgraded: false,
      cut: undefined,
      removed: [],
      strays: [],
    });
    again.writer.append(1, set(2));
    await again.writer.close();
    expect((await contentOf(disk, FIRST)).records).toEqual(["SELECT 1", "SET k 1", "SELECT 1", "SET k 2"]);
  });
});

describe("the policy always", () => {
  test("settles nothing before its fsync, and everything queued meanwhile with one", async () => {
    const { held, hold } = heldSyncs();
    const { writer, disk, clock } = await bench({}, hold);
    const first = watch(writer.settled(writer.append(0, set(1))));
    await soon(clock);
    expect([writer.writtenOffset, writer.syncedOffset, first.state]).toEqual([
      writer.queuedOffset,
      0,
      "waiting",
    ]);
    const others = Array.from({ length: 100 }, (_, index) =>
      watch(writer.settled(writer.append(0, set(index)))),
    );
    await soon(clock);
    held.shift()!();
    await soon(clock);
    expect(first.state).toBe("kept");
    expect(others.every(({ state }) => state === "waiting")).toBe(true);
    held.shift()!();
    await soon(clock);
    expect(others.every(({ state }) => state === "kept")).toBe(true);
    expect(writer.statistics).toMatchObject({ commands: 101, writes: 2, syncs: 2, waitingBytes: 0 });
    expect((await contentOf(disk.afterCrash("nothing"), FIRST)).commands).toHaveLength(101);
    await writer.close();
  });
});

describe("the policy everysec", () => {
  test("settles what is written, and syncs once a second in the background", async () => {
    const { writer, disk, clock } = await bench({ fsync: "everysec" });
    await writer.settled(writer.append(0, set(1)));
    expect(writer.syncedOffset).toBe(0);
    await clock.advance(999);
    await writer.settled(writer.append(0, set(2)));
    expect(writer.statistics.syncs).toBe(0);
    await clock.advance(1);
    expect([writer.statistics.syncs, writer.syncedOffset]).toEqual([1, writer.queuedOffset]);
    expect((await contentOf(disk.afterCrash("nothing"), FIRST)).commands).toHaveLength(2);
    await clock.advance(60_000);
    expect(writer.statistics.syncs).toBe(1);
    await writer.settled(writer.append(0, set(3)));
    await soon(clock);
    expect(writer.statistics.syncs).toBe(2);
    await writer.close();
  });

  test("keeps writes back for two seconds while a sync runs, then writes anyway and says so", async () => {
    const { held, hold } = heldSyncs();
    const { writer, clock, notices } = await bench({ fsync: "everysec" }, hold);
    await writer.settled(writer.append(0, set(1)));
    await clock.advance(1000);
    expect(held).toHaveLength(1);
    await clock.advance(5000);
    const late = watch(writer.settled(writer.append(0, set(2))));
    await clock.advance(1000);
    const later = watch(writer.settled(writer.append(0, set(3))));
    await clock.advance(999);
    expect([late.state, later.state, notices]).toEqual(["waiting", "waiting", []]);
    await clock.advance(1);
    expect([late.state, later.state, notices]).toEqual(["kept", "kept", [{ kind: "sync-slow" }]]);
    expect(writer.statistics.delayedSyncs).toBe(1);
    held.shift()!();
    await soon(clock);
    held.shift()?.();
    const closing = writer.close();
    await soon(clock);
    for (const release of held) release();
    await closing;
    expect(writer.syncedOffset).toBe(writer.queuedOffset);
  });

  test("writes what was kept back as soon as the sync has ended", async () => {
    const { held, hold } = heldSyncs();
    const { writer, clock } = await bench({ fsync: "everysec" }, hold);
    await writer.settled(writer.append(0, set(1)));
    await clock.advance(1000);
    const next = watch(writer.settled(writer.append(0, set(2))));
    await clock.advance(500);
    expect(next.state).toBe("waiting");
    held.shift()!();
    await soon(clock);
    expect([next.state, writer.statistics.delayedSyncs]).toEqual(["kept", 0]);
  });
});

describe("the policy no", () => {
  test("settles what is written, and syncs only when it is closed", async () => {
    const { writer, clock } = await bench({ fsync: "no" });
    await writer.settled(writer.append(0, set(1)));
    const synced = watch(writer.synced(writer.queuedOffset));
    await clock.advance(100_000);
    expect([writer.statistics.syncs, synced.state]).toEqual([0, "waiting"]);
    await writer.close();
    await soon(clock);
    expect([writer.statistics.syncs, synced.state]).toEqual([1, "kept"]);
  });
});

describe("back-pressure", () => {
  test("says when too much waits, and when half of it is written", async () => {
    const { held, hold } = heldSyncs();
    const { writer, clock } = await bench({ roomBytes: 4000 }, hold);
    writer.append(0, set(1));
    await soon(clock);
    expect(writer.hasRoom).toBe(true);
    writer.append(0, set("v".repeat(4000)));
    expect([writer.hasRoom, writer.statistics.waitingBytes > 4000]).toEqual([false, true]);
    const room = watch(writer.room());
    await soon(clock);
    expect(room.state).toBe("waiting");
    held.shift()!();
    await soon(clock);
    expect([room.state, writer.hasRoom]).toEqual(["kept", true]);
  });
});

const full: Fault = { code: "ENOSPC", writtenBytes: 5 };

describe("a failed write", () => {
  test("is cut back, refuses commands, and is tried again every second until there is space", async () => {
    const { writer, disk, clock, notices, fail } = await bench();
    await writer.settled(writer.append(0, set(1)));
    fail((call) => (call.operation === "append" ? full : undefined));
    const waiting = watch(writer.settled(writer.append(0, set(2))));
    await soon(clock);
    expect(writer.problem).toMatchObject({ code: "AOF_WRITE_FAILED", path: FIRST });
    expect(() => writer.append(0, set(3))).toThrow(/ENOSPC.*commands are refused until a write succeeds/);
    expect(() => writer.rotate()).toThrow(expect.objectContaining({ code: "AOF_WRITE_FAILED" }));
    expect(await contentOf(disk, FIRST)).toMatchObject({ problem: undefined, commands: ["0 SET k 1"] });
    await clock.advance(2500);
    expect([writer.statistics.failedWrites, notices.length, waiting.state]).toEqual([3, 1, "waiting"]);
    fail(undefined);
    await clock.advance(500);
    expect([waiting.state, writer.problem]).toEqual(["kept", undefined]);
    expect(notices.map(({ kind }) => kind)).toEqual(["write-failed", "write-recovered"]);
    expect(notices[1]).toMatchObject({ refusedMs: 3000 });
    await writer.settled(writer.append(0, set(4)));
    await writer.close();
    expect(await commandsOf(disk, DIRECTORY)).toEqual(["0 SET k 1", "0 SET k 2", "0 SET k 4"]);
  });

  test("that cannot be cut back at once is cut before anything else is written", async () => {
    const { writer, disk, clock, fail } = await bench({ fsync: "no" });
    await writer.settled(writer.append(0, set(1)));
    fail(({ operation }) => (operation === "append" || operation === "truncate" ? full : undefined));
    const waiting = watch(writer.settled(writer.append(0, set(2))));
    await clock.advance(3000);
    expect(await contentOf(disk, FIRST)).toMatchObject({ problem: "truncated", commands: ["0 SET k 1"] });
    fail(undefined);
    await clock.advance(1000);
    expect(waiting.state).toBe("kept");
    expect(await commandsOf(disk, DIRECTORY)).toEqual(["0 SET k 1", "0 SET k 2"]);
  });

  test("when closing is tried once more, and then said", async () => {
    const { writer, clock, fail } = await bench({ fsync: "everysec" });
    fail((call) => (call.operation === "append" ? full : undefined));
    const waiting = watch(writer.settled(writer.append(0, set(1))));
    await soon(clock);
    await expect(writer.close()).rejects.toMatchObject({ code: "AOF_WRITE_FAILED" });
    await soon(clock);
    expect([waiting.state, writer.statistics.failedWrites]).toEqual(["broken", 2]);
  });
});

describe("a failed fsync", () => {
  test.each(["always", "everysec"] as const)("is final under %s", async (fsync) => {
    const { writer, disk, clock, notices, fail } = await bench({ fsync });
    await clock.advance(1000);
    disk.failNextSync(FIRST);
    const settled = watch(writer.settled(writer.append(0, set(1))));
    const synced = watch(writer.synced(writer.queuedOffset));
    await clock.advance(1000);
    expect([settled.state, synced.state]).toEqual([fsync === "always" ? "broken" : "kept", "broken"]);
    fail(undefined);
    await clock.advance(10_000);
    expect(() => writer.append(0, set(2))).toThrow(expect.objectContaining({ code: "AOF_SYNC_FAILED" }));
    await expect(writer.synced(writer.queuedOffset)).rejects.toMatchObject({ code: "AOF_SYNC_FAILED" });
    expect(notices).toEqual([{ kind: "sync-failed", error: writer.problem }]);
    expect(writer.statistics.syncs).toBe(0);
    await expect(writer.close()).rejects.toMatchObject({ code: "AOF_SYNC_FAILED" });
  });
});

describe("a change of files", () => {
  test("puts what came before into the old file, and what comes after into the new one, with SELECT first", async () => {
    const { writer, disk, keeper } = await bench();
    writer.append(0, set(1));
    const rotating = writer.rotate(77);
    writer.append(0, set(2));
    expect(await rotating).toEqual({
      name: "appendonly.aof.2.incr.aof",
      sequence: 2,
      role: "incr",
      startOffset: 77,
    });
    await writer.settled(writer.append(0, set(3)));
    expect(keeper.manifest.increments.map(({ sequence }) => sequence)).toEqual([1, 2]);
    expect((await contentOf(disk, FIRST)).records).toEqual(["SELECT 0", "SET k 1"]);
    const second = await contentOf(disk, `${DIRECTORY}/appendonly.aof.2.incr.aof`);
    expect(second.records).toEqual(["SELECT 0", "SET k 2", "SET k 3"]);
    await writer.close();
    expect(writer.sizeBytes).toBe(writer.queuedOffset);
  });

  test("syncs the old file, whatever the policy, before the manifest names the new one", async () => {
    const disk = new StrictMemoryFiles();
    await disk.makeDirectory("data");
    const { files, calls } = recordingFiles(disk);
    const clock = new VirtualClock();
    const place = { dataDirectory: "data" };
    const { writer } = await openAof({ files, clock, place, fsync: "no", soundLength, onBadTail: "refuse" });
    writer.append(0, set(1));
    calls.length = 0;
    await writer.rotate();
    expect(calls.map((call) => call.replace(/appendonly\.aof\./, "").replace(/ \d+$/, ""))).toEqual([
      "append 1.incr.aof",
      "sync-data 1.incr.aof",
      "create 2.incr.aof",
      "open 2.incr.aof",
      "sync-directory appendonlydir",
      "create .manifest.0.tmp",
      "append .manifest.0.tmp",
      "sync .manifest.0.tmp",
      "rename .manifest.0.tmp appendonly.aof.manifest",
      "sync-directory appendonlydir",
    ]);
    await writer.close();
  });

  test("that cannot be made leaves everything as it was", async () => {
    const { writer, disk, fail } = await bench();
    for (const operation of ["create", "append", "sync", "rename"]) {
      fail((call) => (call.operation === operation && call.path.includes("manifest") ? full : undefined));
      writer.append(0, set(operation));
      await writer.settled(writer.queuedOffset);
      await expect(writer.rotate()).rejects.toMatchObject({ code: "ENOSPC" });
      fail(undefined);
      await writer.settled(writer.append(0, set("on")));
    }
    await writer.close();
    expect(await disk.list(DIRECTORY)).toEqual(["appendonly.aof.1.incr.aof", "appendonly.aof.manifest"]);
    expect(await commandsOf(disk, DIRECTORY)).toHaveLength(8);
  });

  test("of which nobody knows whether it survives a crash is the end of the writer", async () => {
    const { writer, fail } = await bench();
    let renamed = false;
    fail(({ operation }) => {
      renamed ||= operation === "rename";
      return renamed && operation === "sync-directory" ? { code: "EIO" } : undefined;
    });
    await expect(writer.rotate()).rejects.toMatchObject({ code: "AOF_SYNC_FAILED" });
    expect(() => writer.append(0, set(1))).toThrow(expect.objectContaining({ code: "AOF_SYNC_FAILED" }));
    await expect(writer.close()).rejects.toMatchObject({ code: "AOF_SYNC_FAILED" });
  });

  test("is one at a time", async () => {
    const { writer } = await bench();
    const rotating = writer.rotate();
    expect(() => writer.rotate()).toThrow(expect.objectContaining({ code: "AOF_REWRITE_RUNNING" }));
    await rotating;
    await writer.rotate();
    await writer.close();
  });
});

test("a closed writer takes nothing, and keeps no promise that it cannot", async () => {
  const { writer } = await bench();
  await writer.settled(writer.append(0, set(1)));
  await writer.close();
  await writer.close();
  expect(() => writer.append(0, set(2))).toThrow(expect.objectContaining({ code: "AOF_CLOSED" }));
  expect(() => writer.settled(1e9)).toThrow(RangeError);
  await writer.settled(writer.queuedOffset);
});

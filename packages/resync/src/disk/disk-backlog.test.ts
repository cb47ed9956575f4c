import {
  exploreCrashes,
  type FileSystem,
  faultyFiles,
  StrictMemoryFiles,
  VirtualClock,
} from "@holdfast/platform";
import { describe, expect, test } from "vitest";
import type { ReplicaState } from "../replica-state.ts";
import { newHistory, parseReplicationId, shiftHistory } from "../replication-id.ts";
import { DiskBacklog, type DiskBacklogOptions } from "./disk-backlog.ts";

const A = parseReplicationId("a".repeat(40))!;
const B = parseReplicationId("b".repeat(40))!;
const initial: ReplicaState = { history: newHistory(A), offset: 1000, db: undefined };

/** Byte `offset` of every stream here, so that what is read can be told from its place. */
const byteAt = (offset: number) => (offset * 7 + (offset >> 8) * 3 + (offset >> 16)) & 0xff;

function bytesFrom(offset: number, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let index = 0; index < size; index++) bytes[index] = byteAt(offset + index);
  return bytes;
}

function open(files: FileSystem, options: Partial<DiskBacklogOptions> = {}) {
  return DiskBacklog.open({ files, clock: new VirtualClock(), directory: "log", initial, ...options });
}

/** Appends so many bytes of the pattern. */
function grow(backlog: DiskBacklog, size: number, db?: number): void {
  backlog.append(bytesFrom(backlog.endOffset, size), db);
}

/** Reads from an offset to the end, and compares with the pattern. */
async function readOn(backlog: DiskBacklog, from: number): Promise<void> {
  let offset = from;
  while (offset < backlog.endOffset) {
    const piece = await backlog.read(offset, 100_000);
    if (piece === undefined) throw new Error(`nothing to read at ${offset}`);
    expect(Buffer.compare(piece, bytesFrom(offset, piece.length)), `at ${offset}`).toBe(0);
    offset += piece.length;
  }
}

describe("a backlog on disk", () => {
  test("gives back everything after it was closed and opened again, with history and db", async () => {
    const files = new StrictMemoryFiles();
    const { backlog, state } = await open(files, { recentBytes: 100_000 });
    expect(state).toEqual(initial);
    grow(backlog, 30, 2);
    grow(backlog, 700_000, 3);
    await readOn(backlog, 1000);
    await backlog.close();
    const again = await open(files, { recentBytes: 100_000 });
    expect(again.state).toEqual({ ...initial, offset: 701_030, db: 3 });
    expect([again.tornBytes, again.unusable]).toEqual([0, []]);
    expect([again.backlog.firstOffset, again.backlog.endOffset]).toEqual([1000, 701_030]);
    for (const from of [1000, 1029, 1030, 400_000, 701_029]) await readOn(again.backlog, from);
    grow(again.backlog, 10);
    await readOn(again.backlog, 701_000);
    expect(again.backlog.read(999, 1)).toBeUndefined();
    expect(await again.backlog.read(again.backlog.endOffset, 1)).toBeUndefined();
    await again.backlog.close();
  });

  test("goes on under a new id where it was told to, whatever is appended meanwhile", async () => {
    const files = new StrictMemoryFiles();
    const { backlog } = await open(files);
    grow(backlog, 50, 1);
    const history = shiftHistory(initial.history, B, backlog.endOffset);
    const changed = backlog.changeHistory(history);
    grow(backlog, 20, 4);
    await changed;
    await backlog.close();
    const again = await open(files);
    expect(again.state).toEqual({ history, offset: 1070, db: 4 });
    await readOn(again.backlog, 1000);
  });

  test("forgets the past for another stream, also at a smaller offset", async () => {
    const files = new StrictMemoryFiles();
    const { backlog } = await open(files);
    grow(backlog, 500);
    const other = { history: newHistory(B), offset: 70, db: 0 };
    await backlog.restart(other);
    expect([backlog.firstOffset, backlog.endOffset, backlog.syncedOffset]).toEqual([70, 70, 70]);
    grow(backlog, 30);
    await backlog.close();
    const again = await open(files);
    expect(again.state).toEqual({ ...other, offset: 100 });
    await readOn(again.backlog, 70);
    expect(again.unusable).toEqual([]);
  });

  test("drops whole files from the front, by size, but not what is held", async () => {
    const files = new StrictMemoryFiles();
    const limits = { segmentBytes: 10_000, keepBytes: 50_000, heldBytesMax: 100_000, recentBytes: 1000 };
    const { backlog } = await open(files, limits);
    const hold = backlog.hold(1000);
    for (let round = 0; round < 20; round++) {
      grow(backlog, 5000);
      await backlog.sync();
    }
    expect(backlog.firstOffset).toBe(1000);
    await readOn(backlog, 1000);
    hold.release();
    grow(backlog, 30_000);
    await backlog.sync();
    expect(backlog.endOffset - backlog.firstOffset).toBeGreaterThanOrEqual(50_000);
    expect(backlog.endOffset - backlog.firstOffset).toBeLessThan(100_000);
    const second = backlog.hold(backlog.firstOffset);
    const heldFrom = backlog.firstOffset;
    for (let round = 0; round < 60; round++) {
      grow(backlog, 5000);
      await backlog.sync();
    }
    expect(backlog.firstOffset).toBeGreaterThan(heldFrom);
    second.release();
    await backlog.close();
    expect((await files.list("log")).length).toBeLessThan(25);
  });

  test("drops what is too old", async () => {
    const files = new StrictMemoryFiles();
    const clock = new VirtualClock(1_000_000);
    const { backlog } = await open(files, { clock, keepMs: 8000 });
    for (let second = 0; second < 30; second++) {
      grow(backlog, 100);
      await backlog.sync();
      clock.jump(1001);
    }
    expect(backlog.firstOffset).toBeGreaterThan(1000 + 15 * 100);
    expect(backlog.endOffset - backlog.firstOffset).toBeGreaterThanOrEqual(700);
    await readOn(backlog, backlog.firstOffset);
  });

  test("refuses everything after a write or a sync that failed, until it is opened again", async () => {
    for (const operation of ["append", "sync-data"] as const) {
      const disk = new StrictMemoryFiles();
      let isBroken = false;
      const files = faultyFiles(disk, (call) =>
        isBroken && call.operation === operation ? { code: "EIO" } : undefined,
      );
      const { backlog } = await open(files);
      grow(backlog, 10);
      await backlog.sync();
      isBroken = true;
      grow(backlog, 10);
      await expect(backlog.sync()).rejects.toMatchObject({ code: "EIO" });
      isBroken = false;
      await expect(backlog.sync()).rejects.toMatchObject({ code: "EIO" });
      expect(() => grow(backlog, 10)).toThrow("EIO");
      expect(backlog.syncedOffset).toBe(1010);
      const again = await open(disk);
      expect(again.state.offset).toBeGreaterThanOrEqual(1010);
      await readOn(again.backlog, 1000);
    }
  });

  test("cuts off what found no room, so that the file ends with a whole record", async () => {
    const { disk, files, fill } = fillableDisk();
    const { backlog } = await open(files);
    grow(backlog, 10);
    await backlog.sync();
    const before = (await disk.stat("log/appendonly.aof.1.incr.aof"))!.sizeBytes;
    fill();
    grow(backlog, 5000);
    await expect(backlog.sync()).rejects.toMatchObject({ code: "ENOSPC" });
    expect((await disk.stat("log/appendonly.aof.1.incr.aof"))!.sizeBytes).toBe(before);
    const again = await open(disk);
    expect({ end: again.state.offset, torn: again.tornBytes }).toEqual({ end: 1010, torn: 0 });
  });

  test("tries a record once more when somebody makes room", async () => {
    const { disk, files, fill, makeRoom } = fillableDisk();
    const { backlog } = await open(files, { makeRoom: async () => makeRoom() });
    fill();
    grow(backlog, 5000);
    await backlog.sync();
    await backlog.close();
    const again = await open(disk);
    expect({ end: again.state.offset, torn: again.tornBytes }).toEqual({ end: 6000, torn: 0 });
    await readOn(again.backlog, 1000);
  });

  test("gives up what is damaged and everything before it, and says so", async () => {
    const files = new StrictMemoryFiles();
    const limits = { segmentBytes: 1000, recentBytes: 100 };
    const { backlog } = await open(files, limits);
    for (let round = 0; round < 5; round++) {
      grow(backlog, 1000);
      await backlog.sync();
    }
    await backlog.close();
    await flipByte(files, "log/appendonly.aof.3.incr.aof", -5);
    const told: string[] = [];
    const again = await open(files, { ...limits, onDamage: (error) => told.push(error.code) });
    expect(again.backlog.firstOffset).toBe(1000);
    expect(await again.backlog.read(3500, 10)).toBeUndefined();
    expect(again.backlog.firstOffset).toBe(4000);
    await readOn(again.backlog, 4000);
    expect(told).toEqual(["RESYNC_BACKLOG_DAMAGED"]);
  });

  test("uses only what is unbroken up to its end", async () => {
    const files = new StrictMemoryFiles();
    const limits = { segmentBytes: 1000 };
    const { backlog } = await open(files, limits);
    for (let round = 0; round < 4; round++) {
      grow(backlog, 1000);
      await backlog.sync();
    }
    await backlog.close();
    await flipByte(files, "log/appendonly.aof.2.incr.aof", 12);
    const again = await open(files, limits);
    expect(again.backlog.firstOffset).toBe(3000);
    expect(again.unusable).toEqual([
      { path: "log/appendonly.aof.2.incr.aof", reason: "damaged-head" },
      { path: "log/appendonly.aof.1.incr.aof", reason: "before-a-gap" },
    ]);
    await readOn(again.backlog, 3000);
  });
});

async function flipByte(files: StrictMemoryFiles, path: string, at: number): Promise<void> {
  const file = await files.open(path, "append");
  const bytes = new Uint8Array(await file.size());
  await file.readAt(0, bytes);
  bytes[at < 0 ? bytes.length + at : at] ^= 0x10;
  await file.truncate(0);
  await file.append(bytes);
  await file.close();
}

test("whenever the machine crashes, what was promised is there, and the next start goes on", async () => {
  const limits = { segmentBytes: 6000, keepBytes: 9000, recentBytes: 1000 };
  const history = shiftHistory(initial.history, B, 6100);
  const { calls, disks } = await exploreCrashes<ReplicaState>({
    act: async (files, promise) => {
      const { backlog } = await open(files, limits);
      const settle = async () => {
        const { state } = backlog;
        await backlog.sync();
        promise(state);
      };
      for (const size of [100, 5000]) {
        grow(backlog, size, size % 7);
        await settle();
      }
      const changed = backlog.changeHistory(history);
      grow(backlog, 300, 5);
      await changed;
      promise({ history, offset: 6100, db: 5000 % 7 });
      for (const size of [4100, 4100, 4100, 50, 60]) {
        grow(backlog, size, 1);
        grow(backlog, 10, 2);
        await settle();
      }
      await backlog.close();
    },
    check: async (files, promised) => {
      await files.makeDirectory("log");
      const { backlog, state } = await open(files, limits);
      const last = promised.at(-1);
      if (last !== undefined) {
        expect(state.offset).toBeGreaterThanOrEqual(last.offset);
        if (last.history.replid === B) expect(state.history).toEqual(history);
        if (state.offset === last.offset) expect(state.db).toBe(last.db);
      }
      expect(state.history.replid).toBe(state.offset > 6100 ? B : state.history.replid);
      await readOn(backlog, backlog.firstOffset);
      expect(state.offset - backlog.firstOffset).toBeGreaterThanOrEqual(Math.min(9000, state.offset - 1000));
      grow(backlog, 500, 6);
      await backlog.close();
      const again = await open(files, limits);
      expect(again.state).toEqual({ history: state.history, offset: state.offset + 500, db: 6 });
      await readOn(again.backlog, again.backlog.firstOffset);
    },
    seeds: [1, 2, 3, 4],
  });
  expect(calls).toBeGreaterThan(25);
  expect(disks).toBe((calls + 1) * 6);
});

/** A disk that takes a part of what is appended while it is full. */
function fillableDisk() {
  const disk = new StrictMemoryFiles();
  let isFull = false;
  const files = faultyFiles(disk, (call) =>
    isFull && call.operation === "append" ? { code: "ENOSPC", writtenBytes: 77 } : undefined,
  );
  const fill = () => {
    isFull = true;
  };
  const makeRoom = () => {
    isFull = false;
  };
  return { disk, files, fill, makeRoom };
}

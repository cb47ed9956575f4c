/** What the real doors and the simulated ones have in common: one suite for both, so that a test on the latter means something. */

import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  type Clock,
  FileError,
  FileExistsError,
  type FileSystem,
  nodePlatform,
  type Random,
  StrictMemoryFiles,
  seededRandomDoor,
  VirtualClock,
} from "../src/index.ts";
import { scratchDirectory } from "./scratch-directory.ts";

const text = (value: string) => Buffer.from(value);

interface Disk {
  readonly files: FileSystem;
  readonly directory: string;
}

async function memoryDisk(): Promise<Disk> {
  const files = new StrictMemoryFiles();
  await files.makeDirectory("/data");
  return { files, directory: "/data" };
}

async function realDisk(): Promise<Disk> {
  return { files: nodePlatform().files, directory: await scratchDirectory() };
}

async function write({ files, directory }: Disk, name: string, content: string): Promise<string> {
  const path = join(directory, name);
  const file = await files.open(path, "append");
  await file.append(text(content));
  await file.close();
  return path;
}

async function read({ files }: Disk, path: string): Promise<string> {
  const file = await files.open(path, "read");
  const target = new Uint8Array(await file.size());
  await file.readAt(0, target);
  await file.close();
  return Buffer.from(target).toString();
}

describe.each([
  ["on the real file system", realDisk],
  ["in memory", memoryDisk],
])("files %s", (_name, makeDisk) => {
  test("are appended to, read at any offset, cut, filled up and synced", async () => {
    const disk = await makeDisk();
    const path = join(disk.directory, "file");
    const file = await disk.files.open(path, "create");
    await file.append(text("hello world"));
    await file.syncData();
    const target = new Uint8Array(8);
    expect(await file.readAt(6, target)).toBe(5);
    expect(Buffer.from(target).toString()).toBe("world\0\0\0");
    expect(await file.readAt(11, target)).toBe(0);
    expect(await file.readAt(100, target)).toBe(0);
    await file.truncate(5);
    await file.truncate(7);
    await file.append(text("!"));
    await file.sync();
    expect(await file.size()).toBe(8);
    await file.close();
    await file.close();
    expect(await read(disk, path)).toBe("hello\0\0!");
  });

  test("opened for appending keep what they have; two handles see one file", async () => {
    const disk = await makeDisk();
    const path = await write(disk, "file", "a");
    const reader = await disk.files.open(path, "read");
    await write(disk, "file", "b");
    expect(await reader.size()).toBe(2);
    await reader.close();
  });

  test("stay readable through a handle after their name is gone", async () => {
    const disk = await makeDisk();
    const path = await write(disk, "file", "kept");
    const reader = await disk.files.open(path, "read");
    await disk.files.remove(path);
    expect(await reader.size()).toBe(4);
    await reader.close();
  });

  test("refuse what cannot be, with the system's code", async () => {
    const disk = await makeDisk();
    const { files, directory } = disk;
    const path = await write(disk, "file", "x");
    await expect(files.open(path, "create")).rejects.toThrow(FileExistsError);
    await expect(files.open(join(directory, "missing"), "read")).rejects.toMatchObject({ code: "ENOENT" });
    await expect(files.open(join(directory, "no", "file"), "create")).rejects.toMatchObject({
      code: "ENOENT",
    });
    await expect(files.rename(join(directory, "missing"), path)).rejects.toMatchObject({ code: "ENOENT" });
    await expect(files.remove(join(directory, "missing"))).rejects.toMatchObject({ code: "ENOENT" });
    await expect(files.list(join(directory, "missing"))).rejects.toMatchObject({ code: "ENOENT" });
    await expect(files.remove(directory)).rejects.toThrow(FileError);
    await expect(files.makeDirectory(path)).rejects.toMatchObject({ code: "EEXIST" });
    const reader = await files.open(path, "read");
    await expect(reader.append(text("y"))).rejects.toThrow(FileError);
    await reader.close();
    await expect(reader.size()).rejects.toThrow(FileError);
  });

  test("are listed in order, renamed over others, removed, and looked at", async () => {
    const disk = await makeDisk();
    const { files, directory } = disk;
    for (const name of ["b", "a", "B"]) await write(disk, name, name);
    await files.makeDirectory(join(directory, "inner", "most"));
    await files.makeDirectory(join(directory, "inner"));
    expect(await files.list(directory)).toEqual(["B", "a", "b", "inner"]);
    await files.rename(join(directory, "a"), join(directory, "b"));
    await files.remove(join(directory, "B"));
    await files.syncDirectory(directory);
    expect(await files.list(directory)).toEqual(["b", "inner"]);
    expect(await read(disk, join(directory, "b"))).toBe("a");
    expect(await files.stat(join(directory, "b"))).toMatchObject({ kind: "file", sizeBytes: 1 });
    expect(await files.stat(join(directory, "inner", "most"))).toMatchObject({ kind: "directory" });
    expect(await files.stat(join(directory, "missing"))).toBeUndefined();
  });
});

const real = nodePlatform();
const virtual = new VirtualClock(1_700_000_000_000);
const clocks: [string, Clock, (ms: number) => Promise<void>][] = [
  ["real", real.clock, async () => {}],
  ["virtual", virtual, (ms) => virtual.advance(ms)],
];

describe.each(clocks)("the %s clock", (_name, clock, pass) => {
  test("tells whole Unix milliseconds, and a time that never goes back", async () => {
    expect(Number.isInteger(clock.nowMs())).toBe(true);
    const before = clock.monotonicMs();
    const sleeping = clock.sleep(5);
    await pass(5);
    await sleeping;
    expect(clock.monotonicMs() - before).toBeGreaterThanOrEqual(4);
  });

  test("wakes a sleeper with the signal's reason, before it sleeps and while it does", async () => {
    const controller = new AbortController();
    const sleeping = clock.sleep(3e12, controller.signal);
    controller.abort(new Error("wake up"));
    await expect(sleeping).rejects.toThrow("wake up");
    await expect(clock.sleep(1, controller.signal)).rejects.toThrow("wake up");
  });
});

const randoms: [string, Random][] = [
  ["real", real.random],
  ["seeded", seededRandomDoor(1)],
];

test.each(randoms)("%s random bytes are as many as asked for, and not the same twice", (_name, random) => {
  expect(random.bytes(0)).toHaveLength(0);
  expect(random.bytes(32)).toHaveLength(32);
  expect(random.bytes(32)).not.toEqual(random.bytes(32));
});

import { describe, expect, test } from "vitest";
import type { FileSystem } from "../file-system.ts";
import { BLOCK_BYTES } from "./memory-file-content.ts";
import { seededRandomDoor } from "./seeded-random.ts";
import { StrictMemoryFiles } from "./strict-memory-files.ts";

const SEEDS = Array.from({ length: 200 }, (_, seed) => seed);

async function content(files: FileSystem, path: string): Promise<Buffer | undefined> {
  if ((await files.stat(path)) === undefined) return undefined;
  const file = await files.open(path, "read");
  const target = Buffer.alloc(await file.size());
  await file.readAt(0, target);
  return target;
}

/** A disk on which `name` holds `before` for sure. */
async function diskWith(name: string, before: string): Promise<StrictMemoryFiles> {
  const files = new StrictMemoryFiles();
  const file = await files.open(name, "create");
  await file.append(Buffer.from(before));
  files.syncEverything();
  return files;
}

/** Everything that crashes may leave of a file, as text; `missing` stands for no file. */
async function outcomes(files: StrictMemoryFiles, name: string): Promise<Set<string>> {
  const found = new Set<string>();
  for (const seed of SEEDS) {
    const after = await content(files.afterCrash(seededRandomDoor(seed)), name);
    found.add(after?.toString("latin1") ?? "missing");
  }
  return found;
}

describe("after a crash", () => {
  test("synced bytes under a synced name are there, whatever else happens", async () => {
    const files = await diskWith("file", "sure");
    const file = await files.open("file", "append");
    await file.append(Buffer.from(" and not"));
    for (const found of await outcomes(files, "file")) expect(found.startsWith("sure")).toBe(true);
    expect(String(await content(files.afterCrash("nothing"), "file"))).toBe("sure");
    expect(String(await content(files.afterCrash("everything"), "file"))).toBe("sure and not");
    await file.syncData();
    expect(await outcomes(files, "file")).toEqual(new Set(["sure and not"]));
  });

  test("unsynced tails are torn, dropped blocks are zeros, later blocks survive earlier ones", async () => {
    const files = await diskWith("file", "");
    const file = await files.open("file", "append");
    for (const letter of ["a", "b", "c"]) await file.append(Buffer.alloc(BLOCK_BYTES, letter));
    const found = [...(await outcomes(files, "file"))];
    const blocksOf = (image: string) => [0, 1, 2].map((block) => image.charAt(block * BLOCK_BYTES));
    expect(found.some((image) => image.length % BLOCK_BYTES !== 0)).toBe(true);
    expect(found.some((image) => blocksOf(image).join("") === "\0bc")).toBe(true);
    for (const image of found) expect(image).toMatch(/^[a\0]*[b\0]*[c\0]*$/);
  });

  test("a created name may be missing until its directory was synced, synced bytes or not", async () => {
    const files = new StrictMemoryFiles();
    const file = await files.open("file", "create");
    await file.append(Buffer.from("x"));
    await file.sync();
    expect(await outcomes(files, "file")).toEqual(new Set(["missing", "x"]));
    await files.syncDirectory("/");
    expect(await outcomes(files, "file")).toEqual(new Set(["x"]));
  });

  test("an unsynced removal or rename may come undone, each by itself", async () => {
    const files = await diskWith("old", "old");
    const other = await files.open("new", "create");
    await other.append(Buffer.from("new"));
    files.syncEverything();
    await files.rename("new", "old");
    expect(await outcomes(files, "old")).toEqual(new Set(["old", "new"]));
    await files.syncDirectory(".");
    await files.remove("old");
    expect(await outcomes(files, "old")).toEqual(new Set(["new", "missing"]));
  });

  test("a cut that was not synced may come undone, and what was cut never returns behind it", async () => {
    const files = await diskWith("file", "abcdef");
    const file = await files.open("file", "append");
    await file.truncate(2);
    const found = await outcomes(files, "file");
    expect(found.has("ab") && found.has("abcdef")).toBe(true);
    await file.sync();
    expect(await outcomes(files, "file")).toEqual(new Set(["ab"]));
  });

  test("the disk is one of its own: what is written there changes nothing here", async () => {
    const files = await diskWith("file", "a");
    const after = files.afterCrash("nothing");
    await (await after.open("file", "append")).append(Buffer.from("b"));
    expect(String(await content(files, "file"))).toBe("a");
  });
});

describe("a failed sync", () => {
  test("loses what it covered, although it can still be read, and its handle syncs no more", async () => {
    const files = await diskWith("file", "");
    const file = await files.open("file", "append");
    await file.append(Buffer.alloc(BLOCK_BYTES, "a"));
    files.failNextSync("file");
    await expect(file.sync()).rejects.toMatchObject({ code: "EIO", operation: "sync", path: "file" });
    await expect(file.syncData()).rejects.toMatchObject({ code: "EIO" });
    expect(String(await content(files, "file"))).toBe("a".repeat(BLOCK_BYTES));

    const again = await files.open("file", "append");
    await again.append(Buffer.alloc(10, "b"));
    await again.sync();
    const after = String(await content(files.afterCrash("everything"), "file"));
    expect(after).toBe("\0".repeat(BLOCK_BYTES) + "b".repeat(10));
  });
});

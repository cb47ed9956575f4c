import { exploreCrashes, type FileSystem, StrictMemoryFiles } from "@holdfast/platform";
import { describe, expect, test } from "vitest";
import { lookAtPlace, needsUpgrade, upgradeOldFile } from "./old-file.ts";
import { requireFiles } from "./open-directory.ts";
import { readStart } from "./read-whole.ts";

const PLACE = { dataDirectory: "data" };
const OLD = Buffer.alloc(10_000, "*1\r\n$4\r\nPING\r\n");
const MANIFEST = "data/appendonlydir/appendonly.aof.manifest";

async function write(files: FileSystem, path: string, bytes: Uint8Array | string): Promise<void> {
  await files.makeDirectory(path.slice(0, path.lastIndexOf("/")));
  await (await files.open(path, "create")).append(Buffer.from(bytes));
}

async function placeWith(contents: Readonly<Record<string, string>>) {
  const files = new StrictMemoryFiles();
  for (const [path, text] of Object.entries(contents)) await write(files, path, text);
  return lookAtPlace(files, PLACE);
}

const inBase = "file appendonly.aof seq 1 type b\n";

describe("an old file counts", () => {
  test.each([
    ["when there is no directory", {}, true],
    ["when the directory is empty", { "data/appendonlydir/notes": "" }, true],
    ["when the manifest lists nothing", { [MANIFEST]: "# nothing\n" }, true],
    ["when the manifest lists it and it is not there yet", { [MANIFEST]: inBase }, true],
    ["not when it was moved", { [MANIFEST]: inBase, "data/appendonlydir/appendonly.aof": "" }, false],
    ["not when there are incrs", { [MANIFEST]: `${inBase}file i seq 1 type i\n` }, false],
    ["not when the base is another file", { [MANIFEST]: "file b seq 1 type b\n" }, false],
  ])("%s", async (_when, contents, expected) => {
    expect(needsUpgrade(await placeWith({ "data/appendonly.aof": "*1", ...contents }))).toBe(expected);
  });

  test("only if it is there", async () => {
    expect(needsUpgrade(await placeWith({}))).toBe(false);
  });

  test("not beside files that have lost their manifest: somebody has to look", async () => {
    const placing = placeWith({
      "data/appendonly.aof": "*1",
      "data/appendonlydir/appendonly.aof.1.incr.aof": "*1",
    });
    await expect(placing).rejects.toMatchObject({ code: "AOF_MANIFEST_MISSING" });
  });
});

async function upgrade(files: FileSystem): Promise<void> {
  const state = await lookAtPlace(files, PLACE);
  if (needsUpgrade(state)) await upgradeOldFile(files, PLACE, state);
}

test("an old file is whole under one of its names after every crash, and the upgrade goes on from there", async () => {
  const explored = await exploreCrashes<string>({
    arrange: (files) => write(files, "data/appendonly.aof", OLD),
    act: async (files, promise) => {
      await upgrade(files);
      promise("upgraded");
    },
    check: async (files, promised) => {
      if (promised.length > 0) expect(needsUpgrade(await lookAtPlace(files, PLACE))).toBe(false);
      await upgrade(files);
      const { directory } = await lookAtPlace(files, PLACE);
      requireFiles(directory!);
      expect(directory!.manifest.base).toEqual({ name: "appendonly.aof", sequence: 1, role: "base" });
      const moved = await readStart(files, "data/appendonlydir/appendonly.aof", 2 * OLD.length);
      expect(Buffer.from(moved).equals(OLD)).toBe(true);
    },
    seeds: Array.from({ length: 40 }, (_, seed) => seed),
  });
  expect(explored.calls).toBe(10);
});

import { describe, expect, test } from "vitest";
import type { File, FileSystem } from "../file-system.ts";
import { replaceFile } from "../replace-file.ts";
import { exploreCrashes } from "./explore-crashes.ts";
import { BLOCK_BYTES } from "./memory-file-content.ts";

const SEEDS = Array.from({ length: 40 }, (_, seed) => seed);
const OLD = Buffer.alloc(3 * BLOCK_BYTES, "old ");
const NEW = Buffer.alloc(5 * BLOCK_BYTES + 7, "new ");

async function writeOld(files: FileSystem): Promise<void> {
  await (await files.open("data", "create")).append(OLD);
}

async function content(files: FileSystem, path: string): Promise<Buffer> {
  const file = await files.open(path, "read");
  const target = Buffer.alloc(await file.size());
  await file.readAt(0, target);
  return target;
}

/** The file is one of the two as a whole, and the new one once that was promised. */
async function wholeOrNothing(files: FileSystem, promised: readonly string[]): Promise<void> {
  const found = await content(files, "data");
  if (promised.length > 0) expect(found.equals(NEW)).toBe(true);
  else expect(found.equals(NEW) || found.equals(OLD)).toBe(true);
}

const writeNew = (file: File) => file.append(NEW);

describe("replacing a file", () => {
  test("leaves the old or the new content at every crash, and the new one once it resolved", async () => {
    const explored = await exploreCrashes<string>({
      arrange: writeOld,
      act: async (files, promise) => {
        await replaceFile(files, "data", writeNew, { overwrite: true });
        promise("replaced");
      },
      check: wholeOrNothing,
      seeds: SEEDS,
    });
    expect(explored).toEqual({ calls: 5, disks: 6 * 42 });
  });

  test("can be done again after every crash", async () => {
    await exploreCrashes({
      arrange: writeOld,
      act: (files) => replaceFile(files, "data", writeNew, { overwrite: true }),
      check: async (files) => {
        await replaceFile(files, "data", writeNew, { overwrite: true });
        await wholeOrNothing(files, ["replaced"]);
      },
      seeds: SEEDS,
    });
  });
});

/** Each of them forgets one thing; the explorer has to find it, and say where. */
const careless: [string, RegExp, (files: FileSystem) => Promise<void>][] = [
  [
    "no sync before the rename",
    /^crash .* survived/,
    async (files) => {
      await writeNew(await files.open("data.tmp", "create"));
      await files.rename("data.tmp", "data");
      await files.syncDirectory("/");
    },
  ],
  [
    "no sync of the directory",
    /^crash after the last call, when nothing of the unsynced survived/,
    async (files) => {
      const file = await files.open("data.tmp", "create");
      await writeNew(file);
      await file.sync();
      await files.rename("data.tmp", "data");
    },
  ],
  [
    "a removal before the rename",
    /^crash at call \d, "\S+.*", when .* survived: cannot open data/,
    async (files) => {
      const file = await files.open("data.tmp", "create");
      await writeNew(file);
      await file.sync();
      await files.remove("data");
      await files.rename("data.tmp", "data");
      await files.syncDirectory("/");
    },
  ],
];

describe("the explorer", () => {
  test.each(careless)("finds %s", async (_name, message, replace) => {
    const exploring = exploreCrashes<string>({
      arrange: writeOld,
      act: async (files, promise) => {
        await replace(files);
        promise("replaced");
      },
      check: wholeOrNothing,
      seeds: SEEDS,
    });
    await expect(exploring).rejects.toThrow(message);
  });

  test("stops dead: no call after the crash has an effect, no promise counts", async () => {
    await exploreCrashes<string>({
      act: async (files, promise) => {
        const calls = ["a", "b"].map(async (name) => {
          await files.open(name, "create");
          promise(name);
        });
        await Promise.all(calls);
      },
      check: async (files, promised, { callsDone, survived }) => {
        expect(promised).toEqual(["a", "b"].slice(0, callsDone === 2 ? 2 : 0));
        if (survived === "everything") {
          expect(await files.list("/")).toEqual(["a", "b"].slice(0, callsDone + 1));
        }
      },
      seeds: [],
    });
  });

  test("passes on what a scenario itself does wrong", async () => {
    const act = () => Promise.reject(new Error("not arranged"));
    await expect(exploreCrashes({ act, check: async () => {}, seeds: [] })).rejects.toThrow("not arranged");
  });
});

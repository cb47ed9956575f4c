import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { observedFiles } from "../test/observed-files.ts";
import { scratchDirectory } from "../test/scratch-directory.ts";
import { FileExistsError } from "./errors.ts";
import type { File } from "./file-system.ts";
import { nodeFiles } from "./node/node-files.ts";
import { replaceFile } from "./replace-file.ts";

const fresh = (file: File) => file.append(Buffer.from("new"));

async function directoryWithOldFile(): Promise<{ directory: string; path: string }> {
  const directory = await scratchDirectory();
  const path = join(directory, "data");
  await writeFile(path, "old");
  return { directory, path };
}

describe("replacing a file", () => {
  test("gives the name to the new content in one step, file before name, name before directory", async () => {
    const { directory, path } = await directoryWithOldFile();
    const { files, calls } = observedFiles(nodeFiles());
    await replaceFile(files, path, fresh, { overwrite: true });
    expect(await readFile(path, "utf8")).toBe("new");
    expect(await readdir(directory)).toEqual(["data"]);
    expect(calls).toEqual(["create .data.0.tmp", "append 3", "sync", "rename data", "sync-directory"]);
  });

  test("makes a file that was not there", async () => {
    const path = join(await scratchDirectory(), "data");
    await replaceFile(nodeFiles(), path, fresh, { overwrite: false });
    expect(await readFile(path, "utf8")).toBe("new");
  });

  test("refuses an existing file unless told, before anything is written", async () => {
    const { path } = await directoryWithOldFile();
    const { files, calls } = observedFiles(nodeFiles());
    const replaced = replaceFile(files, path, fresh, { overwrite: false });
    await expect(replaced).rejects.toThrow(FileExistsError);
    await expect(replaced).rejects.toMatchObject({ code: "EEXIST", path });
    expect(calls).toEqual([]);
    expect(await readFile(path, "utf8")).toBe("old");
  });

  test("refuses a file that appeared while writing", async () => {
    const directory = await scratchDirectory();
    const path = join(directory, "data");
    const replaced = replaceFile(nodeFiles(), path, () => writeFile(path, "other"), { overwrite: false });
    await expect(replaced).rejects.toThrow(FileExistsError);
    expect(await readFile(path, "utf8")).toBe("other");
    expect(await readdir(directory)).toEqual(["data"]);
  });

  test("never replaces what is not a regular file", async () => {
    const directory = await scratchDirectory();
    const path = join(directory, "data");
    await mkdir(path);
    await expect(replaceFile(nodeFiles(), path, fresh, { overwrite: true })).rejects.toThrow(
      "not a regular file",
    );
    await expect(replaceFile(nodeFiles(), "/dev/null", fresh, { overwrite: true })).rejects.toThrow(
      FileExistsError,
    );
  });

  test("a writer that fails leaves the old file and no temporary one", async () => {
    const { directory, path } = await directoryWithOldFile();
    const failing = async (file: File) => {
      await file.append(Buffer.from("half"));
      throw new Error("source ended");
    };
    await expect(replaceFile(nodeFiles(), path, failing, { overwrite: true })).rejects.toThrow(
      "source ended",
    );
    expect(await readFile(path, "utf8")).toBe("old");
    expect(await readdir(directory)).toEqual(["data"]);
  });

  test.each([
    ["append", "ENOSPC"],
    ["sync", "EIO"],
    ["rename", "EACCES"],
  ])("a failed %s surfaces as %s, leaves the old file and no temporary one", async (operation, code) => {
    const { directory, path } = await directoryWithOldFile();
    const { files } = observedFiles(nodeFiles(), { [operation]: code });
    await expect(replaceFile(files, path, fresh, { overwrite: true })).rejects.toMatchObject({ code });
    expect(await readFile(path, "utf8")).toBe("old");
    expect(await readdir(directory)).toEqual(["data"]);
  });

  test("a failed directory sync is reported although the new file is in place", async () => {
    const { path } = await directoryWithOldFile();
    const { files } = observedFiles(nodeFiles(), { "sync-directory": "EIO" });
    await expect(replaceFile(files, path, fresh, { overwrite: true })).rejects.toMatchObject({ code: "EIO" });
    expect(await readFile(path, "utf8")).toBe("new");
  });

  test("a leftover of a killed run is neither used nor in the way", async () => {
    const { directory, path } = await directoryWithOldFile();
    await writeFile(join(directory, ".data.0.tmp"), "leftover");
    await replaceFile(nodeFiles(), path, fresh, { overwrite: true });
    expect(await readFile(path, "utf8")).toBe("new");
    expect((await readdir(directory)).sort()).toEqual([".data.0.tmp", "data"]);
  });
});

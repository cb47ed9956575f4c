import { execFileSync } from "node:child_process";
import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { scratchDirectory } from "../../test/scratch-directory.ts";
import { borrowBlocks } from "../block-memory.ts";
import { FileError, FileExistsError } from "../errors.ts";
import { readChunks } from "../read-chunks.ts";
import { nodeFiles } from "./node-files.ts";

const files = nodeFiles();
const text = (value: string) => Buffer.from(value);

/** Node itself cannot make a named pipe. */
function makePipe(path: string): void {
  const command = "mkfifo";
  execFileSync(command, [path]);
}

describe("files on disk", () => {
  test("are appended to, read at any offset, cut and synced", async () => {
    const path = join(await scratchDirectory(), "file");
    const file = await files.open(path, "create");
    await file.append(text("hello "));
    await file.append(text("world"));
    await file.syncData();
    const target = new Uint8Array(8);
    expect(await file.readAt(6, target)).toBe(5);
    expect(Buffer.from(target).toString()).toBe("world\0\0\0");
    expect(await file.readAt(11, target)).toBe(0);
    await file.truncate(5);
    await file.append(text("!"));
    await file.sync();
    expect(await file.size()).toBe(6);
    await file.close();
    await file.close();
    expect(await readFile(path, "utf8")).toBe("hello!");
  });

  test("are the same bytes whether large blocks pass by the page cache or not", async () => {
    const path = join(await scratchDirectory(), "file");
    const file = await files.open(path, "create");
    const lent = borrowBlocks();
    const [aligned] = lent.blocks;
    for (let index = 0; index < aligned.length; index++) aligned[index] = (index * 31 + (index >> 9)) & 255;
    const appended = [aligned, aligned.subarray(0, 1 << 20), text("odd"), aligned, aligned.subarray(4096)];
    for (const bytes of appended) await file.append(bytes);
    await file.sync();
    const expected = Buffer.concat(appended);
    expect(await file.size()).toBe(expected.length);
    await file.close();
    lent.giveBack();
    expect(Buffer.compare(await readFile(path), expected)).toBe(0);
  });

  test("opened for appending keep what they have", async () => {
    const path = join(await scratchDirectory(), "file");
    for (const part of ["a", "b"]) {
      const file = await files.open(path, "append");
      await file.append(text(part));
      await file.close();
    }
    expect(await readFile(path, "utf8")).toBe("ab");
  });

  test("that exist are not created again", async () => {
    const path = join(await scratchDirectory(), "file");
    await writeFile(path, "");
    await expect(files.open(path, "create")).rejects.toThrow(FileExistsError);
  });

  test("that are missing are an error with code, path and the system's words", async () => {
    const path = join(await scratchDirectory(), "missing");
    const opened = files.open(path, "read");
    await expect(opened).rejects.toThrow(FileError);
    await expect(opened).rejects.toThrow(`cannot open ${path}: no such file or directory (ENOENT)`);
    await expect(opened).rejects.toMatchObject({ code: "ENOENT", operation: "open", path });
  });

  test("a directory cannot be read as a file, and the message names it", async () => {
    const directory = await scratchDirectory();
    const file = await files.open(directory, "read");
    await expect(file.readAt(0, new Uint8Array(1))).rejects.toMatchObject({
      code: "EISDIR",
      path: directory,
    });
    await file.close();
  });

  test.skipIf(process.platform !== "linux")("a full disk surfaces as ENOSPC", async () => {
    const file = await files.open("/dev/full", "append");
    await expect(file.append(text("x"))).rejects.toMatchObject({ code: "ENOSPC" });
    await file.close();
  });

  test.skipIf(process.platform === "win32")("a named pipe is read in order", async () => {
    const path = join(await scratchDirectory(), "pipe");
    makePipe(path);
    const writing = writeFile(path, "x".repeat(100_000));
    const file = await files.open(path, "read");
    let count = 0;
    for await (const chunk of readChunks(file, { chunkBytes: 1000 })) count += chunk.length;
    await writing;
    await file.close();
    expect(count).toBe(100_000);
  });
});

describe("names on disk", () => {
  test("are listed in order, renamed over others, and removed", async () => {
    const directory = await scratchDirectory();
    for (const name of ["b", "a", "B"]) await writeFile(join(directory, name), name);
    expect(await files.list(directory)).toEqual(["B", "a", "b"]);
    await files.rename(join(directory, "a"), join(directory, "b"));
    await files.remove(join(directory, "B"));
    await files.syncDirectory(directory);
    expect(await files.list(directory)).toEqual(["b"]);
    expect(await readFile(join(directory, "b"), "utf8")).toBe("a");
  });

  test("tell what stands behind them", async () => {
    const directory = await scratchDirectory();
    const path = join(directory, "file");
    await writeFile(path, "four");
    await symlink(path, join(directory, "link"));
    expect(await files.stat(join(directory, "link"))).toMatchObject({ kind: "file", sizeBytes: 4 });
    expect(await files.stat(directory)).toMatchObject({ kind: "directory" });
    expect(await files.stat("/dev/null")).toMatchObject({ kind: "other" });
    expect(await files.stat(join(directory, "missing"))).toBeUndefined();
    expect(await files.stat(join(path, "below-a-file"))).toBeUndefined();
  });

  test("directories are made with those above them, and may exist", async () => {
    const path = join(await scratchDirectory(), "a", "b");
    await files.makeDirectory(path);
    await files.makeDirectory(path);
    expect(await files.stat(path)).toMatchObject({ kind: "directory" });
  });

  test("a directory that is not empty is not removed as a file", async () => {
    const directory = await scratchDirectory();
    await mkdir(join(directory, "inner"));
    await expect(files.remove(join(directory, "inner"))).rejects.toThrow(FileError);
  });
});

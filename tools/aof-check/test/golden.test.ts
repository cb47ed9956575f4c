/**
 * What people see, kept as text files: every screen at 80 and 140 columns.
 *
 * A changed screen is a changed file under golden/: run with -u, look at it, commit it.
 */
import { rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { displayWidth } from "@holdfast/bytes";
import type { FileSystem } from "@holdfast/platform";
import { fixturePath } from "@holdfast/testkit";
import { describe, expect, test } from "vitest";
import { contents, directoryOf } from "./directories.ts";
import { runCommand } from "./run-command.ts";

const goldenFolder = join(dirname(fileURLToPath(import.meta.url)), "golden");

const screens: readonly [name: string, content: string, args: readonly string[], code: number][] = [
  ["truncated", "truncated", [], 11],
  ["torn", "torn", [], 11],
  ["corrupt-in-the-middle", "corrupt-in-the-middle", [], 10],
  ["damaged-not-last", "damaged-not-last", [], 10],
  ["crash-trap", "crash-trap", [], 12],
  ["missing-file", "missing-file", [], 14],
  ["open-unit", "open-unit", [], 11],
  ["rdb-ignored", "rdb-ignored", [], 0],
  ["fix-dry-run", "torn", ["--fix"], 11],
  ["fix-done", "torn", ["--fix", "--yes"], 0],
  ["fix-behind-damage", "damaged-not-last", ["--fix", "--behind-damage", "drop"], 10],
  ["truncate-to-timestamp", "timed", ["--truncate-to-timestamp", "1700000000"], 0],
  ["truncate-to-timestamp-done", "timed", ["--truncate-to-timestamp", "2023-11-14T22:13:20Z", "--yes"], 0],
  ["stats", "timed", ["--stats"], 0],
];

/** The screen of a command that finds the folder under the name "data": where lines break depends on no machine. */
async function screenOf(folder: string, args: readonly string[], columns: number) {
  const files = (real: FileSystem) => mounted(real, folder);
  const { code, stdout, stderr } = await runCommand([...args, "--color", "never"], { columns, files });
  expect(stderr).toBe("");
  return { code, text: stdout };
}

function mounted(real: FileSystem, folder: string): FileSystem {
  const at = (path: string) => path.replace(/^data(?=$|\/)/, folder).replace(/^\.$/, folder);
  return {
    open: (path, mode) => real.open(at(path), mode),
    rename: (from, to) => real.rename(at(from), at(to)),
    remove: (path) => real.remove(at(path)),
    list: (path) => real.list(at(path)),
    stat: (path) => real.stat(at(path)),
    makeDirectory: (path) => real.makeDirectory(at(path)),
    syncDirectory: (path) => real.syncDirectory(at(path)),
  };
}

describe.each([80, 140])("a screen of %i columns", (columns) => {
  test.each(screens)("%s", async (name, content, args, wanted) => {
    const folder = await directoryOf(contents[content]);
    const { code, text } = await screenOf(folder, ["data", ...args], columns);
    await rm(folder, { recursive: true });
    expect(code).toBe(wanted);
    await expect(text).toMatchFileSnapshot(join(goldenFolder, `${name}.${columns}.txt`));
    expect(text.split("\n").filter((line) => displayWidth(line) > columns)).toEqual([]);
  });

  test.each(["redis-7.0-mixed", "redis-6.0-mixed"])("healthy %s", async (name) => {
    const { code, text } = await screenOf(fixturePath("aof", name), ["data"], columns);
    expect(code).toBe(0);
    await expect(text).toMatchFileSnapshot(join(goldenFolder, `healthy-${name}.${columns}.txt`));
  });

  test("rewrite", async () => {
    const folder = await directoryOf(contents.timed);
    const args = ["rewrite", "data", "-o", "data/new", "--target", "redis-7.0"];
    const { code, text } = await screenOf(folder, args, columns);
    await rm(folder, { recursive: true });
    expect(code).toBe(0);
    await expect(text).toMatchFileSnapshot(join(goldenFolder, `rewrite.${columns}.txt`));
  });
});

test.each(["", "check", "rewrite", "completion"])("help of %s has an example", async (command) => {
  const { stdout, code } = await runCommand([command, "--help"].filter(Boolean), { columns: 80 });
  expect(code).toBe(0);
  expect(stdout).toContain("Examples:");
  const name = command === "" ? "help" : `help-${command}`;
  await expect(stdout).toMatchFileSnapshot(join(goldenFolder, `${name}.80.txt`));
});

/** What the commands promise: healthy files are called so, nothing changes without --yes, streams are checked, nothing is lost silently. */
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { fixturePath } from "@holdfast/testkit";
import { afterEach, describe, expect, test } from "vitest";
import { contents, directoryOf, INCR, START } from "./directories.ts";
import { runCommand } from "./run-command.ts";

const fixtures = readdirSync(fixturePath("aof")).filter((name) => !name.endsWith(".json"));
const folders: string[] = [];

afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

async function folderOf(name: string): Promise<string> {
  const folder = await directoryOf(contents[name]);
  folders.push(folder);
  return folder;
}

test("there are fixtures of six servers", () => expect(fixtures).toHaveLength(12));

test.each(fixtures)("%s is sound", async (name) => {
  const { code, stdout } = await runCommand([fixturePath("aof", name), "--json"]);
  const document = JSON.parse(stdout);
  expect(Object.keys(document).slice(0, 2)).toEqual(["format", "version"]);
  expect({ code, verdict: document.verdict, problems: document.problems }).toEqual({
    code: 0,
    verdict: "sound",
    problems: [],
  });
});

test("files are opened for reading only, and nothing is written", async () => {
  const modes: string[] = [];
  const folder = await folderOf("torn");
  await runCommand([folder, "--fix"], {
    files: (real) => ({
      ...real,
      stat: (path) => real.stat(path),
      list: (path) => real.list(path),
      open: (path, mode) => {
        modes.push(mode);
        return real.open(path, mode);
      },
    }),
  });
  expect(new Set(modes)).toEqual(new Set(["read"]));
});

describe("a stream", () => {
  test.each([
    ["plain", (bytes: Buffer) => bytes],
    ["in gzip", (bytes: Buffer) => gzipSync(bytes)],
  ])("%s is checked as the file is", async (_name, pack) => {
    const stdin = pack(readFileSync(fixturePath("aof", "redis-6.0-mixed/appendonly.aof")));
    const { code, stdout, stderr } = await runCommand(["-"], { stdin });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain("OK  standard input");
  });

  test.each<[string, number, string, (packed: Buffer) => Uint8Array]>([
    ["is cut short", 11, "fetch the file again", (packed) => packed.subarray(0, 500)],
    ["needs a dictionary", 12, "unpack it with zstd -d", () => Buffer.from("28b52ffd010005", "hex")],
  ])(
    "inside a container that %s answers %i and leaves no copy behind",
    async (_name, wanted, step, change) => {
      const packed = gzipSync(readFileSync(fixturePath("aof", "redis-6.0-mixed/appendonly.aof")));
      const spoolFolder = await directoryOf({});
      folders.push(spoolFolder);
      const { code, stderr } = await runCommand(["-"], {
        stdin: change(packed),
        temporaryDirectory: spoolFolder,
      });
      expect(code).toBe(wanted);
      expect(stderr).toContain(step);
      expect(readdirSync(spoolFolder)).toEqual([]);
    },
  );

  test("that is damaged is told, and cannot be repaired", async () => {
    const stdin = Buffer.from(contents.torn[INCR], "latin1");
    expect((await runCommand(["-"], { stdin })).code).toBe(11);
    expect((await runCommand(["-", "--fix", "--yes"], { stdin })).code).toBe(2);
  });
});

describe("--fix", () => {
  test("cuts at the unit border, keeps what it cuts, and is sound after it", async () => {
    const folder = await folderOf("open-unit");
    expect((await runCommand([folder, "--fix", "--yes"])).code).toBe(0);
    expect(await readFile(join(folder, INCR), "latin1")).toBe(START);
    const removed = await readFile(join(folder, `${INCR}.removed-1`), "latin1");
    expect(START + removed).toBe(contents["open-unit"][INCR]);
    expect((await runCommand([folder])).code).toBe(0);
  });

  test.each(["corrupt-in-the-middle", "damaged-not-last", "missing-file"])(
    "refuses %s until it is told what may go",
    async (name) => {
      const folder = await folderOf(name);
      const { code, stderr } = await runCommand([folder, "--fix", "--yes"]);
      expect(code).toBe(10);
      expect(stderr).toContain("next");
      const files = Object.keys(contents[name]).map((path) => readFile(join(folder, path), "latin1"));
      expect(await Promise.all(files)).toEqual(Object.values(contents[name]));
    },
  );
});

test("--truncate-to-timestamp before the base answers 15, and without times too", async () => {
  const untimed = await folderOf("crash-trap");
  expect((await runCommand([untimed, "--truncate-to-timestamp", "5"])).code).toBe(15);
  const mixed = fixturePath("aof", "redis-7.0-mixed");
  expect((await runCommand([mixed, "--truncate-to-timestamp", "5"])).code).toBe(15);
});

describe("rewrite", () => {
  test("names commands that it cannot apply and leaves nothing, unless it may lose them", async () => {
    const folder = await folderOf("module");
    const args = ["rewrite", folder, "-o", join(folder, "new"), "--target", "redis-7.0"];
    const refused = await runCommand(args);
    expect(refused.code).toBe(12);
    expect(refused.stderr).toContain("JSON.SET doc");
    expect(await readdir(folder)).toEqual(["appendonlydir"]);
    const allowed = await runCommand([...args, "--allow-loss"]);
    expect(allowed.code).toBe(0);
    expect(allowed.stderr).toContain("JSON.SET doc");
    expect((await runCommand([join(folder, "new")])).code).toBe(0);
  });

  test("does not write over anything, and reads no damaged source", async () => {
    const folder = await folderOf("torn");
    expect((await runCommand(["rewrite", folder, "-o", folder, "--target", "redis-7"])).code).toBe(30);
    const args = ["rewrite", folder, "-o", join(folder, "new"), "--target", "redis-7"];
    expect((await runCommand(args)).code).toBe(11);
    expect(await readdir(folder)).toEqual(["appendonlydir"]);
  });

  test.each(["redis-6.0", "redis-7.0"])(
    "for %s loses nothing that its streams never have",
    async (target) => {
      const folder = await folderOf("stream");
      const args = ["rewrite", folder, "-o", join(folder, "new"), "--target", target];
      const { code, stderr } = await runCommand(args);
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    },
  );

  test("names what the streams of a newer base have and an older target has not", async () => {
    const base = "appendonly.aof.1.base.rdb";
    const folder = await directoryOf({
      [`appendonlydir/${base}`]: readFileSync(fixturePath("rdb", "redis-8.0-types.rdb"), "latin1"),
      "appendonlydir/appendonly.aof.manifest": `file ${base} seq 1 type b\n`,
    });
    folders.push(folder);
    const args = ["rewrite", folder, "-o", join(folder, "new"), "--target", "redis-6.0"];
    const { code, stderr } = await runCommand(args);
    expect(code).toBe(12);
    expect(stderr).toContain("stream-counters");
  });

  test("asks for a target when nothing says which server wrote the files", async () => {
    const folder = await folderOf("timed");
    expect((await runCommand(["rewrite", folder, "-o", join(folder, "new")])).code).toBe(2);
  });
});

test.each([["--fix", "--stats"], ["--yes"], ["--truncate-to-timestamp", "yesterday"]])(
  "%s %s is a usage error",
  async (...args) => {
    const { code, stderr } = await runCommand([fixturePath("aof", "redis-7.0-mixed"), ...args]);
    expect(code).toBe(2);
    expect(stderr).toContain("aof-check:");
  },
);

test.each(["bash", "zsh", "fish"])("completion of %s knows commands and options", async (shell) => {
  const { stdout, code } = await runCommand(["completion", shell]);
  expect(code).toBe(0);
  for (const word of ["check", "rewrite", "truncate-to-timestamp", "keep-later-files"])
    expect(stdout).toContain(word);
});

test.each([
  ["check", ["--stats"]],
  ["rewrite", ["--output", "OUT"]],
])("%s says how far it has replayed, up to the end", async (command, args) => {
  const output = await mkdtemp(join(tmpdir(), "aof-check-"));
  folders.push(output);
  const { code, stderr } = await runCommand(
    [
      ...[command, fixturePath("aof", "redis-8.6-mixed"), "--progress", "json"],
      ...args.map((word) => (word === "OUT" ? join(output, "new") : word)),
    ],
    { clockStepMs: 2000 },
  );
  expect(code, stderr).toBe(0);
  const lines = stderr
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { bytes: number; totalBytes: number; commands?: number });
  const replayed = lines.filter(({ commands }) => commands !== undefined);
  expect(replayed.length).toBeGreaterThan(1);
  const last = replayed.at(-1)!;
  expect(last.bytes).toBe(last.totalBytes);
  expect(last.commands).toBeGreaterThan(0);
});

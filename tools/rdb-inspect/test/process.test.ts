/** The built command as a process: exit codes, streams kept apart, broken pipes, signals, whole files only. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { dump } from "./run-command.ts";

const program = fileURLToPath(new URL("../bin/rdb-inspect.js", import.meta.url));

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "holdfast-"));
});
afterAll(() => rm(folder, { recursive: true }));

function start(...args: readonly string[]): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, [program, ...args], { stdio: "pipe" });
}

async function run(
  args: readonly string[],
  stdin?: Uint8Array,
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = start(...args);
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (text) => (stdout += text));
  child.stderr.on("data", (text) => (stderr += text));
  child.stdin.on("error", () => {});
  child.stdin.end(stdin ?? "");
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, stdout, stderr };
}

async function damaged(name: string, change: (bytes: Buffer) => Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, change(await readFile(dump("redis-7.0-types"))));
  return path;
}

describe("the process", () => {
  test("shows the summary of a file that is given without a command, and says nothing else", async () => {
    const { code, stdout, stderr } = await run([dump("redis-7.0-types")]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain("Redis 7.0.15");
  });

  test("reads standard input, also when it is compressed", async () => {
    const bytes = await readFile(dump("redis-7.0-types"));
    const plain = await run(["export", "-"], bytes);
    const zipped = await run(["export", "-"], gzipSync(bytes));
    expect(plain.code).toBe(0);
    expect(zipped).toEqual(plain);
  });

  test.each<[string, number, (bytes: Buffer) => Uint8Array]>([
    ["truncated", 11, (bytes) => bytes.subarray(0, 100_000)],
    ["wrong checksum", 13, (bytes) => flipped(bytes, bytes.length - 3)],
    ["unknown version", 12, (bytes) => Buffer.concat([Buffer.from("REDIS0099"), bytes.subarray(9)])],
    ["no magic", 10, (bytes) => Buffer.concat([Buffer.from("SIDER"), bytes.subarray(5)])],
    ["packed with a dictionary", 12, () => Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x01, 0x00, 0x05)],
    ["empty", 11, () => new Uint8Array(0)],
  ])("answers a %s file with %i in every command, and says where on stderr", async (name, wanted, change) => {
    const path = await damaged(`${name}.rdb`, change);
    for (const command of ["summary", "keys", "prefixes", "export", "digest", "check"]) {
      const { code, stdout, stderr } = await run([command, path]);
      expect({ command, code }).toEqual({ command, code: wanted });
      expect(command === "check" ? stdout + stderr : stderr).toContain(path);
      expect(command === "check" ? stdout + stderr : stderr).toContain("next");
    }
  });

  test("leaves whole lines only when the input is cut short", async () => {
    const path = await damaged("cut.rdb", (bytes) => bytes.subarray(0, 100_000));
    const { stdout, stderr } = await run(["export", path]);
    expect(stdout.endsWith("\n")).toBe(true);
    const keys = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line))
      .filter((line) => "db" in line);
    expect(stderr).toContain(`${keys.length} keys before it: the result is partial`);
  });

  test("ends quietly with 0 when the reader goes away", async () => {
    const child = start("export", dump("redis-7.0-large"), "--format", "resp");
    let stderr = "";
    child.stderr.on("data", (text) => (stderr += text));
    child.stdout.once("data", () => child.stdout.destroy());
    const code = await new Promise((resolve) => child.once("close", resolve));
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  });

  test.each<["SIGINT" | "SIGTERM", number]>([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ])("answers %s with %i and leaves nothing half done", async (signal, wanted) => {
    const target = await mkdtemp(join(folder, "out-"));
    const child = start("export", "-", "-o", join(target, "out.ndjson"));
    child.stdin.on("error", () => {});
    // The temporary file shows that the command is in the middle of its work.
    child.stdin.write((await readFile(dump("redis-7.0-types"))).subarray(0, 50_000));
    while ((await readdir(target)).length === 0) await new Promise(setImmediate);
    child.kill(signal);
    const code = await new Promise((resolve) => child.once("close", resolve));
    expect({ code, left: await readdir(target) }).toEqual({ code: wanted, left: [] });
  });
});

describe("-o FILE", () => {
  test("appears whole, and is not replaced without --force", async () => {
    const path = join(folder, "keys.csv");
    expect((await run(["keys", dump("redis-7.0-types"), "--format", "csv", "-o", path])).code).toBe(0);
    const first = await readFile(path, "utf8");
    expect(first.split("\r\n").length).toBe(1074 + 2);
    const refused = await run(["keys", dump("redis-7.0-dbs"), "--format", "csv", "-o", path]);
    expect(refused.code).toBe(30);
    expect(refused.stderr).toContain("--force");
    expect(await readFile(path, "utf8")).toBe(first);
    expect((await run(["keys", dump("redis-7.0-dbs"), "--format", "csv", "-o", path, "--force"])).code).toBe(
      0,
    );
    expect(await readFile(path, "utf8")).not.toBe(first);
  });

  test("of a damaged file stands under another name", async () => {
    const damagedPath = await damaged("cut-too.rdb", (bytes) => bytes.subarray(0, 100_000));
    const path = join(folder, "partial.ndjson");
    const { code, stderr } = await run(["export", damagedPath, "-o", path]);
    expect(code).toBe(11);
    expect(stderr).toContain(`${path}.partial`);
    expect(await readdir(folder)).not.toContain("partial.ndjson");
  });
});

function flipped(bytes: Buffer, at: number): Buffer {
  const changed = Buffer.from(bytes);
  changed[at] ^= 0x10;
  return changed;
}

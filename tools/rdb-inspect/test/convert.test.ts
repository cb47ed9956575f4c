/** Files for other servers: nothing is lost without a word, and nothing is written that is not whole. */

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { Interrupted } from "@holdfast/command-line";
import { type File, FileError, type FileSystem } from "@holdfast/platform";
import { collectEntries, decodeRdbBytes, type RdbEntry } from "@holdfast/rdb";
import { fixturePath, seededRandom } from "@holdfast/testkit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type CommandOptions, dump, runCommand, testNowMs } from "./run-command.ts";

const golden = join(dirname(fileURLToPath(import.meta.url)), "golden");
let folder = "";
let output = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "holdfast-"));
  output = join(folder, "out.rdb");
});

afterEach(() => rmSync(folder, { recursive: true }));

function convert(input: string, args: readonly string[] = [], options: CommandOptions = {}) {
  return runCommand(["convert", input, "-o", output, ...args], { columns: 80, ...options });
}

function portable(text: string): string {
  return text.replaceAll(folder, "folder").replaceAll(fixturePath("rdb"), "rdb");
}

function entriesOf(bytes: Uint8Array): RdbEntry[] {
  return [...collectEntries(decodeRdbBytes(bytes), { limitBytes: 1 << 28 })];
}

const nameOf = (entry: RdbEntry) => Buffer.from(entry.key).toString("latin1");
const namesIn = (bytes: Uint8Array) => entriesOf(bytes).map(nameOf);

/** A method of a file that still belongs to it. */
function bound(file: File, name: string | symbol): unknown {
  const member: unknown = Reflect.get(file, name);
  return typeof member === "function" ? member.bind(file) : member;
}

describe("a conversion that cannot hold everything", () => {
  test("writes nothing, names every key, and answers 12", async () => {
    writeFileSync(output, "the old file");
    const args = ["--target", "redis-7.0", "--force", "--color", "never"];
    const { code, stdout, stderr } = await convert(dump("redis-8.0-expiry"), args);
    expect(code).toBe(12);
    expect(stdout.length).toBe(0);
    expect(readFileSync(output, "utf8")).toBe("the old file");
    expect(readdirSync(folder)).toEqual(["out.rdb"]);
    await expect(portable(stderr)).toMatchFileSnapshot(join(golden, "convert-refused.stderr.txt"));
    const expiring = entriesOf(readFileSync(dump("redis-8.0-expiry"))).filter(
      ({ value }) => value.of === "fields" && value.fields.some((field) => field.expireAtMs !== undefined),
    );
    for (const entry of expiring) expect(stderr).toContain(`key ${nameOf(entry)} in db ${entry.db}:`);
  });

  test("writes the rest with --allow-loss, and the document lists the same", async () => {
    const args = ["--target", "redis-7.0", "--allow-loss", "--json"];
    const { code, stdout } = await convert(dump("redis-8.0-expiry"), args);
    expect(code).toBe(0);
    await expect(portable(stdout.toString())).toMatchFileSnapshot(join(golden, "convert-losses.json"));
    expect(namesIn(readFileSync(output))).toEqual(namesIn(readFileSync(dump("redis-8.0-expiry"))));
  });

  test("to standard output writes not a single byte", async () => {
    const { code, stdout } = await runCommand(["convert", dump("redis-8.0-expiry"), "--target", "redis-7.0"]);
    expect({ code, size: stdout.length }).toEqual({ code: 12, size: 0 });
  });

  test("counts the log behind a snapshot among what is lost", async () => {
    const snapshot = readFileSync(dump("redis-7.0-dbs"));
    const preamble = Buffer.concat([
      snapshot.subarray(0, 9),
      Buffer.from("\xfa\x0caof-preamble\xc0\x01", "latin1"),
      snapshot.subarray(9, -8),
      Buffer.alloc(8),
      Buffer.from("*1\r\n$4\r\nPING\r\n"),
    ]);
    const { code, stderr } = await convert("-", [], { stdin: preamble });
    expect(code).toBe(12);
    expect(stderr).toContain("an append-only log behind the snapshot");
  });
});

describe("a conversion for the server that wrote the file", () => {
  test.each(["redis-6.0-types", "redis-7.0-types", "redis-8.6-lfu", "redis-8.0-expiry", "valkey-8.1-types"])(
    "of %s gives the same bytes",
    async (name) => {
      expect((await convert(dump(name))).code).toBe(0);
      expect(readFileSync(output).equals(readFileSync(dump(name)))).toBe(true);
    },
  );

  test("says what it did", async () => {
    const { stdout } = await convert(dump("redis-7.0-types"), ["--color", "never"]);
    await expect(portable(stdout.toString())).toMatchFileSnapshot(join(golden, "convert.80.txt"));
  });
});

describe("a converted file", () => {
  test("says which server it is for, and is read as one of it", async () => {
    expect((await convert(dump("valkey-9.1-types"), ["--target", "redis-8.0"])).code).toBe(0);
    const [header] = decodeRdbBytes(readFileSync(output));
    expect(header).toEqual({ kind: "header", dialect: "redis", version: 12 });
    const { stdout } = await runCommand([output]);
    expect(stdout.toString()).toContain("Redis 8.0.0");
    expect(readFileSync(output).includes("valkey-ver")).toBe(false);
    expect(readFileSync(output).includes("8.0.0")).toBe(true);
  });

  test("can go through gzip and zstd, and comes back as it was", async () => {
    await convert(dump("redis-7.0-types"), ["--compress", "gzip"]);
    expect(gunzipSync(readFileSync(output)).equals(readFileSync(dump("redis-7.0-types")))).toBe(true);
    await convert(dump("redis-7.0-types"), ["--compress", "zstd", "--force"]);
    expect(readFileSync(output).readUInt32LE()).toBe(0xfd2fb528);
    const { code } = await runCommand(["check", output]);
    expect(code).toBe(0);
  });

  test("has no checksum when none is wanted", async () => {
    await convert(dump("redis-7.0-types"), ["--checksum", "off"]);
    expect(readFileSync(output).subarray(-8)).toEqual(Buffer.alloc(8));
    expect((await runCommand(["check", output])).stdout.toString()).toContain("switched off");
  });

  test("goes to standard output, from standard input", async () => {
    const stdin = readFileSync(dump("redis-7.0-types"));
    const { code, stdout } = await runCommand(["convert", "-"], { stdin });
    expect({ code, isSame: stdout.equals(stdin) }).toEqual({ code: 0, isSame: true });
    expect((await runCommand(["convert", dump("redis-7.0-types")])).stdout.equals(stdin)).toBe(true);
  });

  test("is smaller by what the filters leave out, and does not say how many keys there were", async () => {
    await convert(dump("redis-7.0-types"), ["--type", "zset", "--min-elements", "100"]);
    const bytes = readFileSync(output);
    const wanted = entriesOf(readFileSync(dump("redis-7.0-types"))).filter(
      ({ type, itemCount }) => type === "zset" && itemCount! >= 100,
    );
    expect(wanted.length).toBeGreaterThan(0);
    expect(namesIn(bytes)).toEqual(wanted.map(nameOf));
    expect([...decodeRdbBytes(bytes)].some(({ kind }) => kind === "resize-db")).toBe(false);
  });

  test("of a list too large to be held is made in two walks", async () => {
    const element = seededRandom(1).bytes(1 << 20);
    const size = Buffer.from([0x80, 0, 0x10, 0, 0]);
    const list = Buffer.concat([
      Buffer.from("REDIS0009\x01\x01k\x28", "latin1"),
      ...Array.from({ length: 40 }, () => Buffer.concat([size, element])),
      Buffer.from("ff0000000000000000", "hex"),
    ]);
    const source = join(folder, "list.rdb");
    writeFileSync(source, list);
    expect((await convert(source, ["--target", "redis-3.2"])).code).toBe(0);
    const [entry] = entriesOf(readFileSync(output));
    expect(entry.itemCount).toBe(40);
    expect(
      entry.value.of === "elements" &&
        entry.value.elements.every((text) => Buffer.compare(text, element) === 0),
    ).toBe(true);
    const fromStream = await convert("-", ["--target", "redis-3.2", "--force"], { stdin: list });
    expect(fromStream.code).toBe(12);
    expect(fromStream.stderr).toContain("save the stream to a file first");
  });
});

describe("names and expiries", () => {
  test("--rename changes what a name begins with, by the first rule that fits", async () => {
    await convert(dump("redis-7.0-types"), ["--rename", "leaderboard:=lb:", "--rename", "leader=x"]);
    const before = namesIn(readFileSync(dump("redis-7.0-types")));
    expect(namesIn(readFileSync(output))).toEqual(before.map((name) => name.replace(/^leaderboard:/, "lb:")));
  });

  test("--rename that gives two keys one name is refused, with the name", async () => {
    const names = namesIn(readFileSync(dump("redis-7.0-types")));
    const [first, second] = names;
    const { code, stderr } = await convert(dump("redis-7.0-types"), ["--rename", `${first}=${second}`]);
    expect(code).toBe(2);
    expect(stderr).toContain("--rename makes two keys of the name");
    expect(readdirSync(folder)).toEqual([]);
  });

  test.each([
    ["persist", () => undefined],
    ["shift=2h", (time: number) => time + 7_200_000],
    ["shift=-1d", (time: number) => time - 86_400_000],
  ] as const)("--ttl %s goes for keys and for fields", async (rule, change) => {
    await convert(dump("redis-8.0-expiry"), ["--ttl", rule]);
    const expiries = (bytes: Uint8Array) =>
      entriesOf(bytes).map((entry) => [
        nameOf(entry),
        entry.expireAtMs,
        entry.value.of === "fields"
          ? entry.value.fields.map((field) => `${Buffer.from(field.field)} ${field.expireAtMs}`).sort()
          : [],
      ]);
    const changed = (time: number | undefined) => (time === undefined ? undefined : change(time));
    const wanted = entriesOf(readFileSync(dump("redis-8.0-expiry"))).map((entry) => [
      nameOf(entry),
      changed(entry.expireAtMs),
      entry.value.of === "fields"
        ? entry.value.fields.map((field) => `${Buffer.from(field.field)} ${changed(field.expireAtMs)}`).sort()
        : [],
    ]);
    expect(expiries(readFileSync(output))).toEqual(wanted);
  });

  test("--ttl shift lets keys live on as long as they had left when the file was written", async () => {
    await convert(dump("redis-7.0-expiry"), ["--ttl", "shift"]);
    const source = readFileSync(dump("redis-7.0-expiry"));
    const aux = [...decodeRdbBytes(source)].find(
      (event) => event.kind === "aux" && Buffer.from(event.name).toString() === "ctime",
    );
    const writtenAtMs = Number(aux?.kind === "aux" && Buffer.from(aux.value)) * 1000;
    const shifted = entriesOf(source).map(
      ({ expireAtMs }) => expireAtMs && expireAtMs + testNowMs - writtenAtMs,
    );
    expect(entriesOf(readFileSync(output)).map(({ expireAtMs }) => expireAtMs)).toEqual(shifted);
  });
});

describe("a run that fails", () => {
  test("on damage leaves the old file and no new name", async () => {
    const damaged = readFileSync(dump("redis-7.0-types"));
    damaged[damaged.length - 1] ^= 1;
    writeFileSync(output, "the old file");
    const { code, stderr } = await convert("-", ["--force"], { stdin: damaged });
    expect(code).toBe(13);
    expect(stderr).toContain("nothing was written");
    expect(readFileSync(output, "utf8")).toBe("the old file");
    expect(readdirSync(folder)).toEqual(["out.rdb"]);
  });

  test.each([0, 100_000])(
    "on a disk that is full after %i bytes leaves the old file and no new name",
    async (room) => {
      writeFileSync(output, "the old file");
      const files = (real: FileSystem): FileSystem => ({
        ...real,
        open: async (path, mode) => {
          const file = await real.open(path, mode);
          const append = async (bytes: Uint8Array) => {
            if ((await file.size()) + bytes.length > room)
              throw new FileError("write", path, "ENOSPC", "no space left on device");
            return file.append(bytes);
          };
          return mode === "read"
            ? file
            : new Proxy(file, { get: (target, name) => (name === "append" ? append : bound(target, name)) });
        },
      });
      const { code, stderr } = await convert(dump("redis-7.0-types"), ["--force"], { files });
      expect(code).toBe(23);
      expect(stderr).toContain("no space left on device");
      expect(readFileSync(output, "utf8")).toBe("the old file");
      expect(readdirSync(folder)).toEqual(["out.rdb"]);
    },
  );

  test("on a signal leaves nothing", async () => {
    const controller = new AbortController();
    controller.abort(new Interrupted("SIGINT"));
    const { code } = await convert(dump("redis-7.0-types"), [], { signal: controller.signal });
    expect(code).toBe(130);
    expect(readdirSync(folder)).toEqual([]);
  });

  test("on a file that exists says so before it reads anything", async () => {
    writeFileSync(output, "the old file");
    expect((await convert(dump("redis-7.0-types"))).code).toBe(30);
    expect(readFileSync(output, "utf8")).toBe("the old file");
  });

  test.each([
    [["--target", "redis-1"], "--target knows redis-2.4"],
    [["--target", "rdb:99"], "--target knows redis-2.4"],
    [["--rename", "old"], "--rename wants FROM=TO"],
    [["--ttl", "shift=soon"], "--ttl wants keep"],
    [["--max-losses", "few"], "--max-losses wants a whole number"],
  ])("on %j says what is allowed", async (args, message) => {
    const { code, stderr } = await convert(dump("redis-7.0-types"), args);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
    expect(readdirSync(folder)).toEqual([]);
  });

  test("on --json without a file says why", async () => {
    const { code, stderr } = await runCommand(["convert", dump("redis-7.0-types"), "--json"]);
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining("--json wants -o") });
  });
});

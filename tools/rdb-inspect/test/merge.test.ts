/** Several files in one: every key once, and never one that nobody chose. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { collectEntries, decodeRdbBytes, type RdbEntry } from "@holdfast/rdb";
import { seededRandom } from "@holdfast/testkit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { dump, runCommand } from "./run-command.ts";

let folder = "";
let output = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "holdfast-"));
  output = join(folder, "out.rdb");
});

afterEach(() => rmSync(folder, { recursive: true }));

const merge = (inputs: readonly string[], onDuplicate: string, ...args: readonly string[]) =>
  runCommand(["merge", ...inputs, "-o", output, "--on-duplicate", onDuplicate, ...args]);

function entriesIn(path: string): RdbEntry[] {
  return [...collectEntries(decodeRdbBytes(readFileSync(path)), { limitBytes: 1 << 28 })];
}

const nameOf = ({ db, key }: RdbEntry) => `${db} ${Buffer.from(key).toString("latin1")}`;
const namesIn = (path: string) => entriesIn(path).map(nameOf);

/** A file of strings; keys and values have one character a byte. */
function stringsFile(
  name: string,
  pairs: Readonly<Record<string, string>>,
  records = "",
  version = "0009",
): string {
  const stored = Object.entries(pairs).map(([key, value]) => `\0${short(key)}${short(value)}`);
  const path = join(folder, name);
  const text = `REDIS${version}${records}${stored.join("")}\xff`;
  writeFileSync(path, Buffer.concat([Buffer.from(text, "latin1"), Buffer.alloc(8)]));
  return path;
}

function short(text: string): string {
  return String.fromCharCode(text.length) + text;
}

function stringsIn(path: string): Record<string, string> {
  return Object.fromEntries(
    entriesIn(path).map(({ key, value }) => [
      Buffer.from(key).toString("latin1"),
      Buffer.from(value.of === "string" ? value.bytes : []).toString("latin1"),
    ]),
  );
}

describe("files without a key in common", () => {
  test("give back what was split", async () => {
    const input = dump("redis-7.0-types");
    await runCommand(["split", input, "--shards", "4", "-o", folder]);
    const shards = readdirSync(folder).map((name) => join(folder, name));
    expect((await merge(shards, "error")).code).toBe(0);
    expect(namesIn(output).sort()).toEqual(namesIn(input).sort());
    const libraries = (path: string) =>
      [...decodeRdbBytes(readFileSync(path))].filter(({ kind }) => kind === "function");
    expect(libraries(output)).toEqual(libraries(input));
    expect((await runCommand(["check", output])).code).toBe(0);
  });

  test("become a file of the highest version, or of the target", async () => {
    const inputs = [dump("redis-6.0-dbs"), dump("valkey-9.1-lfu")];
    expect((await merge(inputs, "last")).code).toBe(0);
    expect(readFileSync(output).subarray(0, 9).toString()).toBe("VALKEY080");
    expect((await merge(inputs, "last", "--target", "redis-7.2", "--force")).code).toBe(0);
    expect(readFileSync(output).subarray(0, 9).toString()).toBe("REDIS0011");
    expect(new Set(namesIn(output))).toEqual(new Set(inputs.flatMap(namesIn)));
  });

  test("that no server reads together want a target", async () => {
    const inputs = [dump("redis-8.0-dbs"), dump("valkey-9.1-lfu")];
    const { code, stderr } = await merge(inputs, "last");
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining("say with --target") });
    expect((await merge(inputs, "last", "--target", "valkey-9")).code).toBe(0);
  });
});

describe("a key that stands in more than one file", () => {
  const files = () => [
    stringsFile("a.rdb", { one: "a", both: "a", all: "a" }),
    stringsFile("b.rdb", { two: "b", both: "b", all: "b" }),
    stringsFile("c.rdb", { three: "c", all: "c" }),
  ];

  test("is an error with its name, and nothing is written", async () => {
    writeFileSync(output, "the old file");
    const { code, stderr } = await merge(files(), "error", "--force");
    expect(code).toBe(10);
    expect(stderr).toContain("key both in db 0 stands more than once");
    expect(stderr).toContain("key all in db 0 stands more than once");
    expect(readFileSync(output, "utf8")).toBe("the old file");
  });

  test("comes from the first or from the last file", async () => {
    await merge(files(), "first");
    expect(stringsIn(output)).toEqual({ one: "a", both: "a", all: "a", two: "b", three: "c" });
    await merge(files(), "last", "--force");
    expect(stringsIn(output)).toEqual({ one: "a", both: "b", all: "c", two: "b", three: "c" });
    expect(namesIn(output).length).toBe(5);
  });

  test("is none in another db, or when a filter leaves one of them out", async () => {
    const a = stringsFile("a.rdb", { key: "a" });
    const b = stringsFile("b.rdb", { key: "b" }, "\xfe\x03");
    expect((await merge([a, b], "error")).code).toBe(0);
    expect(namesIn(output)).toEqual(["0 key", "3 key"]);
    expect((await merge(files(), "error", "--force", "--not-key", "both", "--not-key", "all")).code).toBe(0);
    expect(stringsIn(output)).toEqual({ one: "a", two: "b", three: "c" });
  });

  test("stands twice in one file: the rule goes for that, too", async () => {
    const path = join(folder, "twice.rdb");
    const text = `REDIS0009\0${short("k")}${short("1st")}\0${short("k")}${short("2nd")}\xff`;
    writeFileSync(path, Buffer.concat([Buffer.from(text, "latin1"), Buffer.alloc(8)]));
    const other = stringsFile("other.rdb", { other: "x" });
    expect((await merge([path, other], "error")).code).toBe(10);
    await merge([path, other], "first");
    expect(stringsIn(output)).toEqual({ k: "1st", other: "x" });
    await merge([path, other], "last", "--force");
    expect(stringsIn(output)).toEqual({ k: "2nd", other: "x" });
  });
});

describe("function libraries", () => {
  const library = (code: string) => `\xf5${short(`#!lua name=lib\n${code}`)}`;

  test("that are the same come once, and under one rule when they differ", async () => {
    const same = [
      stringsFile("a.rdb", { a: "1" }, library("x"), "0010"),
      stringsFile("b.rdb", { b: "2" }, library("x"), "0010"),
    ];
    expect((await merge(same, "error")).code).toBe(0);
    const codes = () =>
      [...decodeRdbBytes(readFileSync(output))].flatMap((event) =>
        event.kind === "function" ? [Buffer.from(event.code).toString().split("\n")[1]] : [],
      );
    expect(codes()).toEqual(["x"]);
    const other = [same[0], stringsFile("c.rdb", { c: "3" }, library("y"), "0010")];
    const { code, stderr } = await merge(other, "error", "--force");
    expect({ code, stderr }).toMatchObject({
      code: 10,
      stderr: expect.stringContaining("function library lib"),
    });
    await merge(other, "first", "--force");
    expect(codes()).toEqual(["x"]);
    await merge(other, "last", "--force");
    expect(codes()).toEqual(["y"]);
  });
});

describe("a merge that fails", () => {
  test("for a loss names the keys and writes nothing, unless it is allowed", async () => {
    const inputs = [dump("redis-8.0-expiry"), dump("redis-8.0-dbs")];
    const refused = await merge(inputs, "last", "--target", "redis-7.0");
    expect(refused.code).toBe(12);
    expect(refused.stderr).toContain("key fields:small in db 0: expiries of hash fields");
    expect(readdirSync(folder)).toEqual([]);
    expect((await merge(inputs, "last", "--target", "redis-7.0", "--allow-loss")).code).toBe(0);
  });

  test("for damage in any file writes nothing", async () => {
    const damaged = readFileSync(dump("redis-7.0-dbs"));
    damaged[damaged.length - 1] ^= 1;
    const path = join(folder, "damaged.rdb");
    writeFileSync(path, damaged);
    const { code, stderr } = await merge([dump("redis-7.0-types"), path], "last");
    expect(code).toBe(13);
    expect(stderr).toContain("nothing was written");
    expect(readdirSync(folder)).toEqual(["damaged.rdb"]);
  });

  test("because a file is a stream, or nobody said what to do with duplicates, says so", async () => {
    const stream = await merge(["-", dump("redis-7.0-dbs")], "last");
    expect(stream).toMatchObject({ code: 2, stderr: expect.stringContaining("a stream cannot be") });
    const unsaid = await runCommand(["merge", dump("redis-7.0-dbs"), "-o", output]);
    expect(unsaid).toMatchObject({ code: 2, stderr: expect.stringContaining("--on-duplicate") });
  });

  test("not for a list too large to be held", async () => {
    const element = seededRandom(1).bytes(1 << 20);
    const size = Buffer.from([0x80, 0, 0x10, 0, 0]);
    const list = join(folder, "list.rdb");
    writeFileSync(
      list,
      Buffer.concat([
        Buffer.from("REDIS0009\x01\x01k\x22", "latin1"),
        ...Array.from({ length: 34 }, () => Buffer.concat([size, element])),
        Buffer.from("ff0000000000000000", "hex"),
      ]),
    );
    const small = stringsFile("small.rdb", { small: "x" });
    expect((await merge([small, list], "error", "--target", "redis-3.2")).code).toBe(0);
    expect(entriesIn(output).map(({ itemCount }) => itemCount)).toEqual([1, 34]);
  });
});

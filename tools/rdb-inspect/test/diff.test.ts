/** `rdb-inspect diff`: what it says of two files, and that it says nothing of one that is damaged. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { displayWidth } from "@holdfast/bytes";
import { Interrupted } from "@holdfast/command-line";
import { listFixtures, readHexFixture } from "@holdfast/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fileOf, type Key, streamOf } from "./build-file.ts";
import { type CommandOptions, dump, runCommand } from "./run-command.ts";

const golden = join(dirname(fileURLToPath(import.meta.url)), "golden");
const expireAtMs = Date.UTC(2030, 0, 1);
let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "holdfast-"));
});

afterAll(() => rmSync(folder, { recursive: true }));

/** Files of a folder of their own: a test that goes on after its time must not disturb another one. */
function writeBoth(a: Uint8Array, b: Uint8Array): { readonly paths: string[]; readonly own: string } {
  const own = mkdtempSync(join(folder, "files-"));
  const paths = [join(own, "a.rdb"), join(own, "b.rdb")];
  writeFileSync(paths[0], a);
  writeFileSync(paths[1], b);
  return { paths, own };
}

async function diff(
  a: Uint8Array,
  b: Uint8Array,
  args: readonly string[] = [],
  options: CommandOptions = {},
) {
  const { paths, own } = writeBoth(a, b);
  const { code, stdout, stderr } = await runCommand(["diff", ...paths, ...args], { columns: 80, ...options });
  return { code, stdout: stdout.toString().replaceAll(own, "folder"), stderr };
}

async function documentOf(a: Uint8Array, b: Uint8Array, args: readonly string[] = []) {
  const { code, stdout } = await diff(a, b, ["--json", ...args]);
  return { code, document: JSON.parse(stdout) };
}

const tidal = "The tide tables of the harbour, ".repeat(200);

const keysOfA: readonly Key[] = [
  { key: "same", value: { string: "the same" } },
  { key: "gone", value: { set: ["1", "2"] }, expireAtMs },
  { key: "gone in db 3", db: 3, value: { list: ["a"] } },
  { key: "type", value: { string: "12" } },
  { key: "expiry:set", value: { string: "x" } },
  { key: "expiry:moved", value: { string: "x" }, expireAtMs },
  { key: "string", value: { string: "Paris in the spring" } },
  { key: "string:long", value: { string: `${tidal}low water` } },
  { key: "list", value: { list: ["a", "b", "c", "d"] } },
  { key: "list:longer", value: { list: ["a", "b"] } },
  { key: "set", value: { set: ["1", "2", "3", "x y"] } },
  {
    key: "hash",
    value: {
      hash: [
        ["name", "Ada"],
        ["city", "London"],
        ["age", "36"],
        ["until", "x", expireAtMs],
      ],
    },
  },
  {
    key: "zset",
    value: {
      zset: [
        ["a", 1],
        ["b", 2.5],
        ["c", Number.POSITIVE_INFINITY],
      ],
    },
  },
  {
    key: "array",
    value: {
      array: [
        [0n, "zero"],
        [7n, "seven"],
      ],
      insertIndex: 8n,
    },
  },
  {
    key: "stream",
    value: streamOf({
      entries: [
        ["1-0", "temperature", "20"],
        ["2-0", "temperature", "21"],
        ["3-0", "temperature", "22", "unit", "C"],
      ],
      groups: [
        {
          name: "readers",
          lastDeliveredId: "2-0",
          entriesRead: 1n,
          pending: [
            ["1-0", "c1", expireAtMs, 1],
            ["2-0", "c1", expireAtMs, 2],
          ],
          consumers: [
            ["c1", expireAtMs, expireAtMs],
            ["c2", expireAtMs, -1],
          ],
        },
        { name: "old", lastDeliveredId: "0-0" },
      ],
      idmp: { durationSec: 60, entriesMax: 100 },
      producers: [["p1", "iid-1", "1-0"]],
    }),
  },
];

const keysOfB: readonly Key[] = [
  {
    key: "stream",
    value: streamOf({
      entries: [
        ["1-0", "temperature", "20"],
        ["3-0", "temperature", "22", "unit", "F"],
        ["4-0", "temperature", "23"],
      ],
      lastId: "5-0",
      maxDeletedId: "5-0",
      entriesAdded: 5n,
      groups: [
        {
          name: "readers",
          lastDeliveredId: "3-0",
          entriesRead: 3n,
          pending: [
            ["1-0", "c2", expireAtMs + 1000, 3],
            ["3-0", undefined, expireAtMs, 1],
          ],
          consumers: [
            ["c1", expireAtMs + 1, expireAtMs],
            ["c2", expireAtMs, -1],
          ],
        },
        { name: "new", lastDeliveredId: "0-0" },
      ],
      idmp: { durationSec: 90, entriesMax: 100 },
      producers: [
        ["p1", "iid-1", "1-0"],
        ["p2", "iid-2", "4-0"],
      ],
    }),
  },
  {
    key: "array",
    value: {
      array: [
        [0n, "zero"],
        [3n, "three"],
        [7n, "SEVEN"],
      ],
      insertIndex: 4n,
    },
  },
  {
    key: "zset",
    value: {
      zset: [
        ["d", 4],
        ["b", 3],
        ["a", 1],
      ],
    },
  },
  {
    key: "hash",
    value: {
      hash: [
        ["city", "Paris"],
        ["born", "1815"],
        ["name", "Ada"],
        ["until", "x", expireAtMs + 60_000],
      ],
    },
  },
  { key: "set", value: { set: ["x y", "3", "2", "4"] } },
  { key: "list:longer", value: { list: ["a", "b", "c"] } },
  { key: "list", value: { list: ["a", "c", "b", "d"] } },
  { key: "string:long", value: { string: `${tidal}high water, and more` } },
  { key: "string", value: { string: "Paris in the winter" } },
  { key: "expiry:moved", value: { string: "x" }, expireAtMs: expireAtMs + 1 },
  { key: "expiry:set", value: { string: "x" }, expireAtMs },
  { key: "type", value: { list: ["1", "2"] } },
  { key: "same", value: { string: "the same" } },
  { key: new Uint8Array([0xff, 0x00, 0x31]), value: { hash: [["f", "v"]] } },
];

const functionsOfA = ["#!lua name=shared\nreturn 1", "#!lua name=mine\nreturn 1"];
const functionsOfB = ["#!lua name=shared\nreturn 2", "#!lua name=theirs\nreturn 1"];

function bothFiles() {
  return [
    fileOf(keysOfA, { functions: functionsOfA }),
    fileOf(keysOfB, { functions: functionsOfB }),
  ] as const;
}

describe("the screen", () => {
  test.each([80, 140])("shows every kind of difference at %i columns", async (columns) => {
    const [a, b] = bothFiles();
    const { code, stdout, stderr } = await diff(a, b, ["--color", "never"], { columns });
    expect({ code, stderr }).toEqual({ code: 40, stderr: "" });
    await expect(stdout).toMatchFileSnapshot(join(golden, `diff.${columns}.txt`));
    expect(stdout.split("\n").filter((line) => displayWidth(line) > columns)).toEqual([]);
  });

  test.each([80, 140])("of equal files is short at %i columns", async (columns) => {
    // Names that are equally long wherever the checkout lies: long ones are wrapped.
    const paths = [dump("redis-6.0-encodings"), dump("valkey-9.1-encodings")].map((path) =>
      relative(process.cwd(), path),
    );
    const { code, stdout } = await runCommand(["diff", ...paths, "--color", "never"], { columns });
    expect(code).toBe(0);
    await expect(stdout.toString()).toMatchFileSnapshot(join(golden, `diff-equal.${columns}.txt`));
  });

  test("lists as many keys and parts as are wanted and says how many more there are", async () => {
    const keys = (value: string): Key[] =>
      Array.from({ length: 30 }, (_, index) => ({
        key: `key:${index}`,
        value: { set: ["same", `${value}:1`, `${value}:2`, `${value}:3`] },
      }));
    const args = ["--max-keys", "2", "--max-parts", "1", "--color", "never"];
    const { stdout } = await diff(fileOf(keys("a")), fileOf(keys("b")), args);
    expect(stdout.match(/key:\d+ in db 0/g)).toHaveLength(2);
    expect(stdout).toContain("and 28 more, --max-keys lists them");
    expect(stdout).toContain("4: 3 added, 3 removed");
    expect(stdout).toContain("and 4 more, --max-parts shows them");
    const none = await diff(fileOf(keys("a")), fileOf(keys("b")), ["--max-keys", "0"]);
    expect(none.stdout).toContain("and 30 more, --max-keys lists them");
  });
});

describe("the document", () => {
  test("says all of it", async () => {
    const [a, b] = bothFiles();
    const { code, stdout } = await diff(a, b, ["--json"]);
    expect(code).toBe(40);
    await expect(stdout).toMatchFileSnapshot(join(golden, "diff.json"));
  });

  test("of equal files has no differences", async () => {
    const [a] = bothFiles();
    const { code, document } = await documentOf(
      a,
      fileOf([...keysOfA].reverse(), { functions: [...functionsOfA].reverse() }),
    );
    expect(code).toBe(0);
    expect(document).toMatchObject({
      format: "rdb-inspect-diff",
      version: 1,
      isEqual: true,
      equalCount: keysOfA.length,
      changedCount: 0,
      onlyInACount: 0,
      onlyInBCount: 0,
      records: [],
      changed: [],
    });
  });
});

describe("what is left out", () => {
  const hash = (at?: number): Key => ({ key: "hash", value: { hash: [["f", "v", at]] } });

  test("expiries of keys and fields with --ignore ttl", async () => {
    const a = fileOf([hash(expireAtMs), { key: "x", value: { string: "1" }, expireAtMs }]);
    const b = fileOf([hash(), { key: "x", value: { string: "1" } }]);
    expect((await documentOf(a, b)).document.changedCount).toBe(2);
    expect((await documentOf(a, b, ["--ignore", "ttl"])).document).toMatchObject({
      isEqual: true,
      ignored: { ttl: true, groups: false, functions: false },
    });
  });

  test("groups of streams with --ignore groups, in the kernel and beside it", async () => {
    const entries = [["1-0", "a", "b"]] as const;
    const withGroup = streamOf({ entries, groups: [{ name: "g", lastDeliveredId: "1-0" }] });
    for (const target of ["redis-7.2", "redis-8.8"]) {
      const a = fileOf([{ key: "s", value: withGroup }], { target });
      const b = fileOf([{ key: "s", value: streamOf({ entries }) }], { target });
      expect((await documentOf(a, b)).code).toBe(40);
      expect((await documentOf(a, b, ["--ignore", "groups"])).code).toBe(0);
    }
  });

  test("functions with --ignore functions, and several things at once", async () => {
    const a = fileOf([{ key: "x", value: { string: "1" }, expireAtMs }], { functions: functionsOfA });
    const b = fileOf([{ key: "x", value: { string: "1" } }], { functions: functionsOfB });
    expect((await documentOf(a, b, ["--ignore", "functions"])).document.changedCount).toBe(1);
    expect((await documentOf(a, b, ["--ignore", "functions", "--ignore", "ttl"])).code).toBe(0);
  });

  test("access times and frequencies always", async () => {
    const { code } = await runCommand([
      "diff",
      dump("redis-7.0-lru"),
      dump("redis-7.0-lfu"),
      "--type",
      "zset",
    ]);
    expect(code).toBe(0);
    const { stdout } = await runCommand(["diff", dump("redis-7.0-lru"), dump("redis-7.0-nochecksum")]);
    expect(stdout.toString()).not.toContain("changed");
  });

  test("keys that do not fit the filters, in both files", async () => {
    const [a, b] = bothFiles();
    const { document } = await documentOf(a, b, ["--key", "expiry:*", "--ignore", "functions"]);
    expect(document).toMatchObject({ changedCount: 2, onlyInACount: 0, equalCount: 0 });
    expect((await documentOf(a, b, ["--key", "same", "--ignore", "functions"])).code).toBe(0);
    const large = await documentOf(a, b, ["--min-elements", "4", "--ignore", "functions"]);
    expect(large.document.changed.map(({ key }: { key: string }) => key)).toEqual(["list", "set", "hash"]);
  });
});

/** A file with one value of a module that nobody knows: an id, a number, a text of so many bytes, the end. */
function moduleFile(number: number, text: Uint8Array): Buffer {
  const id = Buffer.alloc(9, 0x81);
  // Nine characters of six bits and a version.
  id.writeBigUInt64BE((0x0123456789abcn << 10n) | 3n, 1);
  const size = Buffer.from([0x40 | (text.length >> 8), text.length & 255]);
  const value = [Buffer.from([7, 1, 0x6d]), id, Buffer.from([2, number, 5]), size, text, Buffer.from([0])];
  return Buffer.concat([Buffer.from("REDIS0011"), ...value, Buffer.from([0xff]), Buffer.alloc(8)]);
}

describe("a value of a module", () => {
  test("is compared as it is stored, and where it begins to differ is said", async () => {
    const text = Buffer.alloc(9000, "module data ");
    const changed = Buffer.from(text);
    changed[7000] ^= 1;
    const { code, document } = await documentOf(moduleFile(1, text), moduleFile(1, changed));
    expect(code).toBe(40);
    const [{ a, value }] = document.changed;
    expect(a).toMatchObject({ type: "module", elements: null });
    expect(value.parts).toEqual([{ kind: "block", inA: 3, inB: 3, added: 0, removed: 0, changed: 1 }]);
    // Id, number, and the head of the string stand in front of the text.
    expect(value.firstDifference.at).toBe(7000 + 9 + 2 + 1 + 2);
    expect(
      (await documentOf(moduleFile(1, text), moduleFile(2, text))).document.changed[0].value.firstDifference
        .at,
    ).toBe(10);
    expect((await documentOf(moduleFile(1, text), moduleFile(1, text))).code).toBe(0);
  });

  test("that is a vector set is compared element by element, in any order", async () => {
    const paths = [dump("redis-8.0-vectors"), dump("redis-8.6-vectors")];
    expect((await runCommand(["diff", ...paths])).code).toBe(0);
    const bytes = readFileSync(dump("redis-8.0-vectors"));
    const changed = Buffer.from(bytes);
    // A byte of a vector behind the name of its element, and no checksum.
    changed[bytes.indexOf("element-12", bytes.indexOf("vectors:int8")) + 15] ^= 1;
    changed.fill(0, changed.length - 8);
    const { code, document } = await documentOf(bytes, changed);
    expect(code).toBe(40);
    expect(document.changed).toHaveLength(1);
    const [{ key, value }] = document.changed;
    expect(key).toBe("vectors:int8");
    expect(value.parts.at(-1)).toEqual({
      kind: "vector",
      inA: 30,
      inB: 30,
      added: 0,
      removed: 0,
      changed: 1,
    });
    expect(value.samples).toMatchObject([{ kind: "vector", change: "changed", name: "element-12" }]);
  });
});

describe("files that no server would load, or that are not there", () => {
  const broken = listFixtures("rdb/broken", ".hex");
  test(`of ${broken.length} broken files none is equal to itself unless every byte was understood`, async () => {
    const answers = new Map<number, number>();
    for (const { name, path } of broken) {
      const bytes = readHexFixture(path);
      const { code, stdout } = await diff(bytes, bytes, ["--color", "never"]);
      const checked = await runCommand(["digest", writeBoth(bytes, bytes).paths[0]]);
      answers.set(code, (answers.get(code) ?? 0) + 1);
      if (code === 0) expect([0, 12], name).toContain(checked.code);
      else if (stdout !== "")
        expect({ name, code, stdout }).toMatchObject({
          code: 10,
          stdout: expect.stringContaining("more than once in A"),
        });
      else expect(code, name).toBe(checked.code);
    }
    expect([...answers.keys()].sort((one, other) => one - other)).toEqual([0, 10, 11, 12, 13]);
  });

  test.each(["a", "b"])("a damaged %s ends it with the code of the damage and no verdict", async (side) => {
    const whole = readFileSync(dump("redis-7.0-types"));
    const cut = whole.subarray(0, 5000);
    const [a, b] = side === "a" ? [cut, whole] : [whole, cut];
    const { code, stdout, stderr } = await diff(a, b);
    expect({ code, stdout }).toEqual({ code: 11, stdout: "" });
    expect(stderr).toContain(`${side}.rdb is damaged`);
    expect(stderr).toContain("no comparison was made");
  });

  test("a wrong checksum is no equality", async () => {
    const bytes = readFileSync(dump("redis-7.0-types"));
    const wrong = Buffer.from(bytes);
    wrong[wrong.length - 1] ^= 1;
    expect(await diff(bytes, wrong)).toMatchObject({ code: 13, stdout: "" });
  });

  test("a key that stands twice is named with its places", async () => {
    const twice = fileOf([
      { key: "x", value: { string: "1" } },
      { key: "y", value: { string: "1" } },
      { key: "x", value: { string: "2" } },
    ]);
    const once = fileOf([
      { key: "x", value: { string: "1" } },
      { key: "y", value: { string: "1" } },
    ]);
    const { code, stdout } = await diff(twice, once, ["--color", "never"]);
    expect(code).toBe(10);
    expect(stdout).toMatch(
      /more than once in A: 1 key, which no server loads\n( +x in db 0 +at offset .*\n){2}/,
    );
    const { document } = await documentOf(once, twice);
    expect(document).toMatchObject({ isEqual: false, twiceInBCount: 1, twiceInACount: 0 });
    expect(document.twiceInB).toHaveLength(2);
    expect((await documentOf(twice, twice)).code).toBe(10);
  });

  test("a stream cannot be compared, and it says what to do", async () => {
    const { code, stderr } = await runCommand(["diff", "-", dump("redis-7.0-types")], {
      stdin: readFileSync(dump("redis-7.0-types")),
    });
    expect(code).toBe(2);
    expect(stderr).toContain("save the stream to a file first");
  });

  test.each([
    [["--ignore", "everything"], "Allowed choices are ttl, groups, functions"],
    [["--memory", "little"], "--memory wants a size of at least 64KiB"],
    [["--memory", "4k"], "--memory wants a size of at least 64KiB"],
    [["--max-keys", "few"], "--max-keys wants a whole number"],
    [["--max-parts", "-1"], "--max-parts wants a whole number"],
  ])("%j says what is allowed", async (args, message) => {
    const { code, stderr } = await runCommand([
      "diff",
      dump("redis-7.0-types"),
      dump("redis-7.0-types"),
      ...args,
    ]);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });

  test("a missing file, and a signal", async () => {
    expect((await runCommand(["diff", dump("redis-7.0-types"), join(folder, "no.rdb")])).code).toBe(23);
    const controller = new AbortController();
    controller.abort(new Interrupted("SIGINT"));
    const args = ["diff", dump("redis-7.0-types"), dump("redis-7.0-types")];
    expect((await runCommand(args, { signal: controller.signal })).code).toBe(130);
  });

  test("a log behind a snapshot is told of, and not compared", async () => {
    const snapshot = readFileSync(dump("redis-7.0-dbs"));
    const withLog = Buffer.concat([snapshot, Buffer.from("*1\r\n$4\r\nPING\r\n")]);
    const { code, stderr } = await diff(snapshot, withLog);
    expect(code).toBe(0);
    expect(stderr).toContain("b.rdb: 14 bytes lie behind the end");
  });
});

describe("files inside containers", () => {
  test("are compared as what is in them, to the last part", async () => {
    const [a, b] = bothFiles();
    const plain = await documentOf(a, b);
    const packed = await documentOf(gzipSync(a), gzipSync(b));
    expect(packed.code).toBe(40);
    const { a: _a, b: _b, ...differences } = packed.document;
    expect(plain.document).toMatchObject(differences);
  });
});

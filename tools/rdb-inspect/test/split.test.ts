/** One file in several: every key in exactly one of them, and all of them or none. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { slotOfKey } from "@holdfast/bytes";
import { collectEntries, decodeRdbBytes } from "@holdfast/rdb";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { dump, runCommand } from "./run-command.ts";

let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "holdfast-"));
});

afterEach(() => rmSync(folder, { recursive: true }));

const split = (input: string, ...args: readonly string[]) =>
  runCommand(["split", input, "-o", folder, ...args], { columns: 80 });

/** `db key` of every key, in file order. */
function keysIn(path: string): string[] {
  const entries = collectEntries(decodeRdbBytes(readFileSync(path)), { limitBytes: 1 << 28 });
  return [...entries].map(({ db, key }) => `${db} ${Buffer.from(key).toString("latin1")}`);
}

/** Empty strings under these names, one character a byte. */
function fileOfKeys(keys: readonly string[]): Buffer {
  const records = keys.map((key) => `\0${String.fromCharCode(key.length)}${key}\0`).join("");
  return Buffer.concat([Buffer.from(`REDIS0009${records}\xff`, "latin1"), Buffer.alloc(8)]);
}

const parts = () => readdirSync(folder).map((name) => [name, keysIn(join(folder, name))] as const);

function expectAllOnce(input: string): void {
  expect(
    parts()
      .flatMap(([, keys]) => keys)
      .sort(),
  ).toEqual(keysIn(input).sort());
}

describe("a file that is split", () => {
  test("by shards has the keys of each range of slots", async () => {
    expect((await split(dump("redis-7.0-types"), "--shards", "3")).code).toBe(0);
    expectAllOnce(dump("redis-7.0-types"));
    const names = parts().map(([name]) => name);
    expect(names).toEqual(["slots-0-5460.rdb", "slots-10923-16383.rdb", "slots-5461-10922.rdb"]);
    for (const [name, keys] of parts()) {
      const [from, to] = name.match(/\d+/g)!.map(Number);
      for (const key of keys) {
        const slot = slotOfKey(Buffer.from(key.slice(key.indexOf(" ") + 1), "latin1"));
        expect(slot >= from && slot <= to).toBe(true);
      }
    }
  });

  test("by ranges of slots, for another server", async () => {
    const args = ["--slots", "0-99", "--slots", "100-16383", "--target", "redis-6.0", "--allow-loss"];
    expect((await split(dump("valkey-9.1-cluster"), ...args)).code).toBe(0);
    expectAllOnce(dump("valkey-9.1-cluster"));
    for (const name of readdirSync(folder))
      expect(readFileSync(join(folder, name)).subarray(0, 9).toString()).toBe("REDIS0009");
  });

  test("by db has a file for each, and says how many keys it got", async () => {
    const { code, stdout } = await split(dump("redis-7.0-dbs"), "--by", "db", "--color", "never");
    expect(code).toBe(0);
    expectAllOnce(dump("redis-7.0-dbs"));
    for (const [name, keys] of parts()) {
      expect(keys.every((key) => key.startsWith(`${name.match(/\d+/)} `))).toBe(true);
      expect(stdout.toString()).toMatch(new RegExp(`${name} +${keys.length} keys?,`));
    }
  });

  test("by prefix has a file for each, also for names that no file can have", async () => {
    const names = ["user:1", "user:2", "USER:3", "../up:4", "\xff\x00:5", "plain", ":6"];
    const input = join(folder, "in.rdb");
    writeFileSync(input, fileOfKeys(names));
    expect((await split(input, "--by", "prefix")).code).toBe(0);
    rmSync(input);
    expect(Object.fromEntries(parts())).toEqual({
      "prefix-user.rdb": ["0 user:1", "0 user:2"],
      "prefix-%55%53%45%52.rdb": ["0 USER:3"],
      "prefix-%2E.%2Fup.rdb": ["0 ../up:4"],
      "prefix-%FF%00.rdb": ["0 \xff\x00:5"],
      "prefix-.rdb": ["0 :6"],
      "without-prefix.rdb": ["0 plain"],
    });
  });

  test("takes only the keys that fit the filters", async () => {
    expect((await split(dump("redis-7.0-types"), "--by", "db", "--min-elements", "100")).code).toBe(0);
    const all = [
      ...collectEntries(decodeRdbBytes(readFileSync(dump("redis-7.0-types"))), { limitBytes: 1 << 28 }),
    ];
    const wanted = all.filter(({ itemCount }) => (itemCount ?? 1) >= 100);
    expect(parts().flatMap(([, keys]) => keys).length).toBe(wanted.length);
  });
});

describe("a split that cannot be whole", () => {
  test("for a loss writes no part, and names every key", async () => {
    const { code, stderr } = await split(dump("redis-8.0-expiry"), "--shards", "4", "--target", "redis-7.0");
    expect(code).toBe(12);
    expect(readdirSync(folder)).toEqual([]);
    const named = new Set([...stderr.matchAll(/key (\S+) in db 0: expiries/g)].map(([, name]) => name));
    expect(named.size).toBe(6);
  });

  test("for damage writes no part", async () => {
    const damaged = readFileSync(dump("redis-7.0-types"));
    damaged[damaged.length - 1] ^= 1;
    const input = join(folder, "in.rdb");
    writeFileSync(input, damaged);
    for (const how of [
      ["--shards", "2"],
      ["--by", "db"],
    ]) {
      expect((await split(input, ...how)).code).toBe(13);
      expect(readdirSync(folder)).toEqual(["in.rdb"]);
    }
  });

  test("for a part that exists replaces nothing", async () => {
    writeFileSync(join(folder, "db-9.rdb"), "the old file");
    expect((await split(dump("redis-7.0-dbs"), "--by", "db")).code).toBe(30);
    expect(readdirSync(folder)).toEqual(["db-9.rdb"]);
    expect(readFileSync(join(folder, "db-9.rdb"), "utf8")).toBe("the old file");
  });

  test.each([
    [[], "split wants one of"],
    [["--shards", "2", "--by", "db"], "split wants one of"],
    [["--shards", "0"], "--shards wants a number"],
    [["--slots", "0-5"], "slots 6-16383 are in none"],
    [["--slots", "0-5", "--slots", "5-16383"], "slot 5 is in two"],
    [["--slots", "0-5", "--slots", "7-16383"], "slots 6-6 are in none"],
    [["--slots", "x"], "--slots wants a slot or a range"],
    [["--by", "prefix", "--separator", ""], "--separator wants"],
  ])("of %j says what is wrong", async (args, message) => {
    const { code, stderr } = await split(dump("redis-7.0-types"), ...args);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
    expect(readdirSync(folder)).toEqual([]);
  });

  test("because it is a stream says what to do", async () => {
    const { code, stderr } = await runCommand(["split", "-", "-o", folder, "--shards", "2"], {
      stdin: readFileSync(dump("redis-7.0-types")),
    });
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining("save the stream") });
  });

  test("because there would be too many parts names the limit", async () => {
    const keys = Array.from({ length: 257 }, (_, index) => `${index}:`);
    const input = join(folder, "in.rdb");
    writeFileSync(input, fileOfKeys(keys));
    const { code, stderr } = await split(input, "--by", "prefix");
    expect(code).toBe(2);
    expect(stderr).toContain("more than 256 files");
    expect((await split(input, "--by", "prefix", "--not-key", "0:")).code).toBe(0);
    expect(readdirSync(folder).length).toBe(257);
  });
});

import { readFileSync } from "node:fs";
import { fixturePath, type SeededRandom, seededRandom, testSeed } from "@holdfast/testkit";
import { describe, expect, test } from "vitest";
import { AofFormatError, type AofReadMode, checkAof } from "../src/index.ts";
import { damagedFiles, START } from "./damaged-files.ts";
import { INCR, latin1, log, MANIFEST, memoryDisk, oneIncrement, readPath } from "./memory-disk.ts";
import { readEvents } from "./read-events.ts";

const started = ["SELECT 0", "SET k1 v1", "SET k2 v2"];
const BASE = "data/appendonlydir/b.rdb";
const rdb = readFileSync(fixturePath("rdb", "valkey-9.1-dbs.rdb"));

async function read(bytes: string | Uint8Array, mode: AofReadMode, options: object = {}): Promise<string[]> {
  const disk = await memoryDisk(oneIncrement(bytes));
  const lines = await readEvents(disk, "data/appendonlydir", { mode, ...options });
  return lines.slice(1);
}

describe("a reader", () => {
  test("gives the keys of the base, then commands, file by file, of either dialect", async () => {
    const manifest =
      "file b.rdb seq 1 type b\nfile i1 seq 1 type i\nfile old seq 1 type h\nfile i2 seq 2 type i\n";
    const disk = await memoryDisk({
      [BASE]: Buffer.concat([rdb, latin1(log("SET behind rdb"))]),
      "data/appendonlydir/i1": latin1(`#TS:10\r\n${log("SELECT 0", "SET a 1")}#other\n`),
      "data/appendonlydir/i2": latin1(log("MULTI", "SET b 2", "EXEC")),
      [MANIFEST]: latin1(manifest),
    });
    for (const mode of ["strict", "like-redis", "salvage"] as const) {
      const lines = await readEvents(disk, "data/appendonlydir", { mode });
      expect(lines.filter((line) => line.startsWith("key "))).toHaveLength(keysIn("valkey-9.1-dbs"));
      expect(lines.filter((line) => !line.startsWith("key "))).toEqual([
        "file b.rdb",
        "SET behind rdb",
        "end b.rdb",
        "file i1",
        "# #TS:10",
        "SELECT 0",
        "SET a 1",
        "problem AOF_UNKNOWN_ANNOTATION@58",
        "# #other",
        "end i1",
        "file i2",
        "MULTI",
        "SET b 2",
        "EXEC",
        "end i2",
      ]);
    }
  });

  test("names a listed file that is not there, and reads the others only when it is to save what it can", async () => {
    const disk = await memoryDisk({
      "data/appendonlydir/i2": latin1(START),
      [MANIFEST]: latin1("file i1 seq 1 type i\nfile i2 seq 2 type i\n"),
    });
    const salvaged = await readEvents(disk, "data/appendonlydir", { mode: "salvage" });
    expect(salvaged[0]).toMatch(/^problem AOF_MISSING_FILE/);
    expect(salvaged.slice(1)).toEqual(["file i2", ...started, "end i2"]);
    for (const mode of ["strict", "like-redis"] as const)
      await expect(readEvents(disk, "data/appendonlydir", { mode })).rejects.toThrow(
        expect.objectContaining({ code: "AOF_FILE_MISSING" }),
      );
  });

  test("reads one old file, with an RDB in front or without", async () => {
    const disk = await memoryDisk({
      "data/appendonly.aof": Buffer.concat([rdb, latin1(log("SET a 1"))]),
      "data/plain.aof": latin1(START),
    });
    const lines = await readEvents(disk, "data", { mode: "strict" });
    expect(lines.slice(-2)).toEqual(["SET a 1", "end appendonly.aof"]);
    const plain = await readEvents(disk, "data/plain.aof", { mode: "strict" });
    expect(plain).toEqual(["file plain.aof", ...started, "end plain.aof"]);
  });

  test("stops in front of a later time", async () => {
    const bytes = `#TS:10\r\n${START}#TS:20\r\n${log("SET a 1")}`;
    const lines = await read(bytes, "strict", { untilSec: 19 });
    expect(lines).toEqual(["# #TS:10", ...started, `stopped ${8 + START.length} at 20`]);
    expect(await read(bytes, "strict", { untilSec: 20 })).toContain("SET a 1");
  });

  test("hands over a command of any size in pieces", async () => {
    const value = "v".repeat(5000);
    const lines = await read(log(`SET k ${value}`, "SET a 1"), "strict", { wholeBytesMax: 1000 });
    expect(lines).toEqual([`SET k ${value}`, "SET a 1", "end appendonly.aof.1.incr.aof"]);
  });

  test("in strict mode throws at everything that a check calls an error", async () => {
    for (const { name, bytes } of damagedFiles) {
      const disk = await memoryDisk(oneIncrement(START + bytes));
      const report = await checkAof(disk, "data/appendonlydir");
      const hasError = report.problems.some(({ severity }) => severity === "error");
      const reading = readEvents(disk, "data/appendonlydir", { mode: "strict" });
      if (hasError)
        await expect({ name, reading: await failureOf(reading) }).toMatchObject({ reading: { path: INCR } });
      else await expect(reading, name).resolves.toBeDefined();
    }
  });

  test("like redis throws where servers refuse or crash, and reads what they read", async () => {
    for (const { name, bytes, redis, keys = [] } of damagedFiles) {
      const reading = read(START + bytes, "like-redis");
      if (redis === "refuses" || redis === "crashes") {
        expect({ name, failure: await failureOf(reading) }).toMatchObject({ failure: { path: INCR } });
        continue;
      }
      const lines = await reading;
      for (const key of keys) expect(lines, name).toContain(`SET ${key.replace("=", " ")}`);
      expect(
        lines.some((line) => line.startsWith("gap")),
        name,
      ).toBe(redis === "cuts" || name.endsWith("without its end"));
    }
  });

  test("in salvage mode never throws, and steps over what cannot be read", async () => {
    for (const { bytes } of damagedFiles) await read(START + bytes, "salvage");
    const torn = `${START}${log("MULTI", "SET a 1")}${"\0".repeat(100)}${log("SET b 2", "EXEC", "SET c 3")}`;
    const unitAt = START.length;
    const gapAt = START.length + log("MULTI", "SET a 1").length;
    expect(await read(torn, "salvage")).toEqual([
      ...started,
      "MULTI",
      "SET a 1",
      `gap AOF_CORRUPT ${gapAt}-${gapAt + 100} unit ${unitAt}+2`,
      // In front of the batch that it is in.
      `problem AOF_STRAY_EXEC@${gapAt + 100 + log("SET b 2").length}`,
      "SET b 2",
      "EXEC",
      "SET c 3",
      "end appendonly.aof.1.incr.aof",
    ]);
  });

  test("in salvage mode finds records directly behind garbage, however that ends", async () => {
    const behind = log("SET b 2", "SET c 3");
    for (const garbage of ["garbage", "*", "**3", "\0\0", "$1\r", "*9999999\r\n$1x"]) {
      const lines = await read(START + garbage + behind, "salvage");
      expect(lines.slice(started.length), garbage).toEqual([
        expect.stringMatching(new RegExp(`^gap AOF_\\w+ ${START.length}-${START.length + garbage.length} `)),
        "SET b 2",
        "SET c 3",
        "end appendonly.aof.1.incr.aof",
      ]);
    }
  });

  test("does not cut a file before the last one, not even like redis", async () => {
    const disk = await memoryDisk({
      "data/appendonlydir/i1": latin1(START.slice(0, -1)),
      "data/appendonlydir/i2": latin1(START),
      [MANIFEST]: latin1("file i1 seq 1 type i\nfile i2 seq 2 type i\n"),
    });
    const reading = readEvents(disk, "data/appendonlydir", { mode: "like-redis" });
    expect(await failureOf(reading)).toMatchObject({ code: "AOF_TRUNCATED", offset: START.length - 1 });
    const salvaged = await readEvents(disk, "data/appendonlydir", { mode: "salvage" });
    const last = START.length - log("SET k2 v2").length;
    expect(salvaged).toContain(`gap AOF_TRUNCATED ${last}-${START.length - 1} unit ${last}+0`);
  });
});

const small = `#TS:10\r\n${START}${log("MULTI", "SET a 1", "RPUSH l x y", "EXEC")}#TS:11\r\n${log("DEL k1")}`;

describe("a file of many chunks", () => {
  // Below and above what is gathered in front of a chunk, a chunk, and what is handed over whole.
  const sizes = [1, 900, 40_000, 250_000, 270_000, 600_000, 1_040_000, 1_050_000, 2_500_000];

  function manyCommands(random: SeededRandom): string[] {
    const commands: string[] = [];
    for (let left = 24_000_000; left > 0; ) {
      const size = random.pick(sizes);
      const letter = String.fromCharCode(97 + random.below(26));
      commands.push(`SET k${commands.length} ${letter.repeat(size)}`);
      left -= size;
    }
    return commands;
  }

  function expectSame(lines: readonly string[], expected: readonly string[]): void {
    expect(lines.findIndex((line, index) => line !== expected[index])).toBe(-1);
    expect(lines.length).toBe(expected.length);
  }

  test.each(["strict", "salvage"] as const)(
    "is read byte for byte in mode %s, however records lie across them",
    async (mode) => {
      const commands = manyCommands(seededRandom(testSeed()));
      const lines = await read(log(...commands), mode);
      expectSame(lines.slice(0, -1), commands);
    },
  );

  test("is read on behind damage, from its base on", async () => {
    const commands = manyCommands(seededRandom(testSeed()));
    const half = commands.length >> 1;
    const [before, behind] = [commands.slice(0, half), commands.slice(half)];
    const bytes = Buffer.concat([
      rdb,
      latin1(log(...before)),
      Buffer.from("x".repeat(3_000_000)),
      latin1(log(...behind)),
    ]);
    const lines = await read(bytes, "salvage");
    expect(lines.filter((line) => line.startsWith("gap")).length).toBe(1);
    expectSame(
      lines.filter((line) => line.startsWith("SET")),
      commands,
    );
  });
});

describe("damage anywhere in a small file", () => {
  test("is an error or a problem with its place in every mode, for every byte flipped in every way that matters", async () => {
    const whole = await read(small, "strict");
    for (let at = 0; at < small.length; at++) {
      for (const flip of [0x01, 0x20, 0x80, small.charCodeAt(at)]) {
        const bytes = Uint8Array.from(latin1(small));
        bytes[at] ^= flip;
        const lines: string[] = [];
        const failure = await failureOf(readInto(bytes, "strict", lines));
        if (failure !== undefined) expect(failure.offset).toBeLessThanOrEqual(small.length);
        // What no rule of the format can see is a changed byte of an argument, or a name in the other case: one line differs.
        else expect(differences(lines, whole), `byte ${at} ^ ${flip}`).toBe(1);
        await expect(read(bytes, "salvage")).resolves.toBeDefined();
        const disk = await memoryDisk(oneIncrement(bytes));
        const report = await checkAof(disk, "data/appendonlydir");
        expect(report.verdict === "sound", `byte ${at} ^ ${flip}`).toBe(failure === undefined);
        expect(report.files[0].soundBytes).toBeLessThanOrEqual(bytes.length);
      }
    }
  });

  test("by a cut is truncated, and what is before the unit is sound", async () => {
    const borders = [0, 8, ...offsetsBehind(log("SELECT 0"), log("SET k1 v1"), log("SET k2 v2"))];
    const unit = log("MULTI", "SET a 1", "RPUSH l x y", "EXEC").length;
    borders.push(borders.at(-1)! + unit, borders.at(-1)! + unit + 8, small.length);
    for (let size = 0; size <= small.length; size++) {
      const disk = await memoryDisk(oneIncrement(small.slice(0, size)));
      const report = await checkAof(disk, "data/appendonlydir");
      const border = Math.max(...borders.filter((candidate) => candidate <= size));
      expect({ size, soundBytes: report.files[0].soundBytes }).toEqual({ size, soundBytes: border });
      expect(report.files[0].damage?.class).toBe(border === size ? undefined : "truncated");
      expect(report.verdict).toBe(border === size ? "sound" : "repairable");
      const like = await read(await readPath(disk, INCR), "like-redis");
      expect(like.some((line) => line.startsWith("gap"))).toBe(border !== size);
    }
  });
});

function offsetsBehind(...records: readonly string[]): number[] {
  let offset = 8;
  return records.map((record) => (offset += record.length));
}

function differences(lines: readonly string[], whole: readonly string[]): number {
  const data = lines.filter((line) => !line.startsWith("problem "));
  return Math.abs(data.length - whole.length) + whole.filter((line, index) => line !== data[index]).length;
}

async function readInto(bytes: Uint8Array, mode: AofReadMode, lines: string[]): Promise<void> {
  for (const line of await read(bytes, mode)) lines.push(line);
}

async function failureOf(reading: Promise<unknown>): Promise<AofFormatError | undefined> {
  try {
    await reading;
    return undefined;
  } catch (error) {
    if (!(error instanceof AofFormatError)) throw error;
    return error;
  }
}

function keysIn(fixture: string): number {
  return JSON.parse(readFileSync(fixturePath("rdb", `${fixture}.json`), "utf8")).keys.length;
}

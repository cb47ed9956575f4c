/**
 * Damage at every byte of what stands around commands: an RDB in front of them, and the manifest. (Of the commands themselves, reader.test.ts.) Each is an
 * error with its place or a finding of the check, or what is read is what was read before; nothing else comes out of it.
 */
import { readFileSync } from "node:fs";
import { crc64 } from "@holdfast/bytes";
import { FileError } from "@holdfast/platform";
import { fixturePath } from "@holdfast/testkit";
import { describe, expect, test } from "vitest";
import { AofError, AofFormatError, type AofReadMode, checkAof } from "../src/index.ts";
import { type DiskContent, INCR, latin1, log, MANIFEST, memoryDisk } from "./memory-disk.ts";
import { readEvents } from "./read-events.ts";

const OLD_FILE = "data/appendonly.aof";
const BASE = "data/appendonlydir/appendonly.aof.1.base.rdb";
const SECOND = INCR.replace(".1.", ".2.");
const MODES = ["strict", "like-redis", "salvage"] as const;
const rdb = smallRdb();
const commands = log("SELECT 0", "SET a 1");

/** What a server wrote with nothing in it, and two keys; small, because it is read once for every byte. */
function smallRdb(): Buffer {
  const empty = readFileSync(fixturePath("rdb", "redis-7.0-empty.rdb"));
  const keys = latin1("\xfe\0\xfb\x02\0" + "\0\x02k1\x02v1" + "\0\x02k2\xc0\x07" + "\xff");
  const content = Buffer.concat([empty.subarray(0, -9), keys]);
  const checksum = Buffer.alloc(8);
  checksum.writeBigUInt64LE(crc64(content));
  return Buffer.concat([content, checksum]);
}

/** What is read, or the error with a code that says why not; any other error ends the test. */
async function outcome(
  content: DiskContent,
  path: string,
  mode: AofReadMode,
): Promise<{ lines: readonly string[]; code: string | undefined }> {
  const lines: string[] = [];
  try {
    await readEvents(await memoryDisk(content), path, { mode }, lines);
    return { lines, code: undefined };
  } catch (error) {
    // FileError: a name that nothing has.
    if (error instanceof AofFormatError || error instanceof AofError || error instanceof FileError)
      return { lines, code: error.code };
    throw error;
  }
}

const isData = (line: string) => !/^(problem|gap|end) /.test(line);

describe("an RDB in front of commands", () => {
  const whole = Buffer.concat([rdb, latin1(commands)]);

  test("with any byte flipped is refused, and the check says where", async () => {
    for (let at = 0; at < rdb.length; at++) {
      for (const flip of [0x01, 0x80]) {
        const content = { [OLD_FILE]: Buffer.from(whole) };
        content[OLD_FILE][at] ^= flip;
        const label = `byte ${at} ^ ${flip}`;
        const report = await checkAof(await memoryDisk(content), OLD_FILE);
        expect(report.verdict, label).not.toBe("sound");
        expect(
          report.problems.some(({ severity }) => severity === "error"),
          label,
        ).toBe(true);
        for (const mode of flip === 0x01 ? MODES : (["strict"] as const)) {
          const { lines, code } = await outcome(content, OLD_FILE, mode);
          const isSaid = code !== undefined || lines.some((line) => /^(problem|gap) /.test(line));
          expect(isSaid, `${label}, ${mode}`).toBe(true);
        }
      }
    }
  });

  test("that ends anywhere is refused, and no repair would cut it", async () => {
    const all = await outcome({ [OLD_FILE]: whole }, OLD_FILE, "strict");
    for (let size = 1; size < rdb.length; size++) {
      const content = { [OLD_FILE]: whole.subarray(0, size) };
      const report = await checkAof(await memoryDisk(content), OLD_FILE);
      expect(["corrupt", "needs-decision", "repairable"], `cut at ${size}`).toContain(report.verdict);
      // The first five bytes of an RDB are no command either: such a file has no RDB to be kept.
      if (size > 5) expect(report.verdict, `cut at ${size}`).toBe("corrupt");
      const { lines, code } = await outcome(content, OLD_FILE, "strict");
      expect(code, `cut at ${size}`).toBeDefined();
      const read = lines.filter(isData);
      expect(read).toEqual(all.lines.filter(isData).slice(0, read.length));
    }
  });
});

describe("a manifest", () => {
  const text =
    "file appendonly.aof.1.base.rdb seq 1 type b\n" +
    "file appendonly.aof.1.incr.aof seq 1 type i\nfile appendonly.aof.2.incr.aof seq 2 type i\n";
  const files: DiskContent = {
    [BASE]: rdb,
    [INCR]: latin1(commands),
    [SECOND]: latin1(log("SELECT 1", "SET b 2")),
  };
  const directory = (manifest: string): DiskContent => ({ ...files, [MANIFEST]: latin1(manifest) });

  /** Everything that these bytes may mean: what they meant before, an error, or, to the check, files that are there and not listed. */
  async function expectNothingSilent(manifest: string, label: string): Promise<void> {
    const before = await outcome(directory(text), "data/appendonlydir", "strict");
    for (const mode of MODES) {
      const { lines, code } = await outcome(directory(manifest), "data/appendonlydir", mode);
      if (code !== undefined || lines.join("\n") === before.lines.join("\n")) continue;
      const report = await checkAof(await memoryDisk(directory(manifest)), "data/appendonlydir");
      const codes = report.problems.map((problem) => problem.code);
      expect(codes, `${label}, ${mode}: read ${lines.filter(isData).length} lines`).not.toEqual([]);
    }
  }

  test("with any byte flipped is refused, means the same, or leaves files that the check names", async () => {
    for (let at = 0; at < text.length; at++) {
      for (const flip of [0x01, 0x20, 0x80]) {
        const bytes = Buffer.from(text);
        bytes[at] ^= flip;
        await expectNothingSilent(bytes.toString("latin1"), `byte ${at} ^ ${flip}`);
      }
    }
  });

  test("that ends anywhere is refused, or leaves files that the check names", async () => {
    for (let size = 0; size < text.length; size++) {
      await expectNothingSilent(text.slice(0, size), `cut at ${size}`);
    }
  });
});

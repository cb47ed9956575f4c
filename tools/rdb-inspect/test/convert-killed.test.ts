/** A conversion that is killed, or whose disk is full: a real process, and what then stands on a real disk. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { seededRandom, testSeed } from "@holdfast/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const program = fileURLToPath(new URL("../bin/rdb-inspect.js", import.meta.url));
const seed = testSeed();
const killsOfEach = 6;
const keyCount = 64;
const valueBytes = 384 << 10;
const oldContent = "what was there before";

let folder = "";
let source = "";
let output = "";
let whole: Buffer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "holdfast-"));
  source = join(folder, "source.rdb");
  output = join(folder, "out.rdb");
  whole = largeDump();
  await writeFile(source, whole);
});

afterAll(() => rm(folder, { recursive: true }));

/** Some 24 MB that do not compress, so that a copy has the size of the source however it is made. Without a checksum. */
function largeDump(): Buffer {
  const random = seededRandom(seed);
  const words = Uint32Array.from({ length: valueBytes / 4 }, () => random.below(2 ** 32));
  const lengthOfValue = Buffer.alloc(5, 0x80);
  lengthOfValue.writeUInt32BE(valueBytes, 1);
  const records = Array.from({ length: keyCount }, (_, index) => [
    Buffer.from(`\x00\x07key:${String(index).padStart(3, "0")}`, "latin1"),
    lengthOfValue,
    Buffer.from(words.buffer),
  ]);
  const end = Buffer.from([0xff, 0, 0, 0, 0, 0, 0, 0, 0]);
  return Buffer.concat([Buffer.from("REDIS0010\xfe\x00", "latin1"), ...records.flat(), end]);
}

function start(...args: readonly string[]): ChildProcess {
  const argv = [program, "convert", source, "-o", output, "--force", "--checksum", "off", ...args];
  return spawn(process.execPath, argv, { stdio: "ignore" });
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

/** The largest of the temporary files; 0 while there is none. */
async function writtenBytes(known: ReadonlySet<string>): Promise<number> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".tmp") && !known.has(name));
  const sizes = await Promise.all(
    names.map(async (name) => (await stat(join(folder, name)).catch(() => undefined))?.size ?? 0),
  );
  return Math.max(0, ...sizes);
}

describe.each([[[]], [["--repack"]]] as const)("a conversion %s that is killed", (args) => {
  test("leaves the old file, or has the whole new one in its place, and nothing else under a name", async () => {
    const random = seededRandom(seed);
    let killedInside = 0;
    for (let kill = 0; kill < killsOfEach; kill++) {
      await writeFile(output, oldContent);
      const known = new Set(await readdir(folder));
      // The last one is killed when all is written: while it is synced, or named.
      const killAtBytes = kill === killsOfEach - 1 ? whole.length : random.below(whole.length);
      const child = start(...args);
      while (!hasEnded(child) && (await writtenBytes(known)) < killAtBytes) await delay(1);
      child.kill("SIGKILL");
      if (!hasEnded(child)) await once(child, "exit");
      const found = await readFile(output);
      const isOld =
        found.toString("latin1", 0, oldContent.length) === oldContent && found.length === oldContent.length;
      expect(isOld || found.equals(whole), `seed ${seed}, kill ${kill}`).toBe(true);
      if (isOld) killedInside += 1;
      const names = await readdir(folder);
      expect(names.filter((name) => !/^\.out\.rdb\.\d+\.tmp$/.test(name))).toEqual(["out.rdb", "source.rdb"]);
    }
    expect(killedInside).toBeGreaterThan(0);
    const child = start(...args);
    await once(child, "exit");
    expect(child.exitCode, "leftovers disturb the next run").toBe(0);
    expect((await readFile(output)).equals(whole)).toBe(true);
  });
});

// The limit on the size of a file is what a full disk is to a process without a disk of its own: write(2) stops short, and fails.
test.skipIf(process.platform === "win32")(
  "a conversion that runs out of room leaves the old file and no temporary one",
  async () => {
    await writeFile(output, oldContent);
    const before = await readdir(folder);
    const blocks = 8_000;
    const argv = [process.execPath, program, "convert", source, "-o", output, "--force"];
    const child = spawn("sh", ["-c", `ulimit -f ${blocks}; exec "$@"`, "sh", ...argv], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    const [code] = (await once(child, "close")) as [number | null];
    expect({ code, stderr }).toEqual({ code: 23, stderr: expect.stringContaining("EFBIG") });
    expect(await readFile(output, "utf8")).toBe(oldContent);
    expect(await readdir(folder)).toEqual(before);
  },
);

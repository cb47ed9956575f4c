/** A crash at any call of a repair loses no byte, and the repair can be run again. */
import { exploreCrashes, type FileSystem, StrictMemoryFiles } from "@holdfast/platform";
import { describe, expect, test } from "vitest";
import { checkAof, parseManifest, planRepair, planTruncateAtTime, repairAof } from "../src/index.ts";
import { START } from "./damaged-files.ts";
import { type DiskContent, INCR, latin1, log, MANIFEST, readPath, writeDisk } from "./memory-disk.ts";

const SECOND = INCR.replace(".1.", ".2.");
const seeds = [1, 2, 3, 4];

interface Scenario {
  readonly content: DiskContent;
  readonly repair: (files: FileSystem) => Promise<void>;
  /** What is left of the first incr, and which incrs are listed. */
  readonly keptBytes: number;
  readonly listed: readonly string[];
}

const first = START + log("SET lost 1").slice(0, -4);
const second = log("SELECT 0", "SET behind 1");
const manifest = (extra: string) =>
  latin1(
    `file appendonly.aof.1.incr.aof seq 1 type i${extra}\nfile appendonly.aof.2.incr.aof seq 2 type i\n`,
  );

const timedFirst = `${START}#TS:20\r\n${log("SET a 1")}`;
const timedSecond = `#TS:30\r\n${second}`;

const scenarios: Record<string, Scenario> = {
  "a repair that drops a later file": {
    content: { [INCR]: latin1(first), [SECOND]: latin1(second), [MANIFEST]: manifest("") },
    repair: async (files) => {
      const report = await checkAof(files, "data/appendonlydir");
      await repairAof(files, planRepair(report, { behindDamage: "drop" }));
    },
    keptBytes: START.length,
    listed: ["appendonly.aof.1.incr.aof"],
  },
  "a repair that cuts the last file": {
    content: {
      [INCR]: latin1(first),
      [MANIFEST]: latin1("file appendonly.aof.1.incr.aof seq 1 type i startoffset 7 endoffset 99\n"),
    },
    repair: async (files) => {
      const report = await checkAof(files, "data/appendonlydir");
      await repairAof(files, planRepair(report, { behindDamage: "refuse" }));
    },
    keptBytes: START.length,
    listed: ["appendonly.aof.1.incr.aof"],
  },
  "going back to a time": {
    content: { [INCR]: latin1(timedFirst), [SECOND]: latin1(timedSecond), [MANIFEST]: manifest("") },
    repair: async (files) => {
      const report = await checkAof(files, "data/appendonlydir", { untilSec: 15 });
      // After a crash the times may be gone already, and zeros stand where they were.
      if (report.verdict !== "sound") await repairAof(files, planRepair(report, { behindDamage: "drop" }));
      else if (report.files.some(({ firstLater }) => firstLater !== undefined))
        await repairAof(files, planTruncateAtTime(report));
    },
    keptBytes: START.length,
    listed: ["appendonly.aof.1.incr.aof"],
  },
};

describe.each(Object.entries(scenarios))("%s", (_name, { content, repair, keptBytes, listed }) => {
  test("can crash at any call", async () => {
    const { calls, disks } = await exploreCrashes<string>({
      arrange: (files) => writeDisk(files, content),
      act: async (files, promise) => {
        await repair(files);
        promise("repaired");
      },
      check: async (files, promised) => {
        if (promised.length > 0) await expectRepaired(files);
        await expectEveryByte(files, content);
        await repair(files);
        await expectRepaired(files);
        await expectEveryByte(files, content);
      },
      seeds,
    });
    expect(calls).toBeGreaterThan(8);
    expect(disks).toBe((calls + 1) * (2 + seeds.length));
  });

  async function expectRepaired(files: FileSystem): Promise<void> {
    const incr = await readPath(files, INCR);
    expect(incr).toEqual(Buffer.from(content[INCR].subarray(0, keptBytes)));
    const { increments } = parseManifest(await readPath(files, MANIFEST));
    expect(increments.map((file) => [file.name, file.endOffset])).toEqual(
      listed.map((listedName) => [listedName, undefined]),
    );
  }

  /** What was in a file is there, in it or beside it, whatever happened. */
  async function expectEveryByte(files: FileSystem, all: DiskContent): Promise<void> {
    for (const [path, bytes] of Object.entries(all)) {
      if (path === MANIFEST) continue;
      const left = (await files.stat(path)) === undefined ? Buffer.alloc(0) : await readPath(files, path);
      const removed = `${path}.removed-1`;
      const kept = (await files.stat(removed)) === undefined ? undefined : await readPath(files, removed);
      // A cut that was not synced may leave zeros in the place of what was cut.
      const whole =
        kept === undefined ? left : Buffer.concat([left.subarray(0, bytes.length - kept.length), kept]);
      expect(whole).toEqual(Buffer.from(bytes));
    }
  }
});

test("a repair of a file that has changed since the check does nothing", async () => {
  const files = new StrictMemoryFiles();
  await writeDisk(files, scenarios["a repair that cuts the last file"].content);
  const report = await checkAof(files, "data/appendonlydir");
  const file = await files.open(INCR, "append");
  await file.append(latin1("x"));
  const plan = planRepair(report, { behindDamage: "refuse" });
  await expect(repairAof(files, plan)).rejects.toMatchObject({ code: "AOF_CHANGED" });
  expect(await readPath(files, INCR)).toEqual(Buffer.from(`${first}x`, "latin1"));
});

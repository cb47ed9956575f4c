/** What a check says of damaged files, what a repair makes of them, and that servers load exactly that, at the second start too. */
import { describe, expect, test } from "vitest";
import { checkAof, planRepair, repairAof } from "../src/index.ts";
import { damagedFiles, START } from "./damaged-files.ts";
import { INCR, latin1, memoryDisk, oneIncrement, readPath } from "./memory-disk.ts";

const repairable = damagedFiles.filter(({ verdict }) => verdict === "repairable");
const sound = damagedFiles.filter(({ verdict }) => verdict === "sound");

describe("a check", () => {
  test.each(damagedFiles)("of a file with $name says $verdict", async (damaged) => {
    const disk = await memoryDisk(oneIncrement(START + damaged.bytes));
    const report = await checkAof(disk, "data/appendonlydir");
    const [file] = report.files;
    const gravest = ["error", "warning", "note"].flatMap((severity) =>
      report.problems.filter((problem) => problem.severity === severity),
    )[0];
    expect({
      verdict: report.verdict,
      code: gravest?.code,
      class: file.damage?.class,
      at: file.damage && file.damage.offset - START.length,
      soundTo: file.soundBytes - START.length,
      outcome: gravest?.outcome,
    }).toEqual({
      verdict: damaged.verdict,
      code: damaged.code,
      class: damaged.class,
      at: damaged.at,
      soundTo: damaged.soundTo,
      outcome: gravest === undefined ? undefined : expectedOutcome(damaged.name, damaged.redis),
    });
  });
});

/** A torn end is refused, or loaded with zeros in it; a size of -1 is one of many corrupt bytes, most of which are refused. */
function expectedOutcome(name: string, outcome: string): string {
  return name.startsWith("the last value and its end") || name === "a size of -1" ? "refuses" : outcome;
}

describe("a repair", () => {
  test.each(repairable)(
    "of a file with $name cuts it at the last unit and keeps the rest",
    async (damaged) => {
      const whole = latin1(START + damaged.bytes);
      const disk = await memoryDisk(oneIncrement(whole));
      const plan = planRepair(await checkAof(disk, "data/appendonlydir"), { behindDamage: "refuse" });
      const { kept } = await repairAof(disk, plan);
      const keptBytes = START.length + damaged.soundTo;
      expect(await readPath(disk, INCR)).toEqual(Buffer.from(whole.subarray(0, keptBytes)));
      expect(kept).toEqual([
        { path: INCR, keptAt: `${INCR}.removed-1`, sizeBytes: whole.length - keptBytes },
      ]);
      expect(await readPath(disk, kept[0].keptAt)).toEqual(Buffer.from(whole.subarray(keptBytes)));
      expect((await checkAof(disk, "data/appendonlydir")).verdict).toBe("sound");
    },
  );

  test.each(sound)("of a file with $name finds nothing to do", async ({ bytes }) => {
    const disk = await memoryDisk(oneIncrement(START + bytes));
    const report = await checkAof(disk, "data/appendonlydir");
    expect(planRepair(report, { behindDamage: "refuse" }).cuts).toEqual([]);
  });
});

import { readFileSync } from "node:fs";
import { fixturePath } from "@holdfast/testkit";
import { describe, expect, test } from "vitest";
import { INCR, latin1, log, MANIFEST, memoryDisk, readPath } from "../test/memory-disk.ts";
import { checkAof } from "./checker.ts";
import { repairAof } from "./repair.ts";
import { planTruncateAtTime } from "./truncate-at-time.ts";

const SECOND = INCR.replace(".1.", ".2.");
const BASE = "data/appendonlydir/b";
const first = `#TS:10\r\n${log("SELECT 0", "SET a 1")}#TS:20\r\n${log("MULTI", "SET b 2", "SET b 3", "EXEC")}`;
const second = `${log("SELECT 0", "SET c 3")}#TS:30\r\n${log("SET d 4")}`;
const manifest =
  "file b seq 1 type b\nfile appendonly.aof.1.incr.aof seq 1 type i\nfile appendonly.aof.2.incr.aof seq 2 type i\n";

async function disk(files: Record<string, string | Uint8Array> = {}) {
  const content = { [BASE]: "", [INCR]: first, [SECOND]: second, [MANIFEST]: manifest, ...files };
  return memoryDisk(Object.fromEntries(Object.entries(content).map(([path, text]) => [path, latin1(text)])));
}

async function planFor(untilSec: number, files: Record<string, string | Uint8Array> = {}) {
  return planTruncateAtTime(await checkAof(await disk(files), "data/appendonlydir", { untilSec }));
}

describe("going back to a time", () => {
  test.each([
    [5, INCR, 0, ["appendonly.aof.2.incr.aof"]],
    [10, INCR, first.indexOf("#TS:20"), ["appendonly.aof.2.incr.aof"]],
    [19, INCR, first.indexOf("#TS:20"), ["appendonly.aof.2.incr.aof"]],
    [29, SECOND, second.indexOf("#TS:30"), []],
  ])(
    "%i cuts in front of the first later line and drops later files",
    async (untilSec, path, keptBytes, drops) => {
      const plan = await planFor(untilSec);
      expect(plan.cuts).toMatchObject([{ path, keptBytes }]);
      expect(plan.drops.map(({ name }) => name)).toEqual(drops);
    },
  );

  test("to which nothing is later changes nothing", async () => {
    expect(await planFor(30)).toMatchObject({ cuts: [], drops: [] });
  });

  test("says how many commands go, and keeps their bytes", async () => {
    const files = await disk();
    const report = await checkAof(files, "data/appendonlydir", { untilSec: 15 });
    const plan = planTruncateAtTime(report);
    expect(plan.cuts[0].soundRecords).toBe(4);
    expect(plan.drops[0].commands).toBe(3);
    const { kept } = await repairAof(files, plan);
    expect(kept.map(({ keptAt }) => keptAt)).toEqual([`${SECOND}.removed-1`, `${INCR}.removed-1`]);
    expect(await readPath(files, INCR)).toEqual(Buffer.from(first.slice(0, first.indexOf("#TS:20"))));
    expect(await files.stat(SECOND)).toBeUndefined();
    expect((await checkAof(files, "data/appendonlydir")).verdict).toBe("sound");
  });

  test("cuts a unit as a whole, should a time stand in one", async () => {
    const inside = `#TS:10\r\n${log("MULTI", "SET a 1")}#TS:20\r\n${log("SET b 2", "EXEC")}`;
    expect((await planFor(15, { [INCR]: inside })).cuts[0].keptBytes).toBe(8);
  });

  test("refuses a base that was written later", async () => {
    const rdb = readFileSync(fixturePath("rdb", "redis-7.0-dbs.rdb"));
    await expect(planFor(15, { [BASE]: rdb })).rejects.toMatchObject({
      code: "AOF_TIME_NOT_COVERED",
      path: BASE,
    });
    const asCommands = `#TS:16\r\n${log("SET a 1")}`;
    await expect(planFor(15, { [BASE]: asCommands })).rejects.toMatchObject({ code: "AOF_TIME_NOT_COVERED" });
  });

  test("refuses files that say no times", async () => {
    const files = { [INCR]: log("SET a 1"), [SECOND]: log("SET b 2") };
    await expect(planFor(15, files)).rejects.toMatchObject({ code: "AOF_TIME_NOT_COVERED", path: SECOND });
  });

  test("refuses damage in front of that time, and not behind it", async () => {
    const damaged = `garbage${first}`;
    await expect(planFor(15, { [INCR]: damaged })).rejects.toMatchObject({
      code: "AOF_CANNOT_REPAIR",
      path: INCR,
    });
    expect((await planFor(15, { [SECOND]: "garbage" })).cuts).toHaveLength(1);
  });
});

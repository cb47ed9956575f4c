/**
 * Takes an append-only file back to a time: everything behind the first `#TS:` line that is later goes, in all files.
 *
 *   base   | …… |          written before the time, or nothing can be done with it
 *   incr   | #TS:10 SET … #TS:20 SET … |  cut in front of #TS:20
 *   incr   | #TS:30 SET … |               dropped
 *
 * Servers write such lines with `aof-timestamp-enabled yes`, before the first record of a second, never inside a unit. Times are those of
 * the server's clock. The plan is carried out by repairAof(), so the bytes are kept, and the order is as safe as there.
 */
import { AofError } from "./errors.ts";
import { dropOf, type RepairPlan, refuseHopeless } from "./repair.ts";
import type { AofFileReport, AofReport } from "./report.ts";

/**
 * What would be done to go back to `report.untilSec`, for which the check was asked; empty lists when nothing is later.
 *
 * Throws AOF_TIME_NOT_COVERED when the base is later, or no file says what time it is; AOF_CANNOT_REPAIR when damage stands in front of
 * the place where the time goes beyond.
 */
export function planTruncateAtTime(report: AofReport): RepairPlan {
  const { untilSec, manifestPath } = report;
  if (untilSec === undefined) throw new Error("the check was not asked about a time");
  refuseHopeless(report);
  const loaded = report.files.filter(({ role }) => role !== "history");
  for (const file of loaded) refuseLaterBase(file, untilSec);
  const index = loaded.findIndex(({ firstLater }) => firstLater !== undefined);
  refuseDamageBefore(loaded, index);
  if (index === -1) {
    const isTimed = loaded.some(({ lastTimeSec }) => lastTimeSec !== undefined);
    if (!isTimed) throw notCovered(loaded.at(-1), "no #TS: lines: the server did not write any");
    return { cuts: [], drops: [], manifestPath };
  }
  const { path, sizeBytes, modifiedAtMs, firstLater, commands } = loaded[index];
  const cut = {
    path,
    sizeBytes,
    modifiedAtMs,
    keptBytes: firstLater!.offset,
    soundRecords: commands - firstLater!.commands,
    openUnitCommands: 0,
  };
  const drops = loaded.slice(index + 1);
  return { cuts: [cut], drops: drops.map(dropOf), manifestPath };
}

function refuseLaterBase(file: AofFileReport, untilSec: number): void {
  const { role, rdb, firstLater } = file;
  if (role === "incr") return;
  const writtenAtSec =
    rdb?.createdAtSec ?? (role === "base" && firstLater !== undefined ? firstLater.timeSec : 0);
  if (writtenAtSec <= untilSec) return;
  throw notCovered(file, `it was written at ${writtenAtSec}, after ${untilSec}: start from an older base`);
}

function refuseDamageBefore(loaded: readonly AofFileReport[], index: number): void {
  const end = index === -1 ? loaded.length : index + 1;
  const damaged = loaded.slice(0, end).find(({ damage, firstLater }) => {
    return damage !== undefined && (firstLater === undefined || damage.recordOffset < firstLater.offset);
  });
  if (damaged === undefined) return;
  const detail = `damage at offset ${damaged.damage?.offset} comes before the time is reached: repair it first`;
  throw new AofError("AOF_CANNOT_REPAIR", damaged.path, detail);
}

function notCovered(file: AofFileReport | undefined, detail: string): AofError {
  return new AofError("AOF_TIME_NOT_COVERED", file?.path ?? "", detail);
}

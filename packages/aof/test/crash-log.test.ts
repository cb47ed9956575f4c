/**
 * The log is crashed at every changing call, under every policy, with changes of files and rewrites in between. What comes back is a beginning of
 * what was appended, cut at the end of a unit, with everything in it that was promised to outlive such a crash.
 */
import { type Crash, exploreCrashes, type FileSystem, VirtualClock } from "@holdfast/platform";
import { type RdbEvent, rdbTarget } from "@holdfast/rdb";
import { describe, expect, test } from "vitest";
import { type OpenedAof, openAof } from "../src/open-aof.ts";
import { writeRdbBase } from "../src/rdb-base.ts";
import { AofRewriter } from "../src/rewriter.ts";
import type { AofSnapshot } from "../src/snapshot.ts";
import type { FsyncPolicy } from "../src/sync-policy.ts";
import { commandsOf, soundLength } from "./directory-content.ts";
import { snapshotEvents } from "./snapshot-events.ts";

const DIRECTORY = "data/appendonlydir";
const SEEDS = [1, 2, 3];
/** Several pages of the disk in a few commands, so that tails are torn in all ways. */
const PADDING = "x".repeat(1500);

/** What was appended so far, unit by unit; each value is its number. */
class Log {
  readonly opened: OpenedAof;
  readonly clock: VirtualClock;
  readonly rewriter: AofRewriter;
  count: number;

  constructor(opened: OpenedAof, files: FileSystem, clock: VirtualClock, count: number) {
    this.opened = opened;
    this.clock = clock;
    this.count = count;
    this.rewriter = new AofRewriter({
      files,
      clock,
      ...opened,
      form: "rdb",
      takeSnapshot: () => this.snapshot(),
      writeBase: (file, snapshot) =>
        writeRdbBase(file, snapshot, {
          target: rdbTarget("redis-7.0")!,
          onLoss: (loss) => expect(loss).toBeUndefined(),
        }),
    });
  }

  append(units: number): number {
    let offset = 0;
    for (let unit = 0; unit < units; unit++) {
      const size = this.count % UNIT_SIZES.length;
      offset = this.opened.writer.appendUnit(
        Array.from({ length: UNIT_SIZES[size] }, (_, part) => ({
          db: 0,
          args: ["SET", keyOf(this.count, part), PADDING],
        })),
      );
      this.count++;
    }
    return offset;
  }

  snapshot(): AofSnapshot {
    const keys = expectedKeys(this.count).map((key) => [key, PADDING] as const);
    const events: RdbEvent[] = snapshotEvents(keys);
    return { events: () => [events] };
  }
}

/** How many commands units have, in turn: most are transactions. */
const UNIT_SIZES = [1, 3, 2];
const keyOf = (unit: number, part: number) => `k${unit}.${part}`;

function expectedKeys(units: number): string[] {
  return Array.from({ length: units }, (_, unit) =>
    Array.from({ length: UNIT_SIZES[unit % UNIT_SIZES.length] }, (_, part) => keyOf(unit, part)),
  ).flat();
}

async function open(files: FileSystem, fsync: FsyncPolicy, count: number): Promise<Log> {
  const clock = new VirtualClock(1_700_000_000_000);
  const place = { dataDirectory: "data" };
  const opened = await openAof({ files, clock, place, fsync, soundLength, onBadTail: "cut-damaged" });
  return new Log(opened, files, clock, count);
}

/** How many units stand in the directory; throws when they are no beginning, or the last one is not whole. */
async function unitsIn(files: FileSystem): Promise<number> {
  const keys = (await commandsOf(files, DIRECTORY)).map((command) => command.split(" ")[2]);
  let units = 0;
  while (expectedKeys(units).length < keys.length) units++;
  expect(keys).toEqual(expectedKeys(units));
  return units;
}

/** A number of units that will be there: after any crash, or only if the disk goes on. */
interface Promised {
  readonly survives: "power cut" | "kill";
  readonly units: number;
}

async function act(files: FileSystem, fsync: FsyncPolicy, promise: (what: Promised) => void): Promise<void> {
  const log = await open(files, fsync, 0);
  const { writer } = log.opened;
  const note = (units: number) => {
    const offset = log.append(units);
    const { count } = log;
    const settled = writer.settled(offset).then(() => promise({ survives: "kill", units: count }));
    void writer.synced(offset).then(() => promise({ survives: "power cut", units: count }));
    return settled;
  };
  await note(2);
  await note(3);
  await log.clock.advance(1000);
  const rotating = writer.rotate();
  await note(2);
  await rotating;
  await note(3);
  const rewriting = log.rewriter.rewrite();
  await note(2);
  await log.clock.advance(1000);
  await rewriting;
  await note(4);
  await writer.close();
}

async function check(
  files: FileSystem,
  fsync: FsyncPolicy,
  promised: readonly Promised[],
  crash: Crash,
): Promise<void> {
  const kept = promised.filter(({ survives }) => survives === "power cut" || crash.survived === "everything");
  const atLeast = Math.max(0, ...kept.map(({ units }) => units));
  const again = await open(files, fsync, 0);
  const units = await unitsIn(files);
  expect(units).toBeGreaterThanOrEqual(atLeast);
  // A cut is for what no fsync had covered; a killed process leaves whole writes only.
  if (crash.survived === "everything") expect(again.opened.report.cut).toBeUndefined();
  again.count = units;
  again.append(3);
  // Costs as much as all the rest, so two of the disks have to do for it.
  const rewriting = typeof crash.survived === "string" ? again.rewriter.rewrite() : undefined;
  again.append(1);
  await rewriting;
  await again.opened.writer.close();
  expect(await unitsIn(files)).toBe(units + 4);
}

describe.each([
  ["always", 55],
  ["everysec", 53],
  ["no", 52],
] as const)("a log under the policy %s", (fsync, calls) => {
  test("keeps its promises at every crash, and goes on from there", async () => {
    const explored = await exploreCrashes<Promised>({
      arrange: (files) => files.makeDirectory("data"),
      act: (files, promise) => act(files, fsync, promise),
      check: (files, promised, crash) => check(files, fsync, promised, crash),
      seeds: SEEDS,
    });
    expect(explored.calls).toBe(calls);
  });
});

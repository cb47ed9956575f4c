/**
 * Crashes a scenario at every changing call on the file system, and looks at every disk that this could leave.
 *
 *   arrange      makes the disk before; what it leaves is sure
 *   act          runs until changing call number 0, 1, 2 … begins. That call may have had its effect or not, nobody
 *                is told; it and all later calls never answer, as in a process that is gone
 *   check        sees the disk after the crash, and what `act` had promised before it
 *
 * Each crash leaves several disks: one without anything unsynced, one with all of it, and one for each seed. The last crash
 * comes after `act` has ended. `act` must make the same calls in every run, or what one run showed cannot be repeated.
 */

import type { FileSystem } from "../file-system.ts";
import { type FileCall, interceptFiles } from "./file-calls.ts";
import type { CrashDraw } from "./memory-file-content.ts";
import { describeCall } from "./recording-files.ts";
import { seededRandomDoor } from "./seeded-random.ts";
import { StrictMemoryFiles } from "./strict-memory-files.ts";

export interface CrashScenario<Promised> {
  readonly arrange?: (files: FileSystem) => Promise<void>;
  /** Calls `promise` for whatever it would have told a client by then. Rejecting fails the exploration. */
  readonly act: (files: FileSystem, promise: (what: Promised) => void) => Promise<void>;
  /** Throws when the disk does not keep what was promised. May write: it has the disk for itself. */
  readonly check: (files: FileSystem, promised: readonly Promised[], crash: Crash) => Promise<void>;
  /** One more disk for each of them. */
  readonly seeds: readonly number[];
}

export interface Crash {
  /** How many changing calls had been answered. */
  readonly callsDone: number;
  /** The call in flight, such as "rename .x.0.tmp x"; undefined when `act` had ended. */
  readonly call: string | undefined;
  /** "nothing" or "everything" of what was not synced survived, or what this seed drew. */
  readonly survived: "nothing" | "everything" | number;
}

export interface CrashExploration {
  /** Changing calls of `act`: it was crashed once at each, and once at the end. */
  readonly calls: number;
  /** Disks that `check` has seen. */
  readonly disks: number;
}

/** Rejects with the first failure of `check`, as `cause` of an error that says which crash it was. */
export async function exploreCrashes<Promised>(scenario: CrashScenario<Promised>): Promise<CrashExploration> {
  let disks = 0;
  for (let callsDone = 0; ; callsDone++) {
    const { disk, promised, call } = await runUntil(scenario, callsDone);
    for (const survived of ["nothing", "everything", ...scenario.seeds] as const) {
      const crash: Crash = { callsDone, call, survived };
      await checkDisk(scenario, disk, promised, crash);
      disks++;
    }
    if (call === undefined) return { calls: callsDone, disks };
  }
}

interface Wreck<Promised> {
  readonly disk: StrictMemoryFiles;
  readonly promised: readonly Promised[];
  readonly call: string | undefined;
}

async function runUntil<Promised>(
  scenario: CrashScenario<Promised>,
  callsDone: number,
): Promise<Wreck<Promised>> {
  const disk = new StrictMemoryFiles();
  await scenario.arrange?.(disk);
  disk.syncEverything();
  const promised: Promised[] = [];
  let count = 0;
  let crashed: (call: FileCall) => void = () => {};
  const crash = new Promise<FileCall>((resolve) => {
    crashed = resolve;
  });
  const isDead = () => count > callsDone;
  const files = interceptFiles(disk, async (call, run) => {
    if (isDead()) return silence();
    count++;
    if (!isDead()) return run();
    // In flight: the disk may have begun. A sync that was not answered has proven nothing.
    if (!call.operation.startsWith("sync")) await run();
    crashed(call);
    return silence();
  });
  const ended = scenario.act(files, (what) => {
    if (!isDead()) promised.push(what);
  });
  const call = await Promise.race([crash, ended.then(() => undefined)]);
  return { disk, promised, call: call === undefined ? undefined : describeCall(call) };
}

/** Never answers. */
function silence<T>(): Promise<T> {
  return new Promise<T>(() => {});
}

async function checkDisk<Promised>(
  scenario: CrashScenario<Promised>,
  disk: StrictMemoryFiles,
  promised: readonly Promised[],
  crash: Crash,
): Promise<void> {
  const { callsDone, call, survived } = crash;
  const draw: CrashDraw = typeof survived === "number" ? seededRandomDoor(survived) : survived;
  try {
    await scenario.check(disk.afterCrash(draw), promised, crash);
  } catch (cause) {
    const place = call === undefined ? "after the last call" : `at call ${callsDone}, "${call}"`;
    const kept = typeof survived === "number" ? `what seed ${survived} drew` : survived;
    throw new Error(`crash ${place}, when ${kept} of the unsynced survived: ${messageOf(cause)}`, { cause });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * A new append-only directory: base, empty incr, and the manifest last, so that a directory without a manifest is one that was not finished.
 *
 * Each is synced before the next one is named. What was made is removed again when something fails.
 */
import { dirname, join } from "node:path";
import {
  baseName,
  EMPTY_MANIFEST,
  formatManifest,
  incrName,
  manifestName,
  writeCommandBase,
  writeRdbBase,
} from "@holdfast/aof";
import { exitCode, Problem } from "@holdfast/command-line";
import type { Snapshot } from "@holdfast/keyspace";
import { type File, type FileSystem, replaceFile } from "@holdfast/platform";
import type { CommandTarget, LeftOutKind, RdbEvent, RdbTarget } from "@holdfast/rdb";

/** Something that is not in the new base; where commands are written, all of a kind at once. */
export interface BaseLoss {
  readonly kind: string;
  readonly db: number | undefined;
  readonly key: Uint8Array | undefined;
  readonly isWholeKey: boolean;
  readonly count: number;
}

export interface NewDirectory {
  readonly path: string;
  readonly fileName: string;
  readonly snapshot: Snapshot;
  readonly target: RdbTarget;
  /** Set for a base of commands: the server that they are for. */
  readonly commandTarget: CommandTarget | undefined;
  /** Called for everything that the target cannot hold, for the same thing perhaps twice. */
  readonly onLoss: (loss: BaseLoss) => void;
  /** Called when the base is written and nothing has its name yet; may throw, and then nothing is left. */
  readonly beforeNaming: () => void;
  readonly signal: AbortSignal;
}

/** Throws Problem when something is there, FileError, and what the callbacks throw. */
export async function writeDirectory(files: FileSystem, plan: NewDirectory): Promise<void> {
  const { path, fileName } = plan;
  await refuseUsed(files, path);
  await files.makeDirectory(path);
  const made: string[] = [];
  const write = async (
    name: string,
    content: (file: Parameters<Parameters<typeof replaceFile>[2]>[0]) => Promise<void>,
  ) => {
    await replaceFile(files, join(path, name), content, { overwrite: false });
    made.push(name);
  };
  const form = plan.commandTarget === undefined ? "rdb" : "aof";
  const base = { name: baseName(fileName, 1, form), sequence: 1, role: "base" } as const;
  const incr = { name: incrName(fileName, 1), sequence: 1, role: "incr" } as const;
  try {
    await write(base.name, async (file) => {
      await writeBase(file, plan);
      plan.beforeNaming();
    });
    await write(incr.name, async () => {});
    const manifest = formatManifest({ ...EMPTY_MANIFEST, base, increments: [incr] });
    await write(manifestName(fileName), (file) => file.append(manifest));
    await files.syncDirectory(dirname(path));
  } catch (error) {
    // The failure that led here is the one to report.
    for (const name of made.reverse()) await files.remove(join(path, name)).catch(() => {});
    throw error;
  }
}

async function writeBase(file: File, plan: NewDirectory): Promise<void> {
  const { target, commandTarget, onLoss } = plan;
  const snapshot = { events: () => batches(plan) };
  if (commandTarget === undefined) return writeRdbBase(file, snapshot, { target, onLoss });
  const counts = new Map<LeftOutKind, number>();
  await writeCommandBase(file, snapshot, {
    target: commandTarget,
    onLoss: ({ kind, count = 1 }) => counts.set(kind, (counts.get(kind) ?? 0) + count),
  });
  for (const [kind, count] of counts)
    onLoss({ kind, count, db: undefined, key: undefined, isWholeKey: false });
}

export async function refuseUsed(files: FileSystem, path: string): Promise<void> {
  const info = await files.stat(path);
  if (info === undefined) return;
  if (info.kind === "directory" && (await files.list(path)).length === 0) return;
  throw new Problem(exitCode.targetExists, `${path} exists and is not an empty directory`, {
    nextStep: "give -o a new name",
  });
}

/** Events one by one: each is borrowed until the next one is asked for. */
function* batches({ snapshot, target, signal }: NewDirectory): Generator<readonly RdbEvent[], void, void> {
  for (const event of snapshot.events({ dialect: target.dialect, version: target.rdbVersion })) {
    signal.throwIfAborted();
    yield [event];
  }
}

/**
 * Cuts what is damaged off the end of a file, keeps it beside the file, and loses nothing on the way.
 *
 *   F.5.incr.aof            | sound units | damaged end |
 *   F.5.incr.aof.removed-1  | damaged end |                 1. written, synced, named, its directory synced
 *   F.5.incr.aof            | sound units |                 2. cut, synced
 *
 * Later files that have to go are copied in the same way, taken out of the manifest, and removed last. (Renamed, one could be missing
 * while the manifest lists it; left under its name, a server could write over it.)
 *
 * A crash leaves either the whole file, with or without a copy of its end, or both parts; the same repair may then be run again. Repair
 * takes a plan, and a plan takes the report of a check: whoever shows the plan and does not run it has made a dry run.
 */
import { basename, dirname } from "node:path";
import { type File, type FileSystem, readChunks, replaceFile } from "@holdfast/platform";
import { readFully } from "./damage.ts";
import { AofError } from "./errors.ts";
import { formatManifest, parseManifest } from "./manifest.ts";
import { MANIFEST_BYTES_MAX } from "./open-directory.ts";
import { readStart } from "./read-whole.ts";
import type { AofFileReport, AofReport } from "./report.ts";

/** So many leftovers mean that something else is wrong. */
const NAMES_MAX = 1000;

export interface RepairOptions {
  /**
   * Damage in front of sound records, in the last file or in one before it. Cutting there drops records that were written after
   * those that are lost; leaving later files in place makes a gap in the history, as servers do.
   *
   * - "refuse": no plan
   * - "drop": everything behind the damage goes, later files too: what is left is the past, whole
   * - "keep-later-files": the damaged file is cut, later ones stay: what is left has a gap
   */
  readonly behindDamage: "refuse" | "drop" | "keep-later-files";
}

/** One file that loses its end. */
export interface PlannedCut {
  readonly path: string;
  readonly sizeBytes: number;
  readonly modifiedAtMs: number;
  /** What the file is cut to. */
  readonly keptBytes: number;
  /** Sound records among what is removed, as far as a check has seen them. */
  readonly soundRecords: number;
  /** Whole commands of the unit that is damaged. */
  readonly openUnitCommands: number;
}

/** A file that goes as a whole. */
export interface PlannedDrop {
  readonly name: string;
  readonly path: string;
  readonly sizeBytes: number;
  readonly modifiedAtMs: number;
  /** Sound commands in it. */
  readonly commands: number;
}

/** What would be done. */
export interface RepairPlan {
  readonly cuts: readonly PlannedCut[];
  /** Files that leave the manifest and keep their bytes under another name, because they come behind a cut. */
  readonly drops: readonly PlannedDrop[];
  readonly manifestPath: string | undefined;
}

/** Bytes that are no longer in their file, and where they are now. */
export interface KeptBytes {
  readonly path: string;
  readonly keptAt: string;
  readonly sizeBytes: number;
}

/** What was done. */
export interface RepairResult {
  readonly kept: readonly KeptBytes[];
}

/**
 * What a repair would do; empty lists when nothing is damaged.
 *
 * Throws AOF_CANNOT_REPAIR for damage that cutting does not help (an RDB, a missing file), and, as long as the options refuse it, for
 * damage with sound records behind it.
 */
export function planRepair(report: AofReport, options: RepairOptions): RepairPlan {
  refuseHopeless(report);
  const loaded = report.files.filter(({ role }) => role !== "history");
  const damaged = loaded.filter(({ damage }) => damage !== undefined);
  const { manifestPath } = report;
  if (damaged.length === 0) return { cuts: [], drops: [], manifestPath };
  const losing = damaged.find((file) => !file.isLast || file.damage?.behind !== undefined);
  if (losing !== undefined && options.behindDamage === "refuse") throw losesRecords(losing);
  if (options.behindDamage === "keep-later-files")
    return { cuts: damaged.map(cutOf), drops: [], manifestPath };
  const later = loaded.slice(loaded.indexOf(damaged[0]) + 1);
  return { cuts: [cutOf(damaged[0])], drops: later.map(dropOf), manifestPath };
}

function losesRecords({ damage, isLast, path }: AofFileReport): AofError {
  const detail = isLast
    ? `${damage?.behind?.records} sound records stand behind the damage at offset ${damage?.offset}: say what to do with them`
    : `the damage at offset ${damage?.offset} is not in the last file: say what to do with what comes behind it`;
  return new AofError("AOF_CANNOT_REPAIR", path, detail);
}

/**
 * Does what the plan says, lasting when this resolves.
 *
 * Throws AOF_CHANGED when a file is not as the check has seen it: a server may be writing. FileError of the failed call; whatever was done
 * by then, no byte is lost, and the same repair can be run again after another check.
 */
export async function repairAof(files: FileSystem, plan: RepairPlan): Promise<RepairResult> {
  const { cuts, drops } = plan;
  for (const part of [...cuts, ...drops]) await requireUnchanged(files, part);
  const kept: KeptBytes[] = [];
  const keep = async (part: RemovedPart) => {
    if (part.keptBytes < part.sizeBytes) kept.push(await keepBytes(files, part));
  };
  for (const drop of drops) await keep({ ...drop, keptBytes: 0 });
  for (const cut of cuts) await keep(cut);
  // The manifest before the cut: a start in between must not see a cut file with later ones behind it.
  await changeManifest(files, plan);
  for (const { path } of drops) await files.remove(path);
  for (const cut of cuts) await cutFile(files, cut);
  return { kept };
}

/** Throws for damage that cutting does not help. */
export function refuseHopeless(report: AofReport): void {
  const hopeless = report.problems.find(
    ({ code }) => code === "AOF_RDB_DAMAGED" || code === "AOF_MISSING_FILE",
  );
  if (hopeless === undefined) return;
  throw new AofError("AOF_CANNOT_REPAIR", hopeless.path, `${hopeless.detail}: ${hopeless.advice}`);
}

export function dropOf({ name, path, sizeBytes, modifiedAtMs, commands }: AofFileReport): PlannedDrop {
  return { name, path, sizeBytes, modifiedAtMs, commands };
}

function cutOf({ path, sizeBytes, modifiedAtMs, soundBytes, damage, rdb }: AofFileReport): PlannedCut {
  // The check says so too; it is what a repair must never do, so it is made sure twice.
  const keptBytes = Math.max(soundBytes, rdb?.sizeBytes ?? 0);
  return {
    path,
    sizeBytes,
    modifiedAtMs,
    keptBytes,
    soundRecords: damage?.behind?.records ?? 0,
    openUnitCommands: damage?.openUnitCommands ?? 0,
  };
}

async function requireUnchanged(files: FileSystem, part: PlannedCut | PlannedDrop): Promise<void> {
  const info = await files.stat(part.path);
  const { sizeBytes, modifiedAtMs } = part;
  if (info?.kind === "file" && info.sizeBytes === sizeBytes && info.modifiedAtMs === modifiedAtMs) return;
  const detail = "the file has changed since it was checked: stop the server that writes it, and check again";
  throw new AofError("AOF_CHANGED", part.path, detail);
}

interface RemovedPart {
  readonly path: string;
  readonly sizeBytes: number;
  readonly keptBytes: number;
}

/** Copies what will go to a file beside it; the same copy of an earlier attempt is used again. */
async function keepBytes(files: FileSystem, part: RemovedPart): Promise<KeptBytes> {
  const { path, sizeBytes, keptBytes } = part;
  const source = await files.open(path, "read");
  try {
    for (let number = 1; number <= NAMES_MAX; number++) {
      const keptAt = `${path}.removed-${number}`;
      const existing = await files.stat(keptAt);
      if (existing !== undefined && !(await isCopy(files, keptAt, source, part))) continue;
      if (existing === undefined) await copyEnd(files, keptAt, source, part);
      // An earlier attempt may have been stopped before its name was lasting.
      await files.syncDirectory(dirname(keptAt));
      return { path, keptAt, sizeBytes: sizeBytes - keptBytes };
    }
  } finally {
    await source.close();
  }
  throw new AofError("AOF_CANNOT_REPAIR", path, `${NAMES_MAX} files of earlier repairs stand beside it`);
}

async function copyEnd(files: FileSystem, to: string, source: File, part: RemovedPart): Promise<void> {
  const chunks = readChunks(source, { start: part.keptBytes, end: part.sizeBytes });
  const write = async (target: File) => {
    for await (const chunk of chunks) await target.append(chunk);
  };
  await replaceFile(files, to, write, { overwrite: false });
}

async function isCopy(files: FileSystem, path: string, source: File, part: RemovedPart): Promise<boolean> {
  const info = await files.stat(path);
  if (info?.kind !== "file" || info.sizeBytes !== part.sizeBytes - part.keptBytes) return false;
  const copy = await files.open(path, "read");
  try {
    let offset = part.keptBytes;
    for await (const chunk of readChunks(copy)) {
      const original = Buffer.alloc(chunk.length);
      await readFully(source, offset, original);
      if (!original.equals(chunk)) return false;
      offset += chunk.length;
    }
    return true;
  } finally {
    await copy.close();
  }
}

/** Takes dropped files out of the manifest, and replication offsets behind what is cut. */
async function changeManifest(files: FileSystem, { manifestPath, cuts, drops }: RepairPlan): Promise<void> {
  if (manifestPath === undefined) return;
  const manifest = parseManifest(await readStart(files, manifestPath, MANIFEST_BYTES_MAX), manifestPath);
  const dropped = new Set(drops.map(({ name }) => name));
  const cut = new Set(cuts.map(({ path }) => basename(path)));
  const increments = manifest.increments
    .filter(({ name }) => !dropped.has(name))
    .map((file) => (cut.has(file.name) ? { ...file, endOffset: undefined } : file));
  const before = formatManifest(manifest);
  const after = formatManifest({ ...manifest, increments });
  if (Buffer.compare(before, after) === 0) return;
  await replaceFile(files, manifestPath, (file) => file.append(after), { overwrite: true });
}

async function cutFile(files: FileSystem, cut: PlannedCut): Promise<void> {
  const file = await files.open(cut.path, "append");
  try {
    await file.truncate(cut.keptBytes);
    await file.sync();
  } finally {
    await file.close();
  }
  await files.syncDirectory(dirname(cut.path));
}

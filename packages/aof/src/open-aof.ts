/**
 * Opens an append-only file for writing, and puts in order what a crash has left.
 *
 *   1. an old single file moves into the directory                    old-file.ts
 *   2. every listed file must be there; the last one must be sound, or its end is cut off and kept (cut-tail.ts)
 *   3. files on their way to a name are removed, and history as well; what else the manifest does not list is named
 *   4. the last incr is gone on in, or a first one is begun
 *
 * Only the last file can be torn: the writer syncs a file before the next one begins. What is wrong in an earlier one is found by those who read it.
 */
import { basename, join } from "node:path";
import type { Clock, FileSystem } from "@holdfast/platform";
import { beginIncrement } from "./begin-increment.ts";
import { cutTail } from "./cut-tail.ts";
import { AofError } from "./errors.ts";
import { LogFile } from "./log-file.ts";
import { type AofManifest, EMPTY_MANIFEST, loadedFiles } from "./manifest.ts";
import { ManifestKeeper } from "./manifest-keeper.ts";
import { type AofPlace, type AofPlaceState, lookAtPlace, needsUpgrade, upgradeOldFile } from "./old-file.ts";
import { type AofDirectory, type AofStray, requireFiles } from "./open-directory.ts";
import { AofWriter, type AofWriterSettings } from "./writer.ts";

/** How much of a file is sound: whole commands, and whole transactions of them. */
export interface Soundness {
  /** Everything before this is sound; the size of the file when nothing is wrong. */
  readonly soundBytes: number;
  /** "truncated": the file ends inside a command or transaction. "damaged": bytes stand there that are none. */
  readonly problem: "truncated" | "damaged" | undefined;
  /** What was found instead, for people. */
  readonly detail?: string | undefined;
}

export interface OpenAofOptions extends AofWriterSettings {
  readonly files: FileSystem;
  readonly clock: Clock;
  readonly place: AofPlace;
  /** Reads a file, which may begin with an RDB, and says how much of it is sound. */
  readonly soundLength: (files: FileSystem, path: string) => Promise<Soundness>;
  /**
   * What to do when the last file does not end as it should. No default: a cut loses what no reader could load.
   * - "refuse": AOF_TAIL_TRUNCATED or AOF_TAIL_DAMAGED
   * - "cut-truncated": an end inside a command or transaction is cut off, as servers do; damage is refused
   * - "cut-damaged": everything from the first wrong byte on is cut off as well, as a power cut under "everysec" may need
   */
  readonly onBadTail: "refuse" | "cut-truncated" | "cut-damaged";
  /** Leave history files and their lines where they are. Default false. */
  readonly keepHistory?: boolean | undefined;
}

/** What had to be done. */
export interface AofOpenReport {
  /** There was nothing, and now there is a directory with an empty incr. */
  readonly isNew: boolean;
  readonly isUpgraded: boolean;
  readonly cut: AofCut | undefined;
  /** Names of files that were removed: on their way to a name, or history. */
  readonly removed: readonly string[];
  /** Files that nothing refers to, left alone. */
  readonly strays: readonly AofStray[];
}

export interface AofCut {
  readonly name: string;
  readonly problem: "truncated" | "damaged";
  readonly soundBytes: number;
  readonly cutBytes: number;
  /** Path of the copy of what was cut. */
  readonly keptAs: string;
}

export interface OpenedAof {
  readonly writer: AofWriter;
  readonly keeper: ManifestKeeper;
  readonly report: AofOpenReport;
}

/**
 * Throws AOF_MANIFEST_MISSING, AOF_FILE_MISSING, AOF_TAIL_TRUNCATED, AOF_TAIL_DAMAGED, AofFormatError for the manifest,
 * FileError. What was done by then is whole, and opening again goes on from there.
 */
export async function openAof(options: OpenAofOptions): Promise<OpenedAof> {
  const { files, clock, place } = options;
  const found = await lookAtPlace(files, place);
  const isUpgraded = needsUpgrade(found);
  if (isUpgraded) await upgradeOldFile(files, place, found);
  const state = isUpgraded ? await lookAtPlace(files, place) : found;
  const { directory } = state;
  if (directory === undefined) await makeDirectory(files, place, state);
  const cut = directory === undefined ? undefined : await soundEnd(directory, options);
  const keeper = new ManifestKeeper(
    files,
    { directory: state.directoryPath, fileName: state.fileName },
    directory?.manifest ?? EMPTY_MANIFEST,
  );
  const removed = directory === undefined ? [] : await tidyUp(directory, keeper, options);
  const file = await lastFile(files, keeper);
  const sizes = new Map(directory?.sizes);
  if (cut !== undefined) sizes.set(cut.name, cut.soundBytes);
  const strays = (directory?.strays ?? []).filter(({ name }) => !removed.includes(name));
  return {
    writer: new AofWriter(
      { files, clock, keeper, file, sizes: loadedSizes(keeper.manifest, sizes) },
      options,
    ),
    keeper,
    report: { isNew: directory === undefined, isUpgraded, cut, removed, strays },
  };
}

async function makeDirectory(files: FileSystem, place: AofPlace, state: AofPlaceState): Promise<void> {
  await files.makeDirectory(state.directoryPath);
  await files.syncDirectory(place.dataDirectory);
}

async function soundEnd(directory: AofDirectory, options: OpenAofOptions): Promise<AofCut | undefined> {
  requireFiles(directory);
  const last = loadedFiles(directory.manifest).at(-1);
  if (last === undefined) return undefined;
  const { files, soundLength, onBadTail } = options;
  const path = join(directory.path, last.name);
  const { soundBytes, problem, detail = problem } = await soundLength(files, path);
  if (problem === undefined) return undefined;
  const isCut = onBadTail === "cut-damaged" || (onBadTail === "cut-truncated" && problem === "truncated");
  const cutBytes = (directory.sizes.get(last.name) ?? 0) - soundBytes;
  if (isCut) {
    const keptAs = await cutTail(files, path, soundBytes);
    return { name: last.name, problem, soundBytes, cutBytes, keptAs };
  }
  const code = problem === "truncated" ? "AOF_TAIL_TRUNCATED" : "AOF_TAIL_DAMAGED";
  const message =
    `${detail}; sound up to offset ${soundBytes}, ${cutBytes} bytes behind that are not. ` +
    "Check the file, and cut it there if what is lost by that may be lost";
  throw new AofError(code, path, message);
}

/** Removes what nobody needs. History goes first and its lines after it, so that no file is ever forgotten. */
async function tidyUp(
  directory: AofDirectory,
  keeper: ManifestKeeper,
  { files, keepHistory = false }: OpenAofOptions,
): Promise<string[]> {
  const { manifest, sizes, strays } = directory;
  // An incr is made before the manifest lists it, and empty until then.
  const temporary = strays.filter(
    ({ part, sizeBytes }) => part.kind === "temporary" || (part.kind === "incr" && sizeBytes === 0),
  );
  const history = keepHistory ? [] : manifest.history;
  // A manifest may be wrong in any way; what is loaded is never removed.
  const needed = [...loadedFiles(manifest).map(({ name }) => name), basename(directory.manifestPath)];
  const unneeded = history.filter(({ name }) => sizes.has(name) && !needed.includes(name));
  const removed = [...temporary, ...unneeded].map(({ name }) => name);
  for (const name of removed) await files.remove(join(directory.path, name));
  const isEndKnown = manifest.increments.at(-1)?.endOffset !== undefined;
  if (history.length > 0 || isEndKnown) {
    await keeper.change(() => ({ ...withoutEnd(manifest), history: keepHistory ? manifest.history : [] }));
  }
  return removed;
}

/** The last incr will grow: where it ended is no longer true (Redis 8.0 drops it as well once it has loaded). */
function withoutEnd(manifest: AofManifest): AofManifest {
  const increments = manifest.increments.map(({ endOffset: _, ...file }) => file);
  return { ...manifest, increments };
}

async function lastFile(files: FileSystem, keeper: ManifestKeeper): Promise<LogFile> {
  const last = loadedFiles(keeper.manifest).at(-1);
  if (last === undefined) return (await beginIncrement(files, keeper, undefined)).file;
  const file = await LogFile.open(files, keeper.directory, last.name, "append");
  try {
    // Whoever wrote it may have been killed before it synced, and what comes next must not be surer than what was there.
    await file.sync();
    if (last.role === "incr") return file;
  } catch (error) {
    await file.close().catch(() => {});
    throw error;
  }
  await file.close();
  return (await beginIncrement(files, keeper, undefined)).file;
}

function loadedSizes(manifest: AofManifest, sizes: ReadonlyMap<string, number>): Map<string, number> {
  return new Map(loadedFiles(manifest).map(({ name }) => [name, sizes.get(name) ?? 0]));
}

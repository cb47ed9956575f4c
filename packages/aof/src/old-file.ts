/**
 * The single file of Redis 6.2 and older, and how it becomes the base of a directory.
 *
 *   data/appendonly.aof                                     as it was
 *   data/appendonlydir/appendonly.aof.manifest              1. lists it as base, sequence 1
 *   data/appendonlydir/appendonly.aof                       2. moved there, under its own name
 *
 * After a crash between the two, the manifest lists a base that is not there yet: the next start sees it and moves the file. A crash
 * can also leave the file under both names; the one in the directory counts then, as it does for servers.
 *
 * Source: aof.c of Redis 7.0, loadAppendOnlyFiles and aofUpgradePrepare. The directories are synced here after the move as well,
 * the new one first: else a crash could take away both names.
 */
import { join } from "node:path";
import { type FileSystem, replaceFile } from "@holdfast/platform";
import { AofError } from "./errors.ts";
import { DEFAULT_AOF_DIRECTORY_NAME, DEFAULT_AOF_FILE_NAME, manifestName } from "./file-names.ts";
import { type AofManifest, EMPTY_MANIFEST, formatManifest } from "./manifest.ts";
import { type AofDirectory, openDirectory } from "./open-directory.ts";

/** Where a server keeps its append-only file, as its configuration says it. */
export interface AofPlace {
  /** Option `dir`. */
  readonly dataDirectory: string;
  /** Option `appendfilename`. Default "appendonly.aof". */
  readonly fileName?: string | undefined;
  /** Option `appenddirname`. Default "appendonlydir". */
  readonly directoryName?: string | undefined;
}

/** What stands at a place. */
export interface AofPlaceState {
  readonly fileName: string;
  /** Of the directory, whether or not it exists. */
  readonly directoryPath: string;
  /** Undefined when there is none, or nothing in it. */
  readonly directory: AofDirectory | undefined;
  readonly oldFilePath: string;
  /** Undefined when there is no old file. */
  readonly oldFileBytes: number | undefined;
}

/** Looks at a place, and changes nothing. Throws what openDirectory() throws, AOF_NOT_A_FILE for an old file that is none. */
export async function lookAtPlace(files: FileSystem, place: AofPlace): Promise<AofPlaceState> {
  const {
    dataDirectory,
    fileName = DEFAULT_AOF_FILE_NAME,
    directoryName = DEFAULT_AOF_DIRECTORY_NAME,
  } = place;
  const directoryPath = join(dataDirectory, directoryName);
  const oldFilePath = join(dataDirectory, fileName);
  const oldFile = await files.stat(oldFilePath);
  if (oldFile !== undefined && oldFile.kind !== "file") {
    throw new AofError(
      "AOF_NOT_A_FILE",
      oldFilePath,
      "the append-only file's name belongs to something that is no file",
    );
  }
  const directory = await openDirectory(files, directoryPath, fileName);
  return { fileName, directoryPath, directory, oldFilePath, oldFileBytes: oldFile?.sizeBytes };
}

/** Whether the old file is what counts, and has to be moved into the directory before that is used. */
export function needsUpgrade({ fileName, directory, oldFileBytes }: AofPlaceState): boolean {
  if (oldFileBytes === undefined) return false;
  if (directory === undefined) return true;
  const { base, increments } = directory.manifest;
  if (increments.length > 0) return false;
  return base === undefined || (base.name === fileName && !directory.sizes.has(fileName));
}

/** Moves the old file into the directory, lasting when this resolves. For a place that needsUpgrade(). Throws FileError. */
export async function upgradeOldFile(
  files: FileSystem,
  place: AofPlace,
  state: AofPlaceState,
): Promise<void> {
  const { fileName, directoryPath, directory, oldFilePath } = state;
  await files.makeDirectory(directoryPath);
  await files.syncDirectory(place.dataDirectory);
  const manifest: AofManifest = {
    ...(directory?.manifest ?? EMPTY_MANIFEST),
    base: { name: fileName, sequence: 1, role: "base" },
  };
  await replaceFile(
    files,
    join(directoryPath, manifestName(fileName)),
    (file) => file.append(formatManifest(manifest)),
    { overwrite: true },
  );
  await files.rename(oldFilePath, join(directoryPath, fileName));
  await files.syncDirectory(directoryPath);
  await files.syncDirectory(place.dataDirectory);
}

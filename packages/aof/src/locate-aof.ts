/**
 * What an append-only file is that somebody names by one path: a directory of several files, or a single file.
 *
 *   path given                                    what it is
 *   data directory                                what a server with this configuration would load
 *   appendonlydir                                 the directory with its one manifest
 *   appendonlydir/appendonly.aof.manifest         the same
 *   appendonly.aof, F.5.incr.aof, F.2.base.rdb    one file by itself
 *
 * What is not called a manifest is told by its content: it is one if all of it reads as one. Looking for a line that begins with "file" is
 * not enough either way, as redis-check-aof of Redis 7.0 shows: it takes commands with such a line for a manifest, and a manifest that
 * says FILE for commands, which it then cuts to nothing.
 */
import { basename, dirname, join } from "node:path";
import type { FileSystem } from "@holdfast/platform";
import { AofError, AofFormatError } from "./errors.ts";
import {
  DEFAULT_AOF_DIRECTORY_NAME,
  DEFAULT_AOF_FILE_NAME,
  fileNameOfManifest,
  manifestName,
} from "./file-names.ts";
import { loadedFiles } from "./manifest.ts";
import { lookAtPlace, needsUpgrade } from "./old-file.ts";
import { type AofDirectory, MANIFEST_BYTES_MAX, openDirectory, readManifest } from "./open-directory.ts";
import { readStart } from "./read-whole.ts";

export type AofLocation =
  | { readonly kind: "directory"; readonly directory: AofDirectory }
  /** Commands, or an RDB with commands behind it; its content says which. */
  | { readonly kind: "file"; readonly path: string; readonly sizeBytes: number };

export interface LocateAofOptions {
  /** Option `appendfilename` of the server. Default: that of the only manifest there is, or "appendonly.aof". */
  readonly fileName?: string | undefined;
  /** Option `appenddirname` of the server, for data directories. Default "appendonlydir". */
  readonly directoryName?: string | undefined;
}

/**
 * Finds out what stands at the path, and changes nothing.
 *
 * Throws AOF_NOT_FOUND, AOF_MANY_MANIFESTS when a directory has several and none was named, AOF_MANIFEST_MISSING, AOF_NOT_A_FILE for
 * pipes and devices, AofFormatError for a manifest that servers refuse, FileError.
 */
export async function locateAof(
  files: FileSystem,
  path: string,
  options: LocateAofOptions = {},
): Promise<AofLocation> {
  const info = await files.stat(path);
  if (info === undefined) throw new AofError("AOF_NOT_FOUND", path, "there is nothing of this name");
  if (info.kind === "directory") return locateInDirectory(files, path, options);
  if (info.kind === "other") {
    throw new AofError("AOF_NOT_A_FILE", path, "neither a file nor a directory: copy it into a file first");
  }
  if (!(await isManifest(files, path, info.sizeBytes))) {
    return { kind: "file", path, sizeBytes: info.sizeBytes };
  }
  const name = basename(path);
  return opened(files, dirname(path), options.fileName ?? fileNameOfManifest(name) ?? name, path);
}

async function locateInDirectory(
  files: FileSystem,
  path: string,
  options: LocateAofOptions,
): Promise<AofLocation> {
  const names = await files.list(path);
  const fileNames = names.flatMap((name) => fileNameOfManifest(name) ?? []);
  const { fileName = fileNames.length === 0 ? DEFAULT_AOF_FILE_NAME : fileNames[0] } = options;
  if (options.fileName === undefined && fileNames.length > 1) {
    const detail = `several manifests: name one of ${fileNames.map(manifestName).join(", ")}`;
    throw new AofError("AOF_MANY_MANIFESTS", path, detail);
  }
  if (names.includes(manifestName(fileName))) return opened(files, path, fileName);
  return locateAtPlace(files, path, { ...options, fileName });
}

/** The directory is no append-only directory itself, so it may be what servers call `dir`. */
async function locateAtPlace(
  files: FileSystem,
  path: string,
  options: LocateAofOptions & { readonly fileName: string },
): Promise<AofLocation> {
  const { fileName, directoryName = DEFAULT_AOF_DIRECTORY_NAME } = options;
  const state = await lookAtPlace(files, { dataDirectory: path, fileName, directoryName });
  const { directory, oldFilePath, oldFileBytes } = state;
  if (oldFileBytes !== undefined && needsUpgrade(state)) {
    return { kind: "file", path: oldFilePath, sizeBytes: oldFileBytes };
  }
  if (directory !== undefined) return { kind: "directory", directory };
  // Throws when there are files here that a manifest should list.
  await openDirectory(files, path, fileName);
  const detail = `neither ${fileName} nor ${join(directoryName, manifestName(fileName))} in this directory`;
  throw new AofError("AOF_NOT_FOUND", path, detail);
}

async function opened(
  files: FileSystem,
  path: string,
  fileName: string,
  manifestPath = join(path, manifestName(fileName)),
): Promise<AofLocation> {
  const directory = await openDirectory(files, path, fileName, manifestPath);
  if (directory !== undefined) return { kind: "directory", directory };
  throw new AofError("AOF_NOT_FOUND", manifestPath, "the manifest has just been removed");
}

/** How much of a file tells a manifest from commands: comments of either may come first. */
const HEAD_BYTES = 64 << 10;

async function isManifest(files: FileSystem, path: string, sizeBytes: number): Promise<boolean> {
  if (fileNameOfManifest(basename(path)) !== undefined) return true;
  if (sizeBytes === 0 || sizeBytes > MANIFEST_BYTES_MAX) return false;
  const head = Buffer.from(await readStart(files, path, HEAD_BYTES)).toString("latin1");
  if (/^(#.*\n)*(\*|REDIS|VALKEY)/.test(head)) return false;
  try {
    const manifest = await readManifest(files, path);
    // Comments alone are rather annotations of a command file.
    return manifest !== undefined && loadedFiles(manifest).length + manifest.history.length > 0;
  } catch (error) {
    if (error instanceof AofFormatError) return false;
    throw error;
  }
}

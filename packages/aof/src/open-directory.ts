/**
 * What is in an append-only directory: the manifest, the files that it lists, and those that it does not.
 *
 * Nothing is changed here. What servers do at this point and we do not: take a directory without a manifest for an empty one, even
 * if files with data stand in it, and overwrite those (aof.c, aofLoadManifestFromDisk and aofOpenIfNeededOnServerStart).
 */
import { join } from "node:path";
import type { FileSystem } from "@holdfast/platform";
import { AofError, AofFormatError } from "./errors.ts";
import { manifestName, type NamedPart, namedPart } from "./file-names.ts";
import { type AofFileInfo, type AofManifest, loadedFiles, parseManifest } from "./manifest.ts";
import { readStart } from "./read-whole.ts";

/** More than this is no manifest: a hundred thousand files. */
export const MANIFEST_BYTES_MAX = 16 << 20;

export interface AofDirectory {
  readonly path: string;
  /** What servers call `appendfilename`. */
  readonly fileName: string;
  /** `fileName.manifest` in the directory, unless another one was asked for. */
  readonly manifestPath: string;
  readonly manifest: AofManifest;
  /** Size in bytes by name, of every listed file that exists. */
  readonly sizes: ReadonlyMap<string, number>;
  /** Files of this append-only file that the manifest does not list, sorted by name. Strangers are not among them. */
  readonly strays: readonly AofStray[];
}

/** A file that no reader looks at: what a writer left that was stopped, or what somebody took out of the manifest. */
export interface AofStray {
  readonly name: string;
  readonly part: NamedPart;
  readonly sizeBytes: number;
}

/**
 * Reads the directory. Undefined when there is no manifest, and no file with content that could have been in one: a writer that was
 * stopped before its first manifest leaves an empty incr.
 *
 * Throws AOF_MANIFEST_MISSING when files stand there without a manifest, AofFormatError for a manifest that servers refuse,
 * FileError. Listed files may be missing: requireFiles() is for those who need them.
 */
export async function openDirectory(
  files: FileSystem,
  path: string,
  fileName: string,
  manifestPath = join(path, manifestName(fileName)),
): Promise<AofDirectory | undefined> {
  const info = await files.stat(path);
  if (info === undefined) return undefined;
  const names = await files.list(path);
  const manifest = await readManifest(files, manifestPath);
  const listed = manifest === undefined ? [] : [...loadedFiles(manifest), ...manifest.history];
  const sizes = await sizesOf(files, path, listed);
  const strays = await straysOf(files, path, { fileName, names, sizes });
  if (manifest !== undefined) return { path, fileName, manifestPath, manifest, sizes, strays };
  const part = strays.find((stray) => stray.part.kind !== "temporary" && stray.sizeBytes > 0);
  if (part === undefined) return undefined;
  const detail =
    `${part.name} stands in the directory, but no ${manifestName(fileName)}: ` +
    "bring the manifest back, or move the files away to start from nothing";
  throw new AofError("AOF_MANIFEST_MISSING", path, detail);
}

/** Throws AOF_FILE_MISSING for the first listed base or incr that is not there, AOF_NOT_A_FILE if it is a directory or the like. */
export function requireFiles(directory: AofDirectory): void {
  const missing = loadedFiles(directory.manifest).find(({ name }) => !directory.sizes.has(name));
  if (missing === undefined) return;
  const detail =
    `the manifest lists ${missing.name}, which is not there as a file: bring it back from a copy, ` +
    "or take its line out of the manifest and lose what was in it";
  throw new AofError("AOF_FILE_MISSING", join(directory.path, missing.name), detail);
}

/** The manifest at this path; undefined when there is none. */
export async function readManifest(files: FileSystem, path: string): Promise<AofManifest | undefined> {
  const info = await files.stat(path);
  if (info === undefined) return undefined;
  if (info.kind !== "file") {
    throw new AofError("AOF_NOT_A_FILE", path, "the manifest's name belongs to something that is no file");
  }
  if (info.sizeBytes > MANIFEST_BYTES_MAX) {
    const detail = `a manifest of ${info.sizeBytes} bytes, at most ${MANIFEST_BYTES_MAX} are read`;
    throw new AofFormatError("AOF_MANIFEST_TOO_LARGE", detail, { offset: 0, path });
  }
  return parseManifest(await readStart(files, path, MANIFEST_BYTES_MAX), path);
}

async function sizesOf(
  files: FileSystem,
  path: string,
  listed: readonly AofFileInfo[],
): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  for (const { name } of listed) {
    const info = await files.stat(join(path, name));
    if (info?.kind === "file") sizes.set(name, info.sizeBytes);
  }
  return sizes;
}

async function straysOf(
  files: FileSystem,
  path: string,
  known: {
    readonly fileName: string;
    readonly names: readonly string[];
    readonly sizes: ReadonlyMap<string, number>;
  },
): Promise<AofStray[]> {
  const strays: AofStray[] = [];
  for (const name of known.names) {
    const part = known.sizes.has(name) ? undefined : namedPart(known.fileName, name);
    if (part === undefined) continue;
    const info = await files.stat(join(path, name));
    if (info?.kind === "file") strays.push({ name, part, sizeBytes: info.sizeBytes });
  }
  return strays;
}

/** The files that a server loads, in its order, whether they stand in a directory or one stands by itself. */
import { basename, join } from "node:path";
import type { AofLocation } from "./locate-aof.ts";
import { type AofFileInfo, type AofRole, loadedFiles } from "./manifest.ts";

export interface LoadedFile {
  readonly name: string;
  readonly path: string;
  /** "single": a file by itself, without a manifest. */
  readonly role: AofRole | "single";
  /** Undefined for a single file. */
  readonly sequence: number | undefined;
  /** Whether a server appends to it, and cuts its end when that is missing. */
  readonly isLast: boolean;
}

export function loadedFilesOf(location: AofLocation): LoadedFile[] {
  if (location.kind === "file") {
    const { path } = location;
    return [{ name: basename(path), path, role: "single", sequence: undefined, isLast: true }];
  }
  const { path, manifest } = location.directory;
  const listed = loadedFiles(manifest);
  return listed.map((info, index) => loadedFile(path, info, index === listed.length - 1));
}

/** Files that are kept, and that no server loads. */
export function historyFilesOf(location: AofLocation): LoadedFile[] {
  if (location.kind === "file") return [];
  const { path, manifest } = location.directory;
  return manifest.history.map((info) => loadedFile(path, info, false));
}

function loadedFile(directory: string, { name, role, sequence }: AofFileInfo, isLast: boolean): LoadedFile {
  return { name, path: join(directory, name), role, sequence, isLast };
}

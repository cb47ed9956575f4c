/**
 * A file system around another one that is asked before every changing call: what faults, recordings and crashes are made of.
 *
 * Changing calls are those after which a disk may look different: creating (opening for "create" or "append"), append,
 * truncate, syncs, rename, remove, making a directory. Looking and reading go straight through.
 */

import type { File, FileSystem } from "../file-system.ts";

export interface FileCall {
  readonly operation:
    | "create"
    | "open"
    | "append"
    | "truncate"
    | "sync-data"
    | "sync"
    | "rename"
    | "remove"
    | "make-directory"
    | "sync-directory";
  /** The path as it was given; for a rename, the old one. */
  readonly path: string;
  /** The new path of a rename. */
  readonly to?: string;
  /** The bytes of an append, borrowed for the call. */
  readonly bytes?: Uint8Array;
  /** The size that a truncate asks for. */
  readonly sizeBytes?: number;
}

/** Makes the call by `run`, or does something else. `file` is the inner file of calls on an open one. */
export type Interceptor = <T>(call: FileCall, run: () => Promise<T>, file?: File) => Promise<T>;

export function interceptFiles(inner: FileSystem, intercept: Interceptor): FileSystem {
  return {
    open: async (path, mode) => {
      if (mode === "read") return inner.open(path, mode);
      const operation = mode === "create" ? "create" : "open";
      return interceptFile(await intercept({ operation, path }, () => inner.open(path, mode)), intercept);
    },
    rename: (path, to) => intercept({ operation: "rename", path, to }, () => inner.rename(path, to)),
    remove: (path) => intercept({ operation: "remove", path }, () => inner.remove(path)),
    list: (directory) => inner.list(directory),
    stat: (path) => inner.stat(path),
    makeDirectory: (path) =>
      intercept({ operation: "make-directory", path }, () => inner.makeDirectory(path)),
    syncDirectory: (path) =>
      intercept({ operation: "sync-directory", path }, () => inner.syncDirectory(path)),
  };
}

function interceptFile(file: File, intercept: Interceptor): File {
  const { path } = file;
  return {
    path,
    size: () => file.size(),
    readAt: (offset, target) => file.readAt(offset, target),
    append: (bytes) => intercept({ operation: "append", path, bytes }, () => file.append(bytes), file),
    truncate: (sizeBytes) =>
      intercept({ operation: "truncate", path, sizeBytes }, () => file.truncate(sizeBytes), file),
    syncData: () => intercept({ operation: "sync-data", path }, () => file.syncData(), file),
    sync: () => intercept({ operation: "sync", path }, () => file.sync(), file),
    close: () => file.close(),
  };
}

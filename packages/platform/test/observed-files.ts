/** A file system around another one that writes down every changing call, and fails the calls it is told to. */

import { basename } from "node:path";
import { type File, FileError, type FileSystem } from "../src/index.ts";

export interface ObservedFiles {
  readonly files: FileSystem;
  /** Such as "create .x.0.tmp", "append 3", "sync", "rename x", in the order they were made. */
  readonly calls: string[];
}

/** `fail` names the first word of the calls that fail, with the code they fail with. */
export function observedFiles(inner: FileSystem, fail: Readonly<Record<string, string>> = {}): ObservedFiles {
  const calls: string[] = [];
  async function call<T>(operation: string, detail: string, run: () => Promise<T>): Promise<T> {
    calls.push(`${operation} ${detail}`.trim());
    const code = fail[operation];
    if (code !== undefined) throw new FileError(operation, detail, code, "told to fail");
    return run();
  }
  const observe = (file: File): File => ({
    path: file.path,
    size: () => file.size(),
    readAt: (offset, target) => file.readAt(offset, target),
    append: (bytes) => call("append", `${bytes.length}`, () => file.append(bytes)),
    truncate: (sizeBytes) => call("truncate", `${sizeBytes}`, () => file.truncate(sizeBytes)),
    syncData: () => call("sync-data", "", () => file.syncData()),
    sync: () => call("sync", "", () => file.sync()),
    close: () => file.close(),
  });
  const files: FileSystem = {
    ...inner,
    open: (path, mode) => call(mode, basename(path), async () => observe(await inner.open(path, mode))),
    rename: (from, to) => call("rename", basename(to), () => inner.rename(from, to)),
    remove: (path) => call("remove", basename(path), () => inner.remove(path)),
    syncDirectory: (path) => call("sync-directory", "", () => inner.syncDirectory(path)),
  };
  return { files, calls };
}

/**
 * The file door on Node: node:fs for open files, fs-extra for the chores, loaded with the first of them.
 */

import type { Stats } from "node:fs";
import { type FileHandle, open, readdir, rename, stat, unlink } from "node:fs/promises";
import { FileError, FileExistsError } from "../errors.ts";
import type { File, FileInfo, FileSystem, OpenMode } from "../file-system.ts";
import { systemFailure } from "../system-failure.ts";
import { UncachedWrites } from "./uncached-writes.ts";

/** Flags of open(2) as Node spells them: "ax+" appends, reads, and fails when the file exists. */
const FLAGS: Readonly<Record<OpenMode, string>> = { read: "r", create: "ax+", append: "a+" };

/** The real file system. Paths are relative to the working directory. */
export function nodeFiles(): FileSystem {
  return {
    open: openFile,
    rename: (from, to) => attempt("rename", from, () => rename(from, to)),
    remove: (path) => attempt("remove", path, () => unlink(path)),
    list: (directory) => attempt("list", directory, async () => (await readdir(directory)).sort()),
    stat: statPath,
    makeDirectory: (path) =>
      attempt("make directory", path, async () => (await import("fs-extra/esm")).ensureDir(path)),
    syncDirectory: (path) => attempt("sync directory", path, () => syncDirectory(path)),
  };
}

async function openFile(path: string, mode: OpenMode): Promise<File> {
  return attempt(mode === "create" ? "create" : "open", path, async () => {
    const handle = await open(path, FLAGS[mode]);
    try {
      return new NodeFile(path, handle, await handle.stat(), mode === "create");
    } catch (error) {
      await handle.close();
      throw error;
    }
  });
}

async function statPath(path: string): Promise<FileInfo | undefined> {
  try {
    const found = await stat(path);
    return {
      kind: found.isFile() ? "file" : found.isDirectory() ? "directory" : "other",
      sizeBytes: found.size,
      modifiedAtMs: found.mtimeMs,
    };
  } catch (error) {
    const { code } = systemFailure(error);
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw fileError("look at", path, error);
  }
}

async function syncDirectory(path: string): Promise<void> {
  // Windows cannot open a directory, and keeps names without being asked.
  if (process.platform === "win32") return;
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

class NodeFile implements File {
  readonly path: string;
  readonly #handle: FileHandle;
  /** Only regular files can be read at an offset. */
  readonly #seekable: boolean;
  /** For files of our own making: nobody else appends to them, so their size is known. */
  readonly #uncached: UncachedWrites | undefined;
  /** As far as it was written here. */
  #sizeBytes: number;
  #closed = false;

  constructor(path: string, handle: FileHandle, found: Stats, isOurs: boolean) {
    this.path = path;
    this.#handle = handle;
    this.#seekable = found.isFile();
    this.#sizeBytes = found.size;
    this.#uncached = isOurs ? new UncachedWrites(handle) : undefined;
  }

  async size(): Promise<number> {
    return (await this.#attempt("look at", () => this.#handle.stat())).size;
  }

  async readAt(offset: number, target: Uint8Array): Promise<number> {
    const position = this.#seekable ? offset : null;
    const read = () => this.#handle.read(target, 0, target.length, position);
    return (await this.#attempt("read", read)).bytesRead;
  }

  async append(bytes: Uint8Array): Promise<void> {
    await this.#attempt("write", async () => {
      let at = (await this.#uncached?.write(bytes, this.#sizeBytes)) ?? 0;
      this.#sizeBytes += at;
      // A short write is no error of write(2): the next call then says what is wrong, such as ENOSPC.
      while (at < bytes.length) {
        const { bytesWritten } = await this.#handle.write(bytes, at, bytes.length - at, null);
        at += bytesWritten;
        this.#sizeBytes += bytesWritten;
      }
    });
  }

  async truncate(sizeBytes: number): Promise<void> {
    await this.#attempt("truncate", () => this.#handle.truncate(sizeBytes));
    this.#sizeBytes = sizeBytes;
  }

  syncData(): Promise<void> {
    return this.#attempt("sync", () => this.#handle.datasync());
  }

  sync(): Promise<void> {
    return this.#attempt("sync", () => this.#handle.sync());
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#attempt("close", async () => {
      await this.#uncached?.close();
      await this.#handle.close();
    });
  }

  #attempt<T>(operation: string, call: () => Promise<T>): Promise<T> {
    return attempt(operation, this.path, call);
  }
}

async function attempt<T>(operation: string, path: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw fileError(operation, path, error);
  }
}

function fileError(operation: string, path: string, error: unknown): FileError {
  const { code, detail } = systemFailure(error);
  if (code === "EEXIST") return new FileExistsError(operation, path, "it exists already", error);
  return new FileError(operation, path, code, detail, error);
}

/**
 * A file system in memory that forgets what was not synced: the file door of crash tests.
 *
 * While nothing crashes it is an ordinary file system. `afterCrash` gives the disk as a power cut at this moment would leave it:
 * a file's bytes are sure up to its last sync, a name once its directory was synced. Every other change of a name (a
 * create, a removal, a rename as a whole) is drawn by itself, done or undone, whatever the order they were made in. Directories
 * themselves are lasting as soon as they are made.
 *
 * Content is the matter of memory-file-content.ts. Paths are normalised; "/" and "." are one root.
 */

import { dirname, join, normalize } from "node:path/posix";
import { FileError, FileExistsError } from "../errors.ts";
import type { File, FileInfo, FileSystem, OpenMode } from "../file-system.ts";
import { type CrashDraw, MemoryFileContent } from "./memory-file-content.ts";

/** One change of names that is not sure yet: each path with what it names afterwards, undefined for nothing. */
type NameChange = Map<string, MemoryFileContent | undefined>;

export class StrictMemoryFiles implements FileSystem {
  readonly #directories = new Set<string>(["."]);
  /** By path: what programs see. */
  readonly #now = new Map<string, MemoryFileContent>();
  /** By path: what no crash can take back. */
  readonly #lasting = new Map<string, MemoryFileContent>();
  #pending: NameChange[] = [];
  readonly #failingSyncs = new Set<string>();

  async open(path: string, mode: OpenMode): Promise<File> {
    const name = clean(path);
    const operation = mode === "create" ? "create" : "open";
    if (this.#directories.has(name))
      throw failure(operation, path, "EISDIR", "illegal operation on a directory");
    const found = this.#now.get(name);
    if (found !== undefined) {
      if (mode === "create") throw new FileExistsError(operation, path);
      return this.#handle(path, found, mode);
    }
    if (mode === "read") throw missing(operation, path);
    this.#requireDirectory(operation, path, dirname(name));
    const content = new MemoryFileContent();
    this.#change(new Map([[name, content]]));
    return this.#handle(path, content, mode);
  }

  async rename(from: string, to: string): Promise<void> {
    const content = this.#now.get(clean(from));
    if (content === undefined) throw missing("rename", from);
    const target = clean(to);
    if (this.#directories.has(target))
      throw failure("rename", from, "EISDIR", "illegal operation on a directory");
    this.#requireDirectory("rename", from, dirname(target));
    if (target !== clean(from))
      this.#change(
        new Map([
          [clean(from), undefined],
          [target, content],
        ]),
      );
  }

  async remove(path: string): Promise<void> {
    const name = clean(path);
    if (this.#directories.has(name))
      throw failure("remove", path, "EISDIR", "illegal operation on a directory");
    if (!this.#now.has(name)) throw missing("remove", path);
    this.#change(new Map([[name, undefined]]));
  }

  async list(directory: string): Promise<readonly string[]> {
    const name = clean(directory);
    this.#requireDirectory("list", directory, name);
    const below = [...this.#now.keys(), ...this.#directories].filter(
      (each) => each !== name && dirname(each) === name,
    );
    return below
      .map((each) => each.slice(each.lastIndexOf("/") + 1))
      .filter((each) => each !== ".")
      .sort();
  }

  async stat(path: string): Promise<FileInfo | undefined> {
    const name = clean(path);
    if (this.#directories.has(name)) return { kind: "directory", sizeBytes: 0, modifiedAtMs: 0 };
    const content = this.#now.get(name);
    if (content === undefined) return undefined;
    return { kind: "file", sizeBytes: content.sizeBytes, modifiedAtMs: content.modifiedAtMs };
  }

  async makeDirectory(path: string): Promise<void> {
    for (let name = clean(path); !this.#directories.has(name); name = dirname(name)) {
      if (this.#now.has(name)) throw new FileExistsError("make directory", path);
      this.#directories.add(name);
    }
  }

  async syncDirectory(path: string): Promise<void> {
    const directory = clean(path);
    this.#requireDirectory("sync directory", path, directory);
    for (const change of this.#pending) {
      for (const [name, content] of change) {
        if (dirname(name) !== directory) continue;
        setName(this.#lasting, name, content);
        change.delete(name);
      }
    }
    this.#pending = this.#pending.filter((change) => change.size > 0);
  }

  /** Makes everything that is there now sure, as a disk that was left alone for long. */
  syncEverything(): void {
    for (const content of this.#now.values()) content.sync();
    this.#lasting.clear();
    for (const [name, content] of this.#now) this.#lasting.set(name, content);
    this.#pending = [];
  }

  /** The next sync of this file rejects with EIO: what it covered is lost, and its handle syncs no more. */
  failNextSync(path: string): void {
    this.#failingSyncs.add(clean(path));
  }

  /** The disk that a crash at this moment leaves, as a file system of its own in which everything is sure. */
  afterCrash(draw: CrashDraw): StrictMemoryFiles {
    const names = new Map(this.#lasting);
    for (const change of this.#pending) {
      const isDone = draw === "everything" || (draw !== "nothing" && draw.below(2) === 0);
      if (isDone) for (const [name, content] of change) setName(names, name, content);
    }
    const image = new StrictMemoryFiles();
    for (const directory of this.#directories) image.#directories.add(directory);
    // A file that two names show (a rename half undone) has one content, drawn once.
    const contents = new Map<MemoryFileContent, MemoryFileContent>();
    for (const [name, content] of names) {
      const after = contents.get(content) ?? MemoryFileContent.lasting(content.afterCrash(draw));
      contents.set(content, after);
      image.#now.set(name, after);
    }
    image.syncEverything();
    return image;
  }

  #handle(path: string, content: MemoryFileContent, mode: OpenMode): File {
    return new MemoryFile(path, content, mode !== "read", () => this.#failingSyncs.delete(clean(path)));
  }

  #change(change: NameChange): void {
    for (const [name, content] of change) setName(this.#now, name, content);
    this.#pending.push(change);
  }

  #requireDirectory(operation: string, path: string, directory: string): void {
    if (this.#now.has(directory)) throw failure(operation, path, "ENOTDIR", "not a directory");
    if (!this.#directories.has(directory)) throw missing(operation, path);
  }
}

class MemoryFile implements File {
  readonly path: string;
  readonly #content: MemoryFileContent;
  readonly #isWritable: boolean;
  readonly #takeSyncFailure: () => boolean;
  #isClosed = false;
  #syncFailed = false;

  constructor(path: string, content: MemoryFileContent, isWritable: boolean, takeSyncFailure: () => boolean) {
    this.path = path;
    this.#content = content;
    this.#isWritable = isWritable;
    this.#takeSyncFailure = takeSyncFailure;
  }

  async size(): Promise<number> {
    this.#requireOpen("look at");
    return this.#content.sizeBytes;
  }

  async readAt(offset: number, target: Uint8Array): Promise<number> {
    this.#requireOpen("read");
    return this.#content.readAt(offset, target);
  }

  async append(bytes: Uint8Array): Promise<void> {
    this.#requireWritable("write", "EBADF", "bad file descriptor");
    this.#content.append(bytes);
  }

  async truncate(sizeBytes: number): Promise<void> {
    this.#requireWritable("truncate", "EINVAL", "invalid argument");
    this.#content.truncate(sizeBytes);
  }

  syncData(): Promise<void> {
    return this.sync();
  }

  async sync(): Promise<void> {
    this.#requireOpen("sync");
    if (this.#takeSyncFailure()) {
      this.#content.failSync();
      this.#syncFailed = true;
    }
    if (this.#syncFailed) throw failure("sync", this.path, "EIO", "i/o error");
    this.#content.sync();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
  }

  #requireOpen(operation: string): void {
    if (this.#isClosed) throw failure(operation, this.path, "EBADF", "file closed");
  }

  #requireWritable(operation: string, code: string, detail: string): void {
    this.#requireOpen(operation);
    if (!this.#isWritable) throw failure(operation, this.path, code, detail);
  }
}

function clean(path: string): string {
  return normalize(join(".", path)).replace(/(?<=.)\/+$/, "");
}

function setName(
  names: Map<string, MemoryFileContent>,
  name: string,
  content: MemoryFileContent | undefined,
): void {
  if (content === undefined) names.delete(name);
  else names.set(name, content);
}

function missing(operation: string, path: string): FileError {
  return failure(operation, path, "ENOENT", "no such file or directory");
}

function failure(operation: string, path: string, code: string, detail: string): FileError {
  return new FileError(operation, path, code, detail);
}

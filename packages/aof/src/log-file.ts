/**
 * One file of the log, open for appending: whole writes or none, and syncs that may run beside a write.
 *
 * Calls on one open file must not overlap, so there are two: one to write, one to sync. Both were open before anything was written,
 * so the sync hears of every write that failed later, as Linux keeps that for each open file.
 */
import { join } from "node:path";
import type { File, FileSystem, OpenMode } from "@holdfast/platform";

export class LogFile {
  readonly path: string;
  readonly name: string;
  readonly #writing: File;
  readonly #syncing: File;
  #sizeBytes: number;
  /** Bytes of a failed write may stand behind `sizeBytes`. */
  #isTorn = false;

  private constructor(
    name: string,
    open: { readonly writing: File; readonly syncing: File; readonly sizeBytes: number },
  ) {
    this.name = name;
    this.path = open.writing.path;
    this.#writing = open.writing;
    this.#syncing = open.syncing;
    this.#sizeBytes = open.sizeBytes;
  }

  /** "create" for a new file, "append" to go on in one. Throws FileError. */
  static async open(
    files: FileSystem,
    directory: string,
    name: string,
    mode: Exclude<OpenMode, "read">,
  ): Promise<LogFile> {
    const path = join(directory, name);
    const writing = await files.open(path, mode);
    try {
      const syncing = await files.open(path, "append");
      return new LogFile(name, { writing, syncing, sizeBytes: await writing.size() });
    } catch (error) {
      await writing.close().catch(() => {});
      throw error;
    }
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Writes all of it, or throws FileError with the file as it was; where even that fails, the next append cuts first. */
  async append(bytes: Uint8Array): Promise<void> {
    await this.#cutBack();
    this.#isTorn = true;
    try {
      await this.#writing.append(bytes);
    } catch (error) {
      // The first failure is the one to report; the cut is tried again before anything else is written.
      await this.#cutBack().catch(() => {});
      throw error;
    }
    this.#isTorn = false;
    this.#sizeBytes += bytes.length;
  }

  /** Makes what was written before lasting. May run beside append(). After a failure nothing is known any more. */
  sync(): Promise<void> {
    return this.#syncing.syncData();
  }

  async close(): Promise<void> {
    await Promise.all([this.#writing.close(), this.#syncing.close()]);
  }

  async #cutBack(): Promise<void> {
    if (!this.#isTorn) return;
    await this.#writing.truncate(this.#sizeBytes);
    this.#isTorn = false;
  }
}

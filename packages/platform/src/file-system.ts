/**
 * The first door: files and directories.
 *
 * Two things survive a crash only when asked: a file's bytes, up to its last sync; a name (after a create, a rename
 * or a removal), once its directory was synced. Every failure rejects with a FileError whose `code` is the system's
 * (ENOENT, ENOSPC, EIO); a failed sync means that the bytes it covered may be lost, and later syncs of the same
 * handle prove nothing.
 */

/**
 * - "read": the file must exist; only readAt() works.
 * - "create": the file must not exist (FileExistsError); reading and writing.
 * - "append": the file is made when it is missing, kept as it is when not; reading and writing.
 */
export type OpenMode = "read" | "create" | "append";

export interface FileInfo {
  /** "other" is a pipe, a device or a socket. */
  readonly kind: "file" | "directory" | "other";
  readonly sizeBytes: number;
  /** Time of the last change of content, Unix milliseconds. */
  readonly modifiedAtMs: number;
}

export interface FileSystem {
  open(path: string, mode: OpenMode): Promise<File>;
  /** Replaces whatever file has the new name, in one step. Lasting once the directory is synced. */
  rename(from: string, to: string): Promise<void>;
  /** Removes one file. */
  remove(path: string): Promise<void>;
  /** The names in a directory, sorted by their code units, without "." and "..". */
  list(directory: string): Promise<readonly string[]>;
  /** What stands behind the name, links followed; undefined when there is nothing. */
  stat(path: string): Promise<FileInfo | undefined>;
  /** Makes the directory and those above it; it may exist already. */
  makeDirectory(path: string): Promise<void>;
  /** Makes all creates, renames and removals in this directory lasting. */
  syncDirectory(path: string): Promise<void>;
}

/**
 * An open file. Calls on one file must not overlap, except for reads, and for a syncData() beside which append() goes on: it covers
 * what was appended before it began.
 */
export interface File {
  readonly path: string;
  /** Size now, in bytes. */
  size(): Promise<number>;
  /**
   * Fills `target` from this offset and returns how many bytes there were: fewer than `target` holds is possible at
   * any place, 0 only at the end. A pipe or device ignores the offset and goes on where it was.
   */
  readAt(offset: number, target: Uint8Array): Promise<number>;
  /** Writes all of the bytes behind the end. After an error any part of them may stand there. */
  append(bytes: Uint8Array): Promise<void>;
  /** Cuts the file to this size, or fills it up with zeros. */
  truncate(sizeBytes: number): Promise<void>;
  /** Makes the content lasting, and of the metadata what is needed to read it. */
  syncData(): Promise<void>;
  /** Makes content and metadata lasting. */
  sync(): Promise<void>;
  /** Closing does not sync. Closing twice is allowed. */
  close(): Promise<void>;
}

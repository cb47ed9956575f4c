/**
 * What can go wrong at the doors: the operating system said no.
 *
 * `code` is the system's own name (ENOENT, ENOSPC, EIO, ECONNREFUSED): callers match it, people read the message.
 */

/** A call on a file or directory failed. `cause` is the system's error. */
export class FileError extends Error {
  override readonly name: string = "FileError";
  readonly code: string;
  /** What was tried, as a verb: "open", "read", "rename". */
  readonly operation: string;
  readonly path: string;

  /** The message reads `cannot operation path: detail (code)`. */
  constructor(operation: string, path: string, code: string, detail: string, cause?: unknown) {
    super(`cannot ${operation} ${path}: ${detail} (${code})`, cause === undefined ? undefined : { cause });
    this.code = code;
    this.operation = operation;
    this.path = path;
  }
}

/** Something already has the name that was to be written, and replacing it was not allowed. */
export class FileExistsError extends FileError {
  override readonly name = "FileExistsError";

  constructor(operation: string, path: string, detail = "it exists already", cause?: unknown) {
    super(operation, path, "EEXIST", detail, cause);
  }
}

/** A connection could not be made or broke. `cause` is the system's error. */
export class ConnectionError extends Error {
  override readonly name = "ConnectionError";
  readonly code: string;
  /** The other side, as `host:port` or the path of a Unix socket. */
  readonly peer: string;

  /** The message reads `what peer: detail (code)`. */
  constructor(what: string, peer: string, code: string, detail: string, cause?: unknown) {
    super(`${what} ${peer}: ${detail} (${code})`, cause === undefined ? undefined : { cause });
    this.code = code;
    this.peer = peer;
  }
}

/**
 * The error that every format shares: bad bytes, and where they are.
 *
 * A package makes one subclass with its own union of codes; tests and tools match `code`, people read the
 * message. The offset counts bytes from the start of the stream to the first byte that cannot be explained.
 */

/** Where bad bytes were met: `offset` in bytes from the start of the stream, `path` when there is a file. */
export interface FormatErrorPlace {
  readonly offset: number;
  readonly path?: string | undefined;
  readonly cause?: unknown;
}

/** Bad bytes in some format. Carries where, so that a tool can point at them. */
export class FormatError extends Error {
  override readonly name: string = "FormatError";
  readonly format: string;
  readonly code: string;
  readonly offset: number;
  readonly path: string | undefined;

  /** The message reads `format: detail (path at offset n)`. */
  constructor(format: string, code: string, detail: string, where: FormatErrorPlace) {
    const place =
      where.path === undefined ? `offset ${where.offset}` : `${where.path} at offset ${where.offset}`;
    super(`${format}: ${detail} (${place})`, where.cause === undefined ? undefined : { cause: where.cause });
    this.format = format;
    this.code = code;
    this.offset = where.offset;
    this.path = where.path;
  }
}

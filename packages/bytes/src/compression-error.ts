/** What can be wrong with a compressed container. */

import { FormatError } from "./errors.ts";

/**
 * - COMPRESSION_TRUNCATED: the input ends inside the container.
 * - COMPRESSION_CORRUPT: bytes that the format does not allow, a checksum that does not fit, or bytes behind the end.
 * - COMPRESSION_UNSUPPORTED: sound, but it needs a dictionary, or more memory than this version of Node gets at.
 */
export type CompressionErrorCode =
  | "COMPRESSION_TRUNCATED"
  | "COMPRESSION_CORRUPT"
  | "COMPRESSION_UNSUPPORTED";

/** A container that cannot be opened. The offset counts compressed bytes. */
export class CompressionError extends FormatError {
  override readonly name = "CompressionError";
  declare readonly code: CompressionErrorCode;

  constructor(
    container: "zstd" | "gzip",
    code: CompressionErrorCode,
    detail: string,
    where: { readonly offset: number; readonly cause?: unknown },
  ) {
    super(container, code, detail, where);
  }
}

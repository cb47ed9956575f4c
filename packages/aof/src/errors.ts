/**
 * What can be wrong with an append-only file, apart from the system's own errors (FileError of platform): bad bytes with their
 * place, and the rest with a next step.
 */
import { FormatError } from "@holdfast/bytes";
import type { AofProblemCode } from "./problem-codes.ts";

export type AofFormatErrorCode =
  | "AOF_MANIFEST_EMPTY"
  | "AOF_MANIFEST_UNENDED_LINE"
  | "AOF_MANIFEST_LONG_LINE"
  | "AOF_MANIFEST_BAD_LINE"
  | "AOF_MANIFEST_BAD_NAME"
  | "AOF_MANIFEST_BAD_NUMBER"
  | "AOF_MANIFEST_BAD_TYPE"
  | "AOF_MANIFEST_TWO_BASES"
  | "AOF_MANIFEST_BAD_ORDER"
  | "AOF_MANIFEST_TOO_LARGE"
  | AofProblemCode;

export interface AofErrorPlace {
  /** Bytes from the start of the file to the first one that cannot be explained. */
  readonly offset: number;
  readonly path?: string | undefined;
  /** Of a manifest: its line, counted from 1 as servers count. */
  readonly line?: number | undefined;
  readonly cause?: unknown;
}

/** Bad bytes in an append-only file or its manifest. */
export class AofFormatError extends FormatError {
  override readonly name = "AofFormatError";
  declare readonly code: AofFormatErrorCode;
  readonly line: number | undefined;

  constructor(code: AofFormatErrorCode, detail: string, where: AofErrorPlace) {
    super("aof", code, where.line === undefined ? detail : `line ${where.line}: ${detail}`, where);
    this.line = where.line;
  }
}

export type AofErrorCode =
  | "AOF_NOT_FOUND"
  | "AOF_MANIFEST_MISSING"
  | "AOF_MANY_MANIFESTS"
  | "AOF_FILE_MISSING"
  | "AOF_NOT_A_FILE"
  | "AOF_CHANGED"
  | "AOF_CANNOT_REPAIR"
  | "AOF_TIME_NOT_COVERED"
  | "AOF_TAIL_TRUNCATED"
  | "AOF_TAIL_DAMAGED"
  | "AOF_WRITE_FAILED"
  | "AOF_SYNC_FAILED"
  | "AOF_CLOSED"
  | "AOF_REWRITE_RUNNING";

/** An append-only file that cannot be used as it is, although no byte of it is bad. The message ends in a next step. */
export class AofError extends Error {
  override readonly name = "AofError";
  readonly code: AofErrorCode;
  readonly path: string;

  constructor(code: AofErrorCode, path: string, detail: string, cause?: unknown) {
    super(`aof: ${detail} (${path})`, cause === undefined ? undefined : { cause });
    this.code = code;
    this.path = path;
  }
}

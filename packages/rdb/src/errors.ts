/**
 * What can be wrong with RDB bytes: one code per rule, so that tests and tools match the code and
 * people read the message.
 */
import { FormatError } from "@holdfast/bytes";

export type RdbErrorCode =
  | "RDB_BAD_MAGIC"
  | "RDB_UNSUPPORTED_VERSION"
  | "RDB_TRUNCATED"
  | "RDB_CHECKSUM_MISMATCH"
  | "RDB_UNKNOWN_TYPE"
  | "RDB_UNSUPPORTED_TYPE"
  | "RDB_BAD_LENGTH"
  | "RDB_BAD_STRING"
  | "RDB_BAD_LZF"
  | "RDB_BAD_LISTPACK"
  | "RDB_BAD_ZIPLIST"
  | "RDB_BAD_INTSET"
  | "RDB_BAD_ZIPMAP"
  | "RDB_BAD_QUICKLIST"
  | "RDB_BAD_STREAM"
  | "RDB_BAD_SCORE"
  | "RDB_BAD_EXPIRY"
  | "RDB_BAD_MODULE"
  | "RDB_BAD_META"
  | "RDB_BAD_ARRAY"
  | "RDB_BAD_TEMPLATE"
  | "RDB_BAD_SLOT"
  | "RDB_BAD_ORDER"
  | "RDB_DUPLICATE_ELEMENT"
  | "RDB_DUPLICATE_KEY"
  | "RDB_LIMIT";

/** Things that servers live with, but that the owner of the file should know. */
export type RdbWarningCode = "RDB_EMPTY_VALUE" | "RDB_STREAM_LENGTH" | "RDB_DUPLICATES_UNCHECKED";

/** Where in the data an error was found, as far as it was known. */
export interface RdbPlace {
  readonly offset: number;
  readonly path?: string | undefined;
  readonly db?: number | undefined;
  /** Owned copy of the key's bytes. */
  readonly key?: Uint8Array | undefined;
  /** Name of the value type in the format's own words, such as HASH_LISTPACK. */
  readonly typeName?: string | undefined;
  readonly cause?: unknown;
}

/**
 * Bytes that are not a sound RDB. `offset` is of the first byte that cannot be explained, from the
 * start of the stream; inside a packed or compressed value it is the offset of the string that holds
 * it and the message adds the inner offset.
 */
export class RdbFormatError extends FormatError {
  override readonly name = "RdbFormatError";
  declare readonly code: RdbErrorCode;
  readonly db: number | undefined;
  readonly key: Uint8Array | undefined;
  readonly typeName: string | undefined;
  /** The sentence without the place, for tools that print the place in their own way. */
  readonly detail: string;

  constructor(code: RdbErrorCode, detail: string, place: RdbPlace) {
    const where: { offset: number; path?: string; cause?: unknown } = { offset: place.offset };
    if (place.path !== undefined) where.path = place.path;
    if (place.cause !== undefined) where.cause = place.cause;
    super("rdb", code, detail, where);
    this.detail = detail;
    this.db = place.db;
    this.key = place.key;
    this.typeName = place.typeName;
  }
}

/**
 * Thrown inside the decoder where the damage is seen, by code that knows the place in the window but
 * neither key nor stream; the decoder turns it into an RdbFormatError. Not an Error: no stack is kept.
 */
export class Damage {
  readonly code: RdbErrorCode;
  readonly detail: string;
  /** Index in the window's buffer, or -1 for "where the cursor stands". */
  readonly at: number;

  constructor(code: RdbErrorCode, detail: string, at: number) {
    this.code = code;
    this.detail = detail;
    this.at = at;
  }
}

/** What a decoder can be told, with the defaults. */
import type { ReadLevel } from "./events.ts";
import type { RdbDialect } from "./format.ts";
import type { KeyHead } from "./key-record.ts";
import type { RecordLane } from "./lane.ts";
import type { ScanLimits } from "./values/value-scan.ts";

/** A decoder that starts at a record in the middle of a file: what it would know had it read the rest. */
export interface ResumePoint {
  readonly dialect: RdbDialect;
  readonly version: number;
  readonly db: number;
  /** Stream offset of the first byte that will be pushed: the first byte of a record. */
  readonly offset: number;
  readonly templates?: ReadonlyMap<number, readonly Uint8Array[]>;
}

export interface RdbDecoderOptions {
  /** How much of each value is read. Default "items". */
  readonly level?: ReadLevel;
  /**
   * Chooses the level for each key before its value is read; "omit" steps over the key without an
   * event. What it gets is borrowed until it returns.
   */
  readonly select?: (head: KeyHead) => ReadLevel | "omit";
  /** At level "skip": hand over the numbers that the walk meets (walker.ts). Default false. */
  readonly trace?: boolean;
  /** Compute and compare the checksum. Default true. */
  readonly verifyChecksum?: boolean;
  /** Size of the input from the first byte of the stream on, when known: announced sizes are held against it. */
  readonly totalBytes?: number;
  /** Named in errors. */
  readonly path?: string;
  readonly resume?: ResumePoint;
  /** String values longer than this arrive as several chunks. Default 64 KiB. */
  readonly chunkBytes?: number;
  /** Most items in one batch. Default 256. */
  readonly batchItems?: number;
  /** Refuse a packed encoding (listpack, ziplist, …) above this with RDB_LIMIT. Default 64 MiB. */
  readonly packedLimitBytes?: number;
  /** Refuse a single element of a collection above this with RDB_LIMIT. Default 512 MiB. */
  readonly elementLimitBytes?: number;
  /** Level "check": memory for the members or fields of one value, to find duplicates. Default 32 MiB. */
  readonly duplicatesLimitBytes?: number;
  /**
   * For hot loops that pull events one by one: every key is the same object, valid only until the
   * following `next()`. Default false.
   */
  readonly reuseKeys?: boolean;
  /**
   * Reads runs of common keys at once, as `keys` or `records` events; made for the same level. Not used with `select`, unless it
   * says that its records need no choice, and where it finds nothing to read the decoder says what it would say without. It
   * serves this decoder alone until that is done.
   */
  readonly lane?: RecordLane | undefined;
  /** For tests: overwrite what was consumed at every push, so that a forgotten copy shows. Default false. */
  readonly poison?: boolean;
}

/** The limits that the options leave or set. */
export function limitsOf(options: RdbDecoderOptions): ScanLimits {
  return {
    batchItems: options.batchItems ?? 256,
    chunkBytes: options.chunkBytes ?? 64 * 1024,
    packedLimitBytes: options.packedLimitBytes ?? 64 * 1024 * 1024,
    elementLimitBytes: options.elementLimitBytes ?? 512 * 1024 * 1024,
    duplicatesLimitBytes: options.duplicatesLimitBytes ?? 32 * 1024 * 1024,
  };
}

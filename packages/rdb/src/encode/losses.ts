/** What a target cannot hold, and what goes wrong in encoding that is nobody's bytes' fault. */

/** The kind of thing that is left out. */
export type RdbLossKind =
  | "stream"
  | "module"
  | "vector-set"
  | "array"
  | "field-expiry"
  | "stream-counters"
  | "consumer-active-time"
  | "idempotency"
  | "nacked-entries"
  | "expiry"
  | "expiry-milliseconds"
  | "idle-time"
  | "frequency"
  | "key-metadata"
  | "function"
  | "script"
  | "module-aux"
  | "slot-import";

/** One thing of one key, or of the file, that the target cannot hold and that was left out. */
export interface RdbLoss {
  readonly kind: RdbLossKind;
  /** Undefined, as `key` is, for what belongs to the whole file. */
  readonly db: number | undefined;
  /** Owned copy. */
  readonly key: Uint8Array | undefined;
  /** True when the key itself is left out; false when it is written without this part. */
  readonly isWholeKey: boolean;
  /** How often it was met in this key: fields that expire, nacked entries; 1 where it is one thing. */
  readonly count: number;
}

export type RdbEncodeErrorCode =
  /** Events in an order, or with a content, that the decoder never makes: a mistake of the caller. */
  | "RDB_ENCODE_EVENTS"
  /** A value handed over as stored, in a form that the target does not read: decode it (`encodeLevel`). */
  | "RDB_ENCODE_NEEDS_ITEMS"
  /** A value too large to be held whose counts are not known before its end: count first (`RdbCounter`). */
  | "RDB_ENCODE_NOT_COUNTED"
  /** A size that the target's RDB version cannot express, or a group too large to be held. */
  | "RDB_ENCODE_TOO_LARGE";

/** The encoder cannot go on. What it has made so far is no file. */
export class RdbEncodeError extends Error {
  override readonly name = "RdbEncodeError";
  readonly code: RdbEncodeErrorCode;

  constructor(code: RdbEncodeErrorCode, detail: string) {
    super(`rdb: ${detail} (${code})`);
    this.code = code;
  }
}

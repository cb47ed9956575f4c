/** What all value sizers have in common: the estimator asks one per key, by the type's layout. */
import type { TypeRow } from "@holdfast/rdb";

/** What a key is, besides its trace. */
export interface KeyFacts {
  readonly row: TypeRow;
  readonly keyBytes: number;
  readonly expireAtMs: number | undefined;
  /** Bytes of key metadata in the file. Not counted: a server without the module that wrote it drops it. */
  readonly metaBytes?: number;
}

/** Takes the trace of one value in pieces that may be cut anywhere, and says what the value costs. */
export interface ValueSizer {
  begin(row: TypeRow): void;
  /** The numbers `trace[start, end)`. */
  add(trace: Float64Array, start: number, end: number): void;
  /** Bytes of the value without its key and object; a fraction where the server's choice is random. */
  finish(): number;
}

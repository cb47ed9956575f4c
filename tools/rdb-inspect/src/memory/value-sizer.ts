/** What all value sizers have in common: the estimator asks one per key, by the type's layout. */
import type { TypeRow } from "@holdfast/rdb";

/** Takes the trace of one value in pieces that may be cut anywhere, and says what the value costs. */
export interface ValueSizer {
  begin(row: TypeRow): void;
  /** The numbers `trace[start, end)`. */
  add(trace: Float64Array, start: number, end: number): void;
  /** Bytes of the value without its key and object; a fraction where the server's choice is random. */
  finish(): number;
}

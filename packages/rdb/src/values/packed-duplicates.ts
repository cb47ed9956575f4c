/** The duplicate rule for entries of packed encodings: an integer and its decimal text are the same. */
import { decimalOf } from "@holdfast/bytes";
import type { ValueScan } from "./value-scan.ts";

/** Level "check": the entry just read from `scan.packed` must not have been there before. */
export function checkPackedEntryIsNew(scan: ValueScan, what: string): void {
  const { packed, strings } = scan;
  if (packed.isInteger) {
    const text = decimalOf(packed.integer);
    scan.checkNew(text, 0, text.length, what, strings.at);
  } else {
    scan.checkNew(packed.bytes, packed.start, packed.end, what, strings.at);
  }
}

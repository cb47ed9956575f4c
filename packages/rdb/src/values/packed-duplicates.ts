/** The duplicate rule for entries of packed encodings: an integer and its decimal text are the same. */
import { decimalOf } from "@holdfast/bytes";
import { decimalDigits, writeDecimal } from "../strings.ts";
import type { ValueScan } from "./value-scan.ts";

/** Level "check": the entry just read from `scan.packed` must not have been there before. */
export function checkPackedEntryIsNew(scan: ValueScan, what: string): void {
  const { packed, strings } = scan;
  if (typeof packed.integer === "number" && packed.isInteger) {
    const size = decimalDigits(packed.integer);
    const { integerText } = scan;
    writeDecimal(packed.integer, integerText, size);
    scan.checkNew(integerText, 0, size, what, strings.at);
  } else if (packed.isInteger) {
    const text = decimalOf(packed.integer);
    scan.checkNew(text, 0, text.length, what, strings.at);
  } else {
    scan.checkNew(packed.bytes, packed.start, packed.end, what, strings.at);
  }
}

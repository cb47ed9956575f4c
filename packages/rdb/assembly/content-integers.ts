/** Integers as the texts that servers answer. */

import { textState } from "./content-hash";
import { DIGITS } from "./content-memory";
import { writeDecimal } from "./strings";

export function decimalState(value: i64): v128 {
  return textState(DIGITS, writeDecimal(DIGITS, value) - DIGITS);
}

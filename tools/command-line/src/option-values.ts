/** Reads the values of options that several commands have. Throws UsageError with what is allowed. */
import { UsageError } from "./problems.ts";

/** A whole number, at least `least`. */
export function parseCount(option: string, text: string, least = 0): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value) || value < least) {
    throw new UsageError(
      `${option} wants a whole number${least > 0 ? ` of at least ${least}` : ""}, not "${text}"`,
    );
  }
  return value;
}

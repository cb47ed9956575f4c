/** Reads the values of options that only this tool has. Throws UsageError with what is allowed. */
import { UsageError } from "@holdfast/command-line";

/** Separators of one byte each; ":" when none are given. */
export function parseSeparators(texts: readonly string[] | undefined): number[] {
  return (texts ?? [":"]).map((text) => {
    const bytes = Buffer.from(text, "utf8");
    if (bytes.length !== 1)
      throw new UsageError(`--separator wants one ASCII character, such as ":", not "${text}"`);
    return bytes[0];
  });
}

/** A share in percent, 0 to 100, as a fraction. */
export function parseShare(option: string, text: string): number {
  const match = /^(\d+(?:\.\d+)?)%?$/.exec(text.trim());
  const percent = match === null ? Number.NaN : Number(match[1]);
  if (!(percent >= 0 && percent <= 100))
    throw new UsageError(`${option} wants a percentage, such as 0.5, not "${text}"`);
  return percent / 100;
}

/** A time on the command line, to Unix seconds. */
import { UsageError } from "@holdfast/command-line";

const rfc3339 = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;

/** Unix seconds, as digits or as a time of RFC 3339 with its zone; fractions are cut, as logs know whole seconds. Throws UsageError. */
export function parseUnixSeconds(text: string): number {
  const seconds = /^\d+$/.test(text)
    ? Number(text)
    : rfc3339.test(text)
      ? Date.parse(text) / 1000
      : Number.NaN;
  if (Number.isSafeInteger(Math.floor(seconds)) && seconds > 0) return Math.floor(seconds);
  throw new UsageError(`"${text}" is no time`, {
    nextStep: "give Unix seconds, or a time with its zone such as 2026-01-31T12:00:00Z",
  });
}

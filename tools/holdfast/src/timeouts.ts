/** Durations of options that become timers. */
import { parseDuration, UsageError } from "@holdfast/command-line";

/** Timers of Node hold 31 bits of ms. */
const LONGEST_TIMEOUT_MS = 24 * 86_400_000;

/** Milliseconds of `60s`, `5m`. Throws UsageError for what is no duration, or none that a timer holds. */
export function parseTimeout(option: string, text: string): number {
  const timeoutMs = parseDuration(text);
  if (timeoutMs === undefined || timeoutMs < 1 || timeoutMs > LONGEST_TIMEOUT_MS)
    throw new UsageError(`${option} wants a duration such as 60s, up to 24d, not "${text}"`);
  return timeoutMs;
}

/**
 * Sizes, counts, times and durations, from and to the text that people read and type.
 *
 *   sizes       512 B   1.5 KiB   48.0 MiB       read back: 512, 1.5KiB, 48M (M means MiB: powers of 1024)
 *   times       2026-01-31T12:00:00.000Z         RFC 3339, always UTC, always milliseconds
 *   durations   90s  45m  12h  7d  2w            read back: the same, and ms
 */

const sizeUnits = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"] as const;

/** A size for people: at most four digits and an IEC unit, `1.5 KiB`. */
export function formatSize(sizeBytes: number): string {
  let value = sizeBytes;
  let unit = 0;
  // 1023.95 KiB would print as 1024.0 KiB.
  while (value >= (unit === 0 ? 1024 : 1023.95) && unit < sizeUnits.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? Math.round(value) : value.toFixed(1)} ${sizeUnits[unit]}`;
}

/** A count in groups of three: `1,234,567`. */
export function formatCount(count: number | bigint): string {
  return count.toString().replace(/\B(?=(\d{3})+(?!\d))/g, ",");
}

/** A part of a whole in percent: `12.3 %`, `<0.1 %` when it is something but would print as nothing. */
export function formatShare(part: number, whole: number): string {
  if (whole <= 0 || part <= 0) return "0.0 %";
  const percent = (part / whole) * 100;
  return percent < 0.05 ? "<0.1 %" : `${percent.toFixed(1)} %`;
}

/** Greatest absolute time that JavaScript's calendar holds, in Unix ms. */
const calendarMaxMs = 8.64e15;

/** RFC 3339 in UTC with milliseconds; a time beyond the calendar is printed as its number of ms. */
export function formatTime(unixMs: number): string {
  return Math.abs(unixMs) <= calendarMaxMs ? new Date(unixMs).toISOString() : `${unixMs} ms`;
}

const durationSteps: readonly [label: string, ms: number][] = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1000],
];

/** A duration in its two greatest units: `3d 4h`, `12m 5s`, `850ms`. Negative ones get a minus in front. */
export function formatDuration(ms: number): string {
  if (ms < 0) return `-${formatDuration(-ms)}`;
  if (ms < 1000) return `${Math.round(ms)}ms`;
  let rest = ms;
  const parts: string[] = [];
  for (const [label, stepMs] of durationSteps) {
    const count = Math.floor(rest / stepMs);
    if (count > 0) parts.push(`${count}${label}`);
    else if (parts.length > 0) break;
    rest -= count * stepMs;
    if (parts.length === 2) break;
  }
  return parts.join(" ");
}

const sizeFactors: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  k: 1024,
  kb: 1024,
  kib: 1024,
  m: 1024 ** 2,
  mb: 1024 ** 2,
  mib: 1024 ** 2,
  g: 1024 ** 3,
  gb: 1024 ** 3,
  gib: 1024 ** 3,
};

/** Bytes of `10k`, `1.5MiB`, `4096`; undefined when the text is no size. */
export function parseSize(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim());
  const factor = match === null ? undefined : sizeFactors[match[2].toLowerCase()];
  return match === null || factor === undefined ? undefined : Math.round(Number(match[1]) * factor);
}

const durationFactors: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** Milliseconds of `90s`, `1.5h`, `7d`; undefined when the text is no duration. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d|w)$/.exec(text.trim());
  return match === null ? undefined : Number(match[1]) * durationFactors[match[2]];
}

/**
 * What a backlog's directory holds after whatever happened: the files that make one unbroken past, from the newest back.
 *
 *   05 ✓   06 head damaged   07 ✓   08 ✓ continues: false   09 ✓   10 head torn
 *   └───────── unusable ──────────┘ └──────── used ─────────┘      └ set aside: a crash came while it was made
 *
 * The end of the last one is searched for; the others end where the next begins, because they were synced before it was made.
 */
import { join } from "node:path";
import type { FileSystem } from "@holdfast/platform";
import { openSegment, type Segment, type SegmentEnd, segmentName, segmentNumber } from "./segment.ts";

export interface UnusableSegment {
  readonly path: string;
  readonly reason: "damaged-head" | "before-a-gap" | "before-another-history";
}

export interface FoundSegments {
  /** Oldest first. */
  readonly segments: Segment[];
  /** Selected at the end of the last one. */
  readonly db: number | undefined;
  /** Newest time that the last one says. */
  readonly timeSec: number | undefined;
  readonly tornBytes: number;
  readonly unusable: readonly UnusableSegment[];
  /** 0 when there is no file at all. */
  readonly highestNumber: number;
}

export async function findSegments(files: FileSystem, directory: string): Promise<FoundSegments> {
  const names = await files.list(directory);
  const numbers = names.map(segmentNumber).filter((number) => number !== undefined);
  numbers.sort((one, other) => one - other);
  const path = (number: number) => join(directory, segmentName(number));
  const unusable: UnusableSegment[] = [];
  const segments: Segment[] = [];
  let reason: UnusableSegment["reason"] | undefined;
  for (const number of numbers.toReversed()) {
    if (reason === undefined && segments.length > 0) reason = whyBefore(segments[0], number);
    if (reason !== undefined) {
      unusable.push({ path: path(number), reason });
      continue;
    }
    const segment = await openSegment(files, path(number), number);
    if (segment !== undefined) segments.unshift(segment);
    else if (segments.length === 0) unusable.push(await setAside(files, directory, path(number)));
    else {
      unusable.push({ path: path(number), reason: "damaged-head" });
      reason = "before-a-gap";
    }
  }
  const end = await endOf(files, segments);
  return { segments, ...end, unusable, highestNumber: numbers.at(-1) ?? 0 };
}

/** Why a file cannot be what comes before this segment; undefined when it can. */
function whyBefore(next: Segment, number: number): UnusableSegment["reason"] | undefined {
  if (!next.head.continues) return "before-another-history";
  return number === next.number - 1 ? undefined : "before-a-gap";
}

/** Its name must not be met again, and whatever is in it is kept. */
async function setAside(files: FileSystem, directory: string, path: string): Promise<UnusableSegment> {
  await files.rename(path, `${path}.damaged`);
  await files.syncDirectory(directory);
  return { path: `${path}.damaged`, reason: "damaged-head" };
}

async function endOf(files: FileSystem, segments: readonly Segment[]): Promise<SegmentEnd> {
  for (const [index, segment] of segments.entries()) {
    const next = segments[index + 1];
    if (next !== undefined) segment.endOffset = next.head.firstOffset;
  }
  const last = segments.at(-1);
  return last === undefined ? { db: undefined, timeSec: undefined, tornBytes: 0 } : last.findEnd(files);
}

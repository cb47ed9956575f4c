/**
 * How much of the past is kept: whole files go from the front, oldest first.
 *
 *   dropped when     more than keepBytes stand behind it, or it is older than keepMs
 *   kept even then   what must not be dropped (keepFrom), and what a replica is reading, up to heldBytesMax beyond keepBytes
 */
import type { Segment } from "./segment.ts";

export interface RetentionLimits {
  readonly keepBytes: number;
  readonly keepMs: number | undefined;
  readonly heldBytesMax: number;
}

export interface RetentionNeeds {
  readonly nowMs: number;
  readonly endOffset: number;
  /** Lowest offset that somebody is reading at. */
  readonly heldFrom: number;
  /** What lies behind must not be dropped. */
  readonly keepFrom: number;
}

/** How many files from the front nobody needs; never the last one. */
export function droppableCount(
  segments: readonly Segment[],
  { keepBytes, keepMs, heldBytesMax }: RetentionLimits,
  { nowMs, endOffset, heldFrom, keepFrom }: RetentionNeeds,
): number {
  let count = 0;
  while (count < segments.length - 1) {
    const next = segments[count + 1].head;
    const keptBytes = endOffset - next.firstOffset;
    const isOld = keepMs !== undefined && nowMs - next.createdAtMs > keepMs;
    const isHeld = heldFrom < next.firstOffset && keptBytes < keepBytes + heldBytesMax;
    const isNeeded = keepFrom < next.firstOffset;
    if (isNeeded || isHeld || (keptBytes < keepBytes && !isOld)) break;
    count++;
  }
  return count;
}

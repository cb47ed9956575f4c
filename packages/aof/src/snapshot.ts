/** What a rewrite makes a base of: the data as of one moment, as events. */
import type { RdbEvent } from "@holdfast/rdb";

export interface AofSnapshot {
  /**
   * All events in batches, from the first record to `end`. May be called again, and then gives the same: values too large to be held are
   * walked twice. Events are borrowed until the next batch is asked for.
   */
  events(): AsyncIterable<readonly RdbEvent[]> | Iterable<readonly RdbEvent[]>;
  /** Nobody will ask for events any more. */
  release?(): void;
}

/**
 * Hands over every event, and lets the caller wait behind every batch. Throws RangeError when the last one is not `end`: a base without its end would
 * be found out by the next start, when nothing else is left.
 */
export async function eachEvent(
  snapshot: AofSnapshot,
  take: (event: RdbEvent) => void,
  betweenBatches: () => Promise<void>,
): Promise<void> {
  let hasEnded = false;
  for await (const events of snapshot.events()) {
    for (const event of events) {
      take(event);
      hasEnded ||= event.kind === "end";
    }
    await betweenBatches();
  }
  if (!hasEnded) throw new RangeError("the events of a snapshot end with `end`");
}

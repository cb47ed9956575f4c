/** What one key holds, on either side: compared by bytes where they are the same, by fingerprint where they are not. */
import { ContentFingerprinter, decodeDumpPayload, type RdbEvent } from "@holdfast/rdb";

/** A payload of DUMP, or the fingerprint that the events of a file had. */
export interface KeyContent {
  readonly payload: Uint8Array | undefined;
  readonly words: Uint32Array | undefined;
  /** Unix ms; undefined: never. */
  readonly expireAtMs: number | undefined;
}

/** Servers answer how long a key lives in ms from now, and the answers of two take a while. */
const EXPIRY_TOLERANCE_MS = 1_000;

export type Difference = "missing" | "extra" | "content" | "expiry";

/** Undefined: the same. */
export function differenceOf(
  ours: KeyContent,
  theirs: KeyContent | undefined,
): Exclude<Difference, "extra"> | undefined {
  if (theirs === undefined) return "missing";
  if (!isSameValue(ours, theirs)) return "content";
  const [a, b] = [ours.expireAtMs, theirs.expireAtMs];
  if ((a === undefined) !== (b === undefined)) return "expiry";
  return a !== undefined && b !== undefined && Math.abs(a - b) > EXPIRY_TOLERANCE_MS ? "expiry" : undefined;
}

function isSameValue(ours: KeyContent, theirs: KeyContent): boolean {
  if (ours.payload !== undefined && theirs.payload !== undefined) {
    if (Buffer.compare(ours.payload, theirs.payload) === 0) return true;
  }
  const [a, b] = [wordsOf(ours), wordsOf(theirs)];
  return a.every((word, index) => word === b[index]);
}

function wordsOf({ words, payload }: KeyContent): Uint32Array {
  return words ?? fingerprint(decodeDumpPayload(payload!));
}

/** The fingerprint of one value; its events at level "items", under an empty name and without an expiry, as payloads have it. */
export function fingerprint(events: Iterable<RdbEvent>): Uint32Array {
  const fingerprinter = new ContentFingerprinter();
  for (const event of events) fingerprinter.take(event);
  return fingerprinter.words.slice();
}

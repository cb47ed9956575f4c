/** Events as lines for people. */
import { formatCount, formatDuration, formatSize } from "@holdfast/command-line";
import type { ServeEvent } from "./serve-events.ts";
import type { DataFacts } from "./served-data.ts";

const reasons: Readonly<Record<string, string>> = {
  asked: "it has nothing yet",
  "unknown-replid": "it comes from another history",
  "past-shared-history": "its history went on in another way",
  "outside-backlog": "it is not at a place of this history",
};

/** One line without its end; undefined for an event that is no news to people. */
export function eventLine(event: ServeEvent): string | undefined {
  switch (event.event) {
    case "checked":
      return `${event.path}: ${dataText(event)}`;
    case "warning":
      return event.text;
    case "resync":
      return event.kind === "full"
        ? `${event.replica}: full resync, ${reasons[event.why ?? ""] ?? event.why}`
        : `${event.replica}: goes on at offset ${event.fromOffset}`;
    case "snapshot-sent":
      return `${event.replica}: snapshot sent, ${rateText(event.sizeBytes, event.ms)}`;
    case "complete":
      return `${event.replica}: has all of it, offset ${event.offset}`;
    case "left":
      return `${event.replica}: left${event.hadAll ? " with all of it" : ""}: ${event.detail}`;
    case "refused":
      return `${event.replica}: refused: ${event.detail}`;
    case "progress":
      return `${event.replica}: ${percent(event.sentBytes, event.totalBytes)} of ${formatSize(event.totalBytes)} sent`;
    case "listening":
    case "done":
      return undefined;
  }
}

/** What is served, in a few words. */
export function dataText({ kind, container, snapshot, conversion, stream }: DataFacts): string {
  const parts: string[] = [];
  if (snapshot !== undefined) {
    const { version, writtenBy, sizeBytes, keyCount, checksum } = snapshot;
    const server = writtenBy === undefined ? "" : ` of ${writtenBy}`;
    const packed = container === "none" ? "" : ` inside ${container}`;
    const sound =
      { ok: "checksum right", checked: "sound" }[checksum as string] ?? "no checksum, structure sound";
    parts.push(
      `RDB version ${version}${server}${packed}, ${formatCount(keyCount)} keys, ${formatSize(sizeBytes)}, ${sound}`,
    );
  }
  if (conversion !== undefined) parts.push(`sent as ${conversion.target} writes it`);
  if (kind === "aof")
    parts.push(
      `${formatCount(stream.commandCount)} commands in ${formatCount(stream.fileCount)} files, ${formatSize(stream.sizeBytes)}`,
    );
  return parts.join("; ");
}

function rateText(sizeBytes: number, ms: number): string {
  return `${formatSize(sizeBytes)} in ${formatDuration(ms)}, ${formatSize((sizeBytes * 1000) / Math.max(1, ms))}/s`;
}

function percent(part: number, whole: number): string {
  return `${Math.floor((100 * part) / Math.max(1, whole))} %`;
}

/** What a part of a value is called and what it holds, kept for people and programs: bounded copies of its bytes. */

import { previewBytes } from "@holdfast/bytes";
import { formatCount, formatSize, formatTime } from "@holdfast/command-line";
import { ByteSlice, type PartKind, type StreamEntry, type StreamId, type ValuePart } from "@holdfast/rdb";
import { jsonValueOfBytes } from "../output/json-text.ts";

/** Bytes that are kept of each text. */
const keptBytes = 256;

/** The start of a text, and how long it is; or words of ours. */
export type Shown = { readonly bytes: Uint8Array; readonly sizeBytes: number } | { readonly words: string };

/** What the parts of each kind are called, one and many. */
export const partNames: Readonly<Record<PartKind, readonly [one: string, many: string]>> = {
  block: ["block", "blocks"],
  element: ["element", "elements"],
  member: ["member", "members"],
  field: ["field", "fields"],
  scored: ["member", "members"],
  slot: ["slot", "slots"],
  "insert-index": ["insert index", "insert index"],
  metadata: ["metadata", "metadata"],
  entry: ["entry", "entries"],
  "last-id": ["last id", "last id"],
  "max-deleted-id": ["greatest deleted id", "greatest deleted id"],
  "entries-added": ["entries ever added", "entries ever added"],
  group: ["group", "groups"],
  "entries-read": ["entries read", "entries read"],
  pending: ["pending entry", "pending"],
  consumer: ["consumer", "consumers"],
  owned: ["owner of pending entry", "owners of pending"],
  nacked: ["nacked entry", "nacked"],
  idmp: ["idempotency settings", "idempotency settings"],
  producer: ["producer", "producers"],
  idempotency: ["idempotency id", "idempotency ids"],
  "idmp-totals": ["idempotency totals", "idempotency totals"],
  "vector-settings": ["settings", "settings"],
  vector: ["element", "elements"],
};

/** The name of a part; undefined for kinds that are their own name. */
export function nameOfPart(part: ValuePart): Shown | undefined {
  const { kind, group, owner, streamPart } = part;
  switch (kind) {
    case "element":
      return words(`[${part.index}]`);
    case "slot":
      return words(`[${part.wideIndex}]`);
    case "entry":
      return words(idText((streamPart as StreamEntry).id));
    case "group":
    case "entries-read":
      return words(preview(group));
    case "pending":
    case "nacked":
      return words(`${idOf(part)} of ${preview(group)}`);
    case "consumer":
      return words(`${preview(owner)} of ${preview(group)}`);
    case "owned":
      return words(`${idOf(part)} of ${preview(group)}, ${preview(owner)}`);
    case "producer":
      return words(preview(owner));
    case "idempotency":
      return words(
        `${streamPart?.kind === "idempotency" ? preview(streamPart.iid.view()) : ""} of ${preview(owner)}`,
      );
    default:
      return part.nameText === undefined ? undefined : kept(part.nameText);
  }
}

/** The content of a part; undefined when there is none beside the name. */
export function contentOfPart(part: ValuePart): Shown | undefined {
  const { kind, contentText, expireAtMs } = part;
  if (kind === "scored") return words(scoreText(part.score));
  if (kind === "vector-settings") return words(part.settings);
  if (kind === "vector" && contentText !== undefined) return words(vectorText(contentText, part.attributes));
  if (kind === "insert-index") return words(String(part.wideIndex));
  if (kind === "field" && contentText !== undefined && expireAtMs !== undefined)
    return words(`${preview(contentText.view())} until ${formatTime(expireAtMs)}`);
  if (contentText !== undefined) return kept(contentText);
  return part.streamPart === undefined ? undefined : contentOfStreamPart(part);
}

function contentOfStreamPart({ kind, streamPart, index }: ValuePart): Shown | undefined {
  switch (streamPart?.kind) {
    case "entry":
      return words(entryText(streamPart));
    case "meta":
      return words(
        kind === "last-id"
          ? idText(streamPart.lastId)
          : kind === "entries-added"
            ? formatCount(streamPart.entriesAdded ?? 0n)
            : idText(streamPart.maxDeletedId as StreamId),
      );
    case "group":
      return words(
        kind === "group"
          ? `delivered up to ${idText(streamPart.lastDeliveredId)}`
          : formatCount(streamPart.entriesRead ?? 0n),
      );
    case "pending":
      return words(
        `delivered ${formatTime(streamPart.deliveredAtMs)}, ${timesText(streamPart.deliveryCount)}`,
      );
    case "consumer":
      return words(
        `seen ${timeText(streamPart.seenAtMs)}, active ${timeText(streamPart.activeAtMs ?? streamPart.seenAtMs)}`,
      );
    case "nacked":
      return words(`place ${index}`);
    case "idmp":
      return words(`${streamPart.durationSec} s, ${streamPart.entriesMax} ids`);
    case "idempotency":
      return words(idText(streamPart.id));
    case "idmp-totals":
      return words(`${streamPart.added} added, ${streamPart.duplicates} duplicates`);
    default:
      return undefined;
  }
}

/** A text for people; bytes at most so wide, words of ours are wrapped by whoever prints them. */
export function shownText(shown: Shown, maxWidth: number): string {
  if ("words" in shown) return shown.words;
  const { bytes, sizeBytes } = shown;
  if (bytes.length === sizeBytes) return previewBytes(bytes, { maxWidth });
  const size = ` (${formatSize(sizeBytes)})`;
  return `${previewBytes(bytes, { maxWidth: Math.max(8, maxWidth - size.length) })}${size}`;
}

/** A text as JSON: bytes as elsewhere, or an object when only their start is kept. */
export function shownJson(shown: Shown | undefined): unknown {
  if (shown === undefined) return null;
  if ("words" in shown) return shown.words;
  const start = jsonValueOfBytes(shown.bytes);
  return shown.bytes.length === shown.sizeBytes ? start : { start, sizeBytes: shown.sizeBytes };
}

/** Bytes from one place on. */
export function shownBytes(bytes: Uint8Array): Shown {
  return kept(ByteSlice.of(bytes));
}

function kept({ buffer, start, end }: ByteSlice): Shown {
  return { bytes: buffer.slice(start, Math.min(end, start + keptBytes)), sizeBytes: end - start };
}

function words(text: string): Shown {
  return { words: text };
}

function preview(bytes: Uint8Array | undefined): string {
  return previewBytes(bytes ?? new Uint8Array(0), { maxWidth: 60 });
}

function idOf({ streamPart }: ValuePart): string {
  const part = streamPart as { readonly id: StreamId };
  return idText(part.id);
}

function idText({ ms, seq }: StreamId): string {
  return `${ms}-${seq}`;
}

function timesText(count: number): string {
  return count === 1 ? "once" : `${formatCount(count)} times`;
}

function timeText(unixMs: number): string {
  return unixMs < 0 ? "never" : formatTime(unixMs);
}

function scoreText(score: number): string {
  if (Number.isFinite(score)) return String(score);
  return score > 0 ? "inf" : "-inf";
}

function vectorText(vector: ByteSlice, attributes: ByteSlice | undefined): string {
  const more = attributes === undefined || attributes.length === 0 ? "" : ` ${preview(attributes.view())}`;
  return `${previewBytes(vector.view(), { maxWidth: 24 })} (${formatSize(vector.length)})${more}`;
}

/** Fields and values of an entry, as many as are worth reading. */
function entryText({ fields }: StreamEntry): string {
  const shown = fields.slice(0, 8).map((text) => previewBytes(text.view(), { maxWidth: 40 }));
  return `${shown.join(" ")}${fields.length > shown.length ? " …" : ""}`;
}

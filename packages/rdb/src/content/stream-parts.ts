/**
 * The parts of a stream, whatever its type and its nodes.
 *
 *   entry            id                    fields and values in their order
 *   last-id          -                     id
 *   max-deleted-id   -                     id, unless it is 0-0
 *   entries-added    -                     number, unless it is that of the entries
 *   group            name                  last delivered id
 *   entries-read     group                 number, unless a server would come to it by itself
 *   pending          group, id             delivery time and count
 *   consumer         group, name           seen and active time
 *   owned            group, consumer, id   -
 *   nacked           group, id             place in the zone
 *   idmp             -                     settings, unless they are those that a server has by default
 *   producer         id                    -
 *   idempotency      producer, iid         id of the entry
 *   idmp-totals      -                     ids added, duplicates, unless both are 0
 *
 * What an older file does not have counts as what a newer server makes of it when it loads the file: so a stream
 * and the same one after an upgrade have the same parts. The first id and the length follow from the entries.
 *
 * Source: rdb.c (rdbLoadObject) and t_stream.c (streamEstimateDistanceFromFirstEverEntry) of Redis 7.0.
 */
import type { StreamEntry, StreamGroup, StreamId, StreamMeta, StreamPart } from "../events.ts";
import { ContentHash } from "./content-hash.ts";
import type { ValuePart } from "./value-part.ts";

/** What a Redis 8.6 that was not told otherwise sets for a stream. */
const idmpDefaults = { durationSec: 100, entriesMax: 100 } as const;

const zeroId: StreamId = { ms: 0n, seq: 0n };

export class StreamParts {
  readonly #part: ValuePart;
  readonly #take: (part: ValuePart) => void;
  readonly #ignoreGroups: boolean;
  readonly #text = new ContentHash();
  readonly #id = new BigUint64Array(2);
  readonly #idWords = new Int32Array(this.#id.buffer);
  #liveCount = 0;
  #firstId: StreamId | undefined;
  #meta: StreamMeta | undefined;
  #group: Uint8Array = noBytes;
  #owner: Uint8Array = noBytes;
  #nackedCount = 0;

  constructor(part: ValuePart, take: (part: ValuePart) => void, ignoreGroups: boolean) {
    this.#part = part;
    this.#take = take;
    this.#ignoreGroups = ignoreGroups;
  }

  begin(): void {
    this.#liveCount = 0;
    this.#firstId = undefined;
    this.#meta = undefined;
    this.#group = noBytes;
    this.#owner = noBytes;
  }

  add(part: StreamPart): void {
    switch (part.kind) {
      case "entry":
        this.#addEntry(part);
        break;
      case "meta":
        this.#addMeta(part);
        break;
      case "group":
        this.#addGroup(part);
        break;
      case "pending":
      case "consumer":
      case "owned":
      case "nacked":
        if (!this.#ignoreGroups) this.#addOfGroup(part);
        break;
      default:
        this.#addIdmp(part);
    }
  }

  /** Nothing to say at the end; everything that refers to something else stands behind it. */
  end(): void {
    this.#meta = undefined;
  }

  #begin(kind: ValuePart["kind"], streamPart: StreamPart): ValuePart {
    const part = this.#part.begin(kind);
    part.streamPart = streamPart;
    part.group = this.#group;
    part.owner = this.#owner;
    return part;
  }

  #addEntry(entry: StreamEntry): void {
    this.#liveCount++;
    this.#firstId ??= entry.id;
    const part = this.#begin("entry", entry);
    this.#absorbId(part.openName(), entry.id);
    const content = part.openContent();
    for (const { buffer, start, end } of entry.fields)
      content.absorbState(this.#text.text(buffer, start, end));
    this.#take(part);
  }

  #addMeta(meta: StreamMeta): void {
    this.#meta = meta;
    const lastId = this.#begin("last-id", meta);
    this.#absorbId(lastId.openContent(), meta.lastId);
    this.#take(lastId);
    const { maxDeletedId, entriesAdded } = meta;
    if (maxDeletedId !== undefined && compareIds(maxDeletedId, zeroId) !== 0) {
      const part = this.#begin("max-deleted-id", meta);
      this.#absorbId(part.openContent(), maxDeletedId);
      this.#take(part);
    }
    if (entriesAdded === undefined || entriesAdded === BigInt(this.#liveCount)) return;
    const part = this.#begin("entries-added", meta);
    this.#absorbId(part.openContent(), { ms: entriesAdded, seq: 0n });
    this.#take(part);
  }

  #addGroup(group: StreamGroup): void {
    this.#nackedCount = 0;
    this.#group = group.name.slice();
    if (this.#ignoreGroups) return;
    const part = this.#begin("group", group);
    part.openName().absorbState(this.#textOf(this.#group));
    this.#absorbId(part.openContent(), group.lastDeliveredId);
    this.#take(part);
    const { entriesRead } = group;
    if (entriesRead === undefined || entriesRead === this.#estimate(group.lastDeliveredId)) return;
    const read = this.#begin("entries-read", group);
    read.openName().absorbState(this.#textOf(this.#group));
    this.#absorbId(read.openContent(), { ms: entriesRead, seq: 0n });
    this.#take(read);
  }

  #addOfGroup(streamPart: Extract<StreamPart, { kind: "pending" | "consumer" | "owned" | "nacked" }>): void {
    if (streamPart.kind === "consumer") this.#owner = streamPart.name.slice();
    const part = this.#begin(streamPart.kind, streamPart);
    const name = part.openName();
    name.absorbState(this.#textOf(this.#group));
    if (streamPart.kind === "consumer" || streamPart.kind === "owned")
      name.absorbState(this.#textOf(this.#owner));
    if (streamPart.kind !== "consumer") this.#absorbId(name, streamPart.id);
    if (streamPart.kind === "pending") {
      part.openContent().absorbWide(BigInt(streamPart.deliveryCount));
      part.setDouble(streamPart.deliveredAtMs);
    } else if (streamPart.kind === "nacked") {
      part.index = this.#nackedCount++;
    } else if (streamPart.kind === "consumer") {
      const { seenAtMs, activeAtMs } = streamPart;
      part.setDouble(activeAtMs ?? seenAtMs);
      part.openContent().absorb(part.low, part.high, 0, 0);
      part.setDouble(seenAtMs);
    }
    this.#take(part);
  }

  #addIdmp(
    streamPart: Extract<StreamPart, { kind: "idmp" | "producer" | "idempotency" | "idmp-totals" }>,
  ): void {
    if (saysNothing(streamPart)) return;
    if (streamPart.kind === "producer") this.#owner = streamPart.id.slice();
    const part = this.#begin(streamPart.kind, streamPart);
    switch (streamPart.kind) {
      case "idmp":
        part.openContent().absorb(streamPart.durationSec, streamPart.entriesMax, 0, 0);
        break;
      case "producer":
        part.openName().absorbState(this.#textOf(this.#owner));
        break;
      case "idempotency":
        part
          .openName()
          .absorbState(this.#textOf(this.#owner))
          .absorbState(this.#textOf(streamPart.iid.view()));
        this.#absorbId(part.openContent(), streamPart.id);
        break;
      default:
        this.#absorbId(part.openContent(), { ms: streamPart.added, seq: streamPart.duplicates });
    }
    this.#take(part);
  }

  #textOf(bytes: Uint8Array): ContentHash {
    return this.#text.text(bytes, 0, bytes.length);
  }

  #absorbId(state: ContentHash, { ms, seq }: StreamId): void {
    this.#id[0] = ms;
    this.#id[1] = seq;
    const words = this.#idWords;
    state.absorb(words[0], words[1], words[2], words[3]);
  }

  /** How many entries were ever added up to an id, as a server works it out; undefined when it cannot. */
  #estimate(id: StreamId): bigint | undefined {
    const {
      entriesAdded = BigInt(this.#liveCount),
      lastId,
      maxDeletedId = zeroId,
    } = this.#meta as StreamMeta;
    const live = BigInt(this.#liveCount);
    const toLast = compareIds(id, lastId);
    if (entriesAdded === 0n) return 0n;
    if (live === 0n && toLast < 1) return entriesAdded;
    if (compareIds(id, zeroId) !== 0 && compareIds(id, maxDeletedId) < 0) return undefined;
    if (toLast === 0) return entriesAdded;
    if (toLast > 0) return undefined;
    const firstId = this.#firstId ?? zeroId;
    if (compareIds(maxDeletedId, zeroId) !== 0 && compareIds(maxDeletedId, firstId) >= 0) return undefined;
    const toFirst = compareIds(id, firstId);
    if (toFirst < 0) return entriesAdded - live;
    return toFirst === 0 ? entriesAdded - live + 1n : undefined;
  }
}

const noBytes = new Uint8Array(0);

function saysNothing(
  part: Extract<StreamPart, { kind: "idmp" | "producer" | "idempotency" | "idmp-totals" }>,
): boolean {
  if (part.kind === "idmp")
    return part.durationSec === idmpDefaults.durationSec && part.entriesMax === idmpDefaults.entriesMax;
  return part.kind === "idmp-totals" && part.added === 0n && part.duplicates === 0n;
}

function compareIds(one: StreamId, other: StreamId): number {
  if (one.ms !== other.ms) return one.ms < other.ms ? -1 : 1;
  if (one.seq === other.seq) return 0;
  return one.seq < other.seq ? -1 : 1;
}

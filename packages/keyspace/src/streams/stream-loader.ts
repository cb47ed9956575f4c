/**
 * A stream from the parts that an RDB has of it: entries, counters, groups with what is pending, idempotency.
 *
 * What a file contradicts itself in is refused, as a server refuses it: KEYSPACE_BAD_STREAM.
 */
import type { StreamPart } from "@holdfast/rdb";
import { KeyspaceError } from "../errors.ts";
import { textOf } from "../latin1.ts";
import { type Consumer, ConsumerGroup, nobody } from "./consumer-group.ts";
import { type EntryId, entryIdOf, idMin, idText } from "./entry-id.ts";
import { Idempotency } from "./idempotency.ts";

/** What a stream must offer to be loaded. */
export interface LoadedStream {
  readonly length: number;
  lastId: EntryId;
  maxDeletedId: EntryId;
  entriesAdded: bigint;
  idempotency: Idempotency | undefined;
  restore(id: EntryId, pairs: readonly Uint8Array[]): void;
  group(name: string): ConsumerGroup | undefined;
  addGroup(group: ConsumerGroup): void;
}

/** Takes the parts of one stream, in file order. */
export class StreamLoader {
  readonly #stream: LoadedStream;
  #lastEntry: EntryId | undefined;
  #group: ConsumerGroup | undefined;
  #consumer: Consumer | undefined;
  #producer = "";

  /** `stream` is empty. */
  constructor(stream: LoadedStream) {
    this.#stream = stream;
  }

  add(part: StreamPart): void {
    switch (part.kind) {
      case "entry":
        this.#addEntry(part);
        break;
      case "meta":
        this.#stream.lastId = entryIdOf(part.lastId);
        this.#stream.maxDeletedId = part.maxDeletedId === undefined ? idMin : entryIdOf(part.maxDeletedId);
        // Before RDB 10 a server starts to count with what is there.
        this.#stream.entriesAdded = part.entriesAdded ?? BigInt(this.#stream.length);
        break;
      case "group":
        this.#addGroup(part);
        break;
      case "pending":
        this.#addPending(part);
        break;
      case "consumer":
        this.#addConsumer(part);
        break;
      case "owned":
        this.#own(entryIdOf(part.id));
        break;
      case "nacked":
        this.#nack(entryIdOf(part.id));
        break;
      default:
        this.#addIdempotency(part);
    }
  }

  #addEntry({ id, fields }: Extract<StreamPart, { kind: "entry" }>): void {
    const entryId = entryIdOf(id);
    if (this.#lastEntry !== undefined && entryId <= this.#lastEntry)
      throw bad(`entry ${idText(entryId)} stands behind ${idText(this.#lastEntry)}`);
    this.#lastEntry = entryId;
    this.#stream.restore(
      entryId,
      fields.map((field) => field.view()),
    );
  }

  #addGroup(part: Extract<StreamPart, { kind: "group" }>): void {
    const name = textOf(part.name.view());
    if (this.#stream.group(name) !== undefined) throw bad("a group stands twice in the stream");
    this.#group = new ConsumerGroup(name, entryIdOf(part.lastDeliveredId), part.entriesRead);
    this.#consumer = undefined;
    this.#stream.addGroup(this.#group);
  }

  #addPending({ id, deliveredAtMs, deliveryCount }: Extract<StreamPart, { kind: "pending" }>): void {
    const entryId = entryIdOf(id);
    const group = this.#openGroup();
    if (group.pending(entryId) !== undefined) throw bad(`${idText(entryId)} is pending twice in a group`);
    group.setPending(entryId, { deliveredAtMs, deliveryCount, consumer: nobody });
  }

  #addConsumer({ name, seenAtMs, activeAtMs }: Extract<StreamPart, { kind: "consumer" }>): void {
    const group = this.#openGroup();
    const text = textOf(name.view());
    if (group.consumer(text) !== undefined) throw bad("a consumer stands twice in its group");
    // -1 is a consumer that never got an entry; before RDB 11 a server takes the time it was seen.
    this.#consumer = group.addConsumer(
      text,
      seenAtMs,
      (activeAtMs ?? seenAtMs) < 0 ? undefined : (activeAtMs ?? seenAtMs),
    );
  }

  #own(id: EntryId): void {
    const pending = this.#openGroup().pending(id);
    if (pending === undefined || this.#consumer === undefined)
      throw bad(`a consumer has ${idText(id)}, which is not pending in the group`);
    if (pending.consumer !== nobody) throw bad(`${idText(id)} is pending for two consumers`);
    this.#openGroup().setPending(id, { ...pending, consumer: this.#consumer.number });
  }

  #nack(id: EntryId): void {
    const group = this.#openGroup();
    if (group.pending(id)?.consumer !== nobody)
      throw bad(`${idText(id)} was handed back, but is not pending without an owner`);
    group.nackZone.push(id);
  }

  #addIdempotency(
    part: Extract<StreamPart, { kind: "idmp" | "producer" | "idempotency" | "idmp-totals" }>,
  ): void {
    const idempotency = (this.#stream.idempotency ??= new Idempotency());
    switch (part.kind) {
      case "idmp":
        idempotency.configure(part.durationSec, part.entriesMax);
        break;
      case "producer":
        this.#producer = textOf(part.id.view());
        break;
      case "idempotency":
        idempotency.record(this.#producer, textOf(part.iid.view()), entryIdOf(part.id));
        break;
      default:
        idempotency.added = part.added;
        idempotency.duplicates = part.duplicates;
    }
  }

  #openGroup(): ConsumerGroup {
    if (this.#group === undefined)
      throw new KeyspaceError("KEYSPACE_EVENTS", "a part of a group stands before any group");
    return this.#group;
  }
}

function bad(detail: string): KeyspaceError {
  return new KeyspaceError("KEYSPACE_BAD_STREAM", detail);
}

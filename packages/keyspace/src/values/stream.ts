/**
 * A stream: entries in the order of their ids, the counters beside them, and its consumer groups.
 *
 * Entries are in pages (streams/entry-page.ts), so that millions of them cost little more than their bytes, adding one at the end and
 * trimming at the front are cheap, and a fork shares what does not change.
 *
 * Source of what changes which counter: t_stream.c of Redis 7.0 to 8.6, held against live servers.
 */
import type { ByteSlice, ItemBatch, RdbType, StreamPart } from "@holdfast/rdb";
import type { ConsumerGroup } from "../streams/consumer-group.ts";
import { type EntryId, idMin, streamIdOf } from "../streams/entry-id.ts";
import { EntryPage } from "../streams/entry-page.ts";
import { IdPages } from "../streams/id-pages.ts";
import type { Idempotency } from "../streams/idempotency.ts";
import { StreamLoader } from "../streams/stream-loader.ts";
import { groupParts, idempotencyParts } from "../streams/stream-parts.ts";
import { type ValueBatch, wrongItems } from "./item-pen.ts";
import type { MutableValue } from "./value.ts";

/** An entry; `fields` is field, value, …, borrowed until the stream changes. */
export interface StreamRow {
  readonly id: EntryId;
  readonly fields: readonly ByteSlice[];
}

/**
 * What becomes of the group's pending entries when an entry goes (Redis 8.2): they stay, they go too, or the entry stays as long as a
 * group has not read and acknowledged it.
 */
export type ReferencePolicy = "keepref" | "delref" | "acked";

/** So many parts make a batch. */
const batchParts = 256;

export class StreamValue implements MutableValue {
  readonly type: RdbType = "stream";
  /** The id that a new entry must be above. */
  lastId: EntryId = idMin;
  /** The greatest id that was deleted other than by trimming. */
  maxDeletedId: EntryId = idMin;
  /** Entries that the stream ever had. */
  entriesAdded = 0n;
  /** Undefined as long as nothing was told or recorded. */
  idempotency: Idempotency | undefined;
  #entries = new IdPages<EntryPage>();
  #groups = new Map<string, ConsumerGroup>();
  #loader: StreamLoader | undefined;

  /** All of it is the engine's. */
  dispose(): void {}

  /** A copy that changes on its own; pages are shared until one side changes them. */
  clone(): StreamValue {
    const fork = new StreamValue();
    fork.lastId = this.lastId;
    fork.maxDeletedId = this.maxDeletedId;
    fork.entriesAdded = this.entriesAdded;
    fork.idempotency = this.idempotency?.fork();
    fork.#entries = this.#entries.fork();
    for (const [name, group] of this.#groups) fork.#groups.set(name, group.fork());
    return fork;
  }

  /** What this stream has decides which type of an RDB can hold it. */
  get rowName(): string {
    if (this.groups().some(({ nackZone }) => nackZone.length > 0)) return "STREAM_LISTPACKS_5";
    return this.idempotency === undefined ? "STREAM_LISTPACKS_3" : "STREAM_LISTPACKS_4";
  }

  get itemCount(): number {
    return this.length;
  }

  get length(): number {
    return this.#entries.count;
  }

  /** An empty stream gives its counters and groups. The bytes are borrowed until the stream changes. */
  *batches(): Iterable<ValueBatch> {
    let parts: StreamPart[] = [];
    for (const part of this.#parts()) {
      if (parts.length === batchParts) {
        yield { items: { of: "stream", parts }, isLast: false };
        parts = [];
      }
      parts.push(part);
    }
    yield { items: { of: "stream", parts }, isLast: true };
  }

  /** Takes the next parts of a stream that is being loaded. */
  load(items: ItemBatch): void {
    if (items.of !== "stream") throw wrongItems(items, "stream parts");
    this.#loader ??= new StreamLoader(this);
    for (const part of items.parts) this.#loader.add(part);
  }

  get firstEntryId(): EntryId | undefined {
    return this.#entries.firstId;
  }

  get lastEntryId(): EntryId | undefined {
    return this.#entries.lastId;
  }

  has(id: EntryId): boolean {
    return this.#entries.find(id) !== undefined;
  }

  /** Entries from `from` on, in order; not while the stream changes. */
  *rows(from: EntryId = idMin): Generator<StreamRow> {
    const { pages } = this.#entries;
    for (let index = this.#entries.pageFor(from); index < pages.length; index++) {
      const page = pages[index];
      for (let row = page.ids.seek(from); row < page.ids.end; row++)
        yield { id: page.ids.at(row), fields: page.fieldsAt(row) };
    }
  }

  /** Adds an entry that counts as added now; its id must be above `lastId`. `pairs` is field, value, …, and is copied. */
  append(id: EntryId, pairs: readonly Uint8Array[]): void {
    this.restore(id, pairs);
    this.lastId = id;
    this.entriesAdded += 1n;
  }

  /** Adds an entry behind all others and leaves the counters alone: for a stream that is loaded. */
  restore(id: EntryId, pairs: readonly Uint8Array[]): void {
    const entries = this.#entries;
    const last = entries.pages.length - 1;
    if (last < 0 || entries.pages[last].isFull) {
      entries.insertPage(last + 1, EntryPage.of(id, pairs));
      return;
    }
    entries.writable(last).append(id, pairs);
    entries.counted(last, 1);
  }

  /** Deletes an entry, as XDEL does: false when it is not there. */
  delete(id: EntryId): boolean {
    if (!this.#remove(id)) return false;
    if (id > this.maxDeletedId) this.maxDeletedId = id;
    return true;
  }

  /** Removes the oldest entries until `length` are left, or no more may go: how many went. */
  trimToLength(length: number, policy: ReferencePolicy): number {
    const excess = this.length - length;
    if (excess <= 0) return 0;
    return policy === "keepref" ? this.#dropOldest(excess) : this.#trimEach(policy, () => true, excess);
  }

  /** Removes the entries below `minId` that may go: how many went. */
  trimBelow(minId: EntryId, policy: ReferencePolicy): number {
    const isBelow = (id: EntryId) => id < minId;
    return policy === "keepref" ? this.#dropBelow(minId) : this.#trimEach(policy, isBelow, this.length);
  }

  /** Whether a group has yet to read the entry, or to acknowledge it. */
  isReferenced(id: EntryId): boolean {
    for (const group of this.#groups.values())
      if (id > group.lastDeliveredId || group.pending(id) !== undefined) return true;
    return false;
  }

  /** Takes the id out of what is pending in every group: true when it was pending somewhere. */
  removeReferences(id: EntryId): boolean {
    let wasPending = false;
    for (const group of this.#groups.values()) wasPending = group.removePending(id) || wasPending;
    return wasPending;
  }

  /** By latin-1 name. */
  group(name: string): ConsumerGroup | undefined {
    return this.#groups.get(name);
  }

  /** In the order of their names, which is the servers'. */
  groups(): ConsumerGroup[] {
    return [...this.#groups.values()].sort((first, second) => (first.name < second.name ? -1 : 1));
  }

  /** There must be none of its name. */
  addGroup(group: ConsumerGroup): void {
    this.#groups.set(group.name, group);
  }

  removeGroup(name: string): boolean {
    return this.#groups.delete(name);
  }

  *#parts(): Generator<StreamPart> {
    for (const { id, fields } of this.rows()) yield { kind: "entry", id: streamIdOf(id), fields };
    yield {
      kind: "meta",
      length: this.length,
      lastId: streamIdOf(this.lastId),
      firstId: streamIdOf(this.firstEntryId ?? idMin),
      maxDeletedId: streamIdOf(this.maxDeletedId),
      entriesAdded: this.entriesAdded,
    };
    for (const group of this.groups()) yield* groupParts(group);
    if (this.idempotency !== undefined) yield* idempotencyParts(this.idempotency);
  }

  #remove(id: EntryId): boolean {
    const found = this.#entries.find(id);
    if (found === undefined) return false;
    const page = this.#entries.writable(found.page);
    page.remove(page.ids.seek(id));
    this.#entries.counted(found.page, -1);
    return true;
  }

  #dropOldest(count: number): number {
    const { pages } = this.#entries;
    let whole = 0;
    let left = count;
    while (whole < pages.length && pages[whole].ids.count <= left) left -= pages[whole++].ids.count;
    if (whole > 0) this.#entries.dropFirstPages(whole);
    this.#dropFirstRows(left);
    return count;
  }

  #dropBelow(minId: EntryId): number {
    const entries = this.#entries;
    const before = entries.count;
    const whole = entries.pageFor(minId);
    if (whole > 0) entries.dropFirstPages(whole);
    const ids = entries.pages[0]?.ids;
    if (ids !== undefined) this.#dropFirstRows(ids.seek(minId) - ids.first);
    return before - entries.count;
  }

  /** So many rows of the first page, which may be all of them. */
  #dropFirstRows(count: number): void {
    for (let left = count; left > 0; left--) {
      const page = this.#entries.writable(0);
      page.remove(page.ids.first);
      this.#entries.counted(0, -1);
    }
  }

  /** One by one, because a group has a say in it. */
  #trimEach(policy: "delref" | "acked", goes: (id: EntryId) => boolean, most: number): number {
    const gone: EntryId[] = [];
    for (const page of this.#entries.pages) {
      for (let row = page.ids.first; row < page.ids.end && gone.length < most; row++) {
        const id = page.ids.at(row);
        if (!goes(id)) break;
        if (policy === "delref" || !this.isReferenced(id)) gone.push(id);
      }
    }
    for (const id of gone) {
      this.#remove(id);
      if (policy === "delref") this.removeReferences(id);
    }
    return gone.length;
  }
}

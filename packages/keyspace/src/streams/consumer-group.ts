/**
 * A consumer group of a stream: how far it has read, its consumers, and the entries that wait for an acknowledgement.
 *
 * There is one list of pending entries, which names the consumer of each: what a server keeps a second time for each
 * consumer is found by looking through it, which only deleting a consumer does.
 */
import type { EntryId } from "./entry-id.ts";
import { IdPages } from "./id-pages.ts";
import { type Pending, PendingPage, pendingRows } from "./pending-page.ts";

/** The number of no consumer: the owner of entries that were handed back (Redis 8.8). */
export const nobody = 0xffffffff;

export interface Consumer {
  /** Latin-1. */
  readonly name: string;
  /** How the group's pending entries call it. */
  readonly number: number;
  seenAtMs: number;
  /** When it last got or claimed an entry; undefined for never. */
  activeAtMs: number | undefined;
}

export class ConsumerGroup {
  /** Latin-1. */
  readonly name: string;
  lastDeliveredId: EntryId;
  /** Undefined when it cannot be known. */
  entriesRead: bigint | undefined;
  /** Redis 8.8: pending entries that nobody owns, in the order in which they will be delivered. */
  nackZone: EntryId[] = [];
  #consumers = new Map<string, Consumer>();
  #nextNumber = 0;
  #pending = new IdPages<PendingPage>();

  constructor(name: string, lastDeliveredId: EntryId, entriesRead: bigint | undefined) {
    this.name = name;
    this.lastDeliveredId = lastDeliveredId;
    this.entriesRead = entriesRead;
  }

  /** A copy that changes on its own; pages of pending entries are shared until one side changes them. */
  fork(): ConsumerGroup {
    const fork = new ConsumerGroup(this.name, this.lastDeliveredId, this.entriesRead);
    fork.nackZone = this.nackZone.slice();
    fork.#nextNumber = this.#nextNumber;
    for (const [name, consumer] of this.#consumers) fork.#consumers.set(name, { ...consumer });
    fork.#pending = this.#pending.fork();
    return fork;
  }

  consumer(name: string): Consumer | undefined {
    return this.#consumers.get(name);
  }

  /** In the order of their names, which is the servers'. */
  consumers(): Consumer[] {
    return [...this.#consumers.values()].sort((first, second) => (first.name < second.name ? -1 : 1));
  }

  /** The consumer must not be there yet. */
  addConsumer(name: string, seenAtMs: number, activeAtMs?: number): Consumer {
    const consumer = { name, number: this.#nextNumber++, seenAtMs, activeAtMs };
    this.#consumers.set(name, consumer);
    return consumer;
  }

  /** Removes a consumer with all that is pending for it: false when there is none of that name. */
  removeConsumer(name: string): boolean {
    const consumer = this.#consumers.get(name);
    if (consumer === undefined) return false;
    for (const id of this.pendingIdsOf(consumer.number)) this.removePending(id);
    return this.#consumers.delete(name);
  }

  get pendingCount(): number {
    return this.#pending.count;
  }

  pending(id: EntryId): Pending | undefined {
    const found = this.#pending.find(id);
    return found === undefined ? undefined : this.#pending.pages[found.page].at(found.row);
  }

  /** Adds a pending entry, or changes the one that is there. */
  setPending(id: EntryId, pending: Pending): void {
    const found = this.#pending.find(id);
    if (found === undefined) this.#insertPending(id, pending);
    else {
      const page = this.#pending.writable(found.page);
      page.set(page.ids.seek(id), pending);
    }
  }

  /** False when the id is not pending. */
  removePending(id: EntryId): boolean {
    const found = this.#pending.find(id);
    if (found === undefined) return false;
    const page = this.#pending.writable(found.page);
    page.remove(page.ids.seek(id));
    this.#pending.counted(found.page, -1);
    if (this.nackZone.length > 0) this.nackZone = this.nackZone.filter((nacked) => nacked !== id);
    return true;
  }

  /** All pending entries in the order of their ids; not while they change. */
  *pendingEntries(): Generator<{ readonly id: EntryId } & Pending> {
    for (const page of this.#pending.pages) {
      for (let row = page.ids.first; row < page.ids.end; row++)
        yield { id: page.ids.at(row), ...page.at(row) };
    }
  }

  /** Ids that are pending for the consumer of this number, in order. */
  pendingIdsOf(consumer: number): EntryId[] {
    const found: EntryId[] = [];
    for (const page of this.#pending.pages) {
      for (let row = page.ids.first; row < page.ids.end; row++)
        if (page.consumerAt(row) === consumer) found.push(page.ids.at(row));
    }
    return found;
  }

  /** The ids of every consumer in one pass, by consumer number. */
  pendingIdsByConsumer(): ReadonlyMap<number, readonly EntryId[]> {
    const byConsumer = new Map<number, EntryId[]>();
    for (const { id, consumer } of this.pendingEntries()) {
      const ids = byConsumer.get(consumer);
      if (ids === undefined) byConsumer.set(consumer, [id]);
      else ids.push(id);
    }
    return byConsumer;
  }

  #insertPending(id: EntryId, pending: Pending): void {
    const list = this.#pending;
    const last = list.lastId;
    const lastPage = list.pages.at(-1);
    const isLast = last === undefined || id > last;
    if (lastPage === undefined || (isLast && lastPage.ids.end >= pendingRows)) {
      list.insertPage(list.pages.length, new PendingPage());
      this.#insertInto(list.pages.length - 1, id, pending);
      return;
    }
    const index = list.pageFor(id);
    if (!isLast && list.pages[index].ids.end >= pendingRows) this.#splitPage(index);
    this.#insertInto(list.pageFor(id), id, pending);
  }

  #splitPage(index: number): void {
    const list = this.#pending;
    const page = list.writable(index);
    if (page.ids.count < 2) return;
    list.addSplitPage(index, page.split());
  }

  #insertInto(index: number, id: EntryId, pending: Pending): void {
    const page = this.#pending.writable(index);
    page.insert(page.ids.seek(id), id, pending);
    this.#pending.counted(index, 1);
  }
}

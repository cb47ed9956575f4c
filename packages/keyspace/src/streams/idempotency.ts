/**
 * What a Redis 8.6 stream remembers to recognise an XADD that comes twice: for each producer, its latest idempotency ids.
 *
 * A server also forgets ids that are older than `durationSec`, by its clock and when it next looks; a log does not say
 * when. Here an id stays until newer ones push it out: more is known than the server knew, never less.
 *
 * Source: t_stream.c of Redis 8.6, held against a live server.
 */
import type { EntryId } from "./entry-id.ts";

/** What a stream has that was not told otherwise. */
export const idempotencyDefaults = { durationSec: 100, entriesMax: 100 } as const;

export class Idempotency {
  durationSec: number = idempotencyDefaults.durationSec;
  entriesMax: number = idempotencyDefaults.entriesMax;
  /** Ids ever recorded, and XADDs that were recognised. */
  added = 0n;
  duplicates = 0n;
  /** Idempotency ids by producer, the oldest first. Latin-1. */
  #producers = new Map<string, Map<string, EntryId>>();

  fork(): Idempotency {
    const fork = new Idempotency();
    fork.durationSec = this.durationSec;
    fork.entriesMax = this.entriesMax;
    fork.added = this.added;
    fork.duplicates = this.duplicates;
    for (const [producer, ids] of this.#producers) fork.#producers.set(producer, new Map(ids));
    return fork;
  }

  /** The entry that this id of this producer has made. */
  find(producer: string, iid: string): EntryId | undefined {
    return this.#producers.get(producer)?.get(iid);
  }

  /** Remembers an id and the entry it made; the oldest ones of the producer go. Not counted in `added`. */
  record(producer: string, iid: string, entry: EntryId): void {
    let ids = this.#producers.get(producer);
    if (ids === undefined) this.#producers.set(producer, (ids = new Map()));
    ids.delete(iid);
    ids.set(iid, entry);
    for (const oldest of ids.keys()) {
      if (ids.size <= this.entriesMax) break;
      ids.delete(oldest);
    }
  }

  /** Sets what is given: true when that differs. Then all ids are forgotten, as a server does. */
  configure(durationSec: number | undefined, entriesMax: number | undefined): boolean {
    const isNew =
      (durationSec ?? this.durationSec) !== this.durationSec ||
      (entriesMax ?? this.entriesMax) !== this.entriesMax;
    this.durationSec = durationSec ?? this.durationSec;
    this.entriesMax = entriesMax ?? this.entriesMax;
    if (isNew) this.#producers.clear();
    return isNew;
  }

  /** Producers in the order of their names, each with its ids, the oldest first. */
  producers(): [producer: string, ids: ReadonlyMap<string, EntryId>][] {
    return [...this.#producers].sort(([first], [second]) => (first < second ? -1 : 1));
  }
}

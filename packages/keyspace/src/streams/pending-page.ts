/** A page of a group's pending entries: id, when it was last delivered, how often, and to which consumer. */
import type { EntryId } from "./entry-id.ts";
import { IdColumn } from "./id-column.ts";
import type { IdPage } from "./id-pages.ts";

export const pendingRows = 256;
const firstRows = 4;

/** `consumer` is the consumer's number in its group; `nobody` for an entry that was handed back (Redis 8.8). */
export interface Pending {
  readonly deliveredAtMs: number;
  readonly deliveryCount: number;
  readonly consumer: number;
}

export class PendingPage implements IdPage<PendingPage> {
  readonly ids: IdColumn;
  #deliveredAtMs: Float64Array;
  #deliveryCounts: Float64Array;
  #consumers: Uint32Array;

  constructor(ids = new IdColumn(firstRows)) {
    this.ids = ids;
    this.#deliveredAtMs = new Float64Array(ids.capacity);
    this.#deliveryCounts = new Float64Array(ids.capacity);
    this.#consumers = new Uint32Array(ids.capacity);
  }

  copy(): PendingPage {
    const copy = new PendingPage(this.ids.copy());
    copy.#deliveredAtMs.set(this.#deliveredAtMs);
    copy.#deliveryCounts.set(this.#deliveryCounts);
    copy.#consumers.set(this.#consumers);
    return copy;
  }

  at(row: number): Pending {
    return {
      deliveredAtMs: this.#deliveredAtMs[row],
      deliveryCount: this.#deliveryCounts[row],
      consumer: this.#consumers[row],
    };
  }

  consumerAt(row: number): number {
    return this.#consumers[row];
  }

  set(row: number, pending: Pending): void {
    this.#deliveredAtMs[row] = pending.deliveredAtMs;
    this.#deliveryCounts[row] = pending.deliveryCount;
    this.#consumers[row] = pending.consumer;
  }

  insert(row: number, id: EntryId, pending: Pending): void {
    const { end } = this.ids;
    this.ids.insert(row, id);
    this.#grow();
    this.#deliveredAtMs.copyWithin(row + 1, row, end);
    this.#deliveryCounts.copyWithin(row + 1, row, end);
    this.#consumers.copyWithin(row + 1, row, end);
    this.set(row, pending);
  }

  remove(row: number): void {
    if (!this.ids.remove(row)) return;
    const end = this.ids.end + 1;
    this.#deliveredAtMs.copyWithin(row, row + 1, end);
    this.#deliveryCounts.copyWithin(row, row + 1, end);
    this.#consumers.copyWithin(row, row + 1, end);
  }

  /** Moves the upper half of the rows into a new page, which it returns. */
  split(): PendingPage {
    const upper = new PendingPage();
    const middle = this.ids.first + (this.ids.count >>> 1);
    for (let row = middle; row < this.ids.end; row++)
      upper.insert(upper.ids.end, this.ids.at(row), this.at(row));
    this.ids.end = middle;
    return upper;
  }

  #grow(): void {
    const { capacity } = this.ids;
    if (this.#deliveredAtMs.length >= capacity) return;
    this.#deliveredAtMs = larger(this.#deliveredAtMs, new Float64Array(capacity));
    this.#deliveryCounts = larger(this.#deliveryCounts, new Float64Array(capacity));
    this.#consumers = larger(this.#consumers, new Uint32Array(capacity));
  }
}

function larger<Column extends Float64Array | Uint32Array>(column: Column, room: Column): Column {
  room.set(column);
  return room;
}

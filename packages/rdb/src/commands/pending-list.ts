/**
 * The pending entries of one stream group: who holds which entry, since when, delivered how often.
 *
 * A file lists the entries of the group first and then, consumer by consumer, the ids that each owns; both
 * exports want them together. Forty bytes an entry in typed arrays; the ids come ascending, so that an
 * owner is found by halving.
 */
import type { StreamId } from "../events.ts";

const firstRoom = 64;

export class PendingList {
  #ms = new BigUint64Array(firstRoom);
  #seq = new BigUint64Array(firstRoom);
  #deliveredAtMs = new Float64Array(firstRoom);
  #deliveryCount = new Float64Array(firstRoom);
  #owner = new Int32Array(firstRoom);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(id: StreamId, deliveredAtMs: number, deliveryCount: number): void {
    if (this.#count === this.#ms.length) this.#grow();
    const index = this.#count++;
    this.#ms[index] = id.ms;
    this.#seq[index] = id.seq;
    this.#deliveredAtMs[index] = deliveredAtMs;
    this.#deliveryCount[index] = deliveryCount;
    this.#owner[index] = -1;
  }

  /** Says that the consumer with this index owns the entry. An id that is not pending is ignored. */
  own(id: StreamId, consumer: number): void {
    const index = this.#find(id);
    if (index >= 0) this.#owner[index] = consumer;
  }

  has(id: StreamId): boolean {
    return this.#find(id) >= 0;
  }

  idAt(index: number): StreamId {
    return { ms: this.#ms[index], seq: this.#seq[index] };
  }

  deliveredAtMsAt(index: number): number {
    return this.#deliveredAtMs[index];
  }

  deliveryCountAt(index: number): number {
    return this.#deliveryCount[index];
  }

  /** Index of the consumer, or -1 when nobody owns the entry. */
  ownerAt(index: number): number {
    return this.#owner[index];
  }

  clear(): void {
    this.#count = 0;
  }

  #find(id: StreamId): number {
    let low = 0;
    let high = this.#count - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const ms = this.#ms[middle];
      const seq = this.#seq[middle];
      if (ms === id.ms && seq === id.seq) return middle;
      if (ms < id.ms || (ms === id.ms && seq < id.seq)) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }

  #grow(): void {
    const room = this.#ms.length * 2;
    this.#ms = enlarged(this.#ms, new BigUint64Array(room));
    this.#seq = enlarged(this.#seq, new BigUint64Array(room));
    this.#deliveredAtMs = enlarged(this.#deliveredAtMs, new Float64Array(room));
    this.#deliveryCount = enlarged(this.#deliveryCount, new Float64Array(room));
    this.#owner = enlarged(this.#owner, new Int32Array(room));
  }
}

function enlarged<Numbers extends BigUint64Array | Float64Array | Int32Array>(
  from: Numbers,
  to: Numbers,
): Numbers {
  (to as Float64Array).set(from as Float64Array);
  return to;
}

/**
 * A few short items in one slot: how a small collection is held.
 *
 *   slot   [ taken off | item item item … | room ]
 *   item   [ size: 1 byte below 128, otherwise 2 bytes, the first with its top bit set ][ bytes ]
 *
 * Finding is a walk, which for a hundred items takes less time than an engine's Map takes for one text. A position counts bytes from the slot's
 * start, and is valid until the next change.
 *
 * Hot: find(), append() and replace().
 */
import { ByteSlice } from "@holdfast/rdb";
import { textIn } from "../latin1.ts";
import { areSameBytes, copyBetween, copyBytes } from "../store/byte-ranges.ts";
import { type Region, Slabs } from "../store/slabs.ts";

/** A collection is packed up to so many bytes of items… */
export const packedBytesMax = 4096;
/** …and, where items are looked for, so many of them. */
export const packedSearchMax = 128;

const longSize = 0x80;
/** Room for what comes next, in bytes, and half of what is there if that is more: a copy for every item costs more than the items. */
const spareMin = 32;

export class PackedItems {
  readonly #slabs: Slabs;
  /** 0 before the first item. */
  #place = 0;
  #region: Region;
  #bytes: Uint8Array;
  /** Of the slot, in #bytes. */
  #base = 0;
  #start = 0;
  #end = 0;
  #room = 0;

  constructor(slabs: Slabs) {
    this.#slabs = slabs;
    this.#region = slabs.regions[0];
    this.#bytes = this.#region.bytes;
  }

  /** Of the items, with their sizes. */
  get sizeBytes(): number {
    return this.#end - this.#start;
  }

  /** Whether another item of this size may be added. */
  fits(size: number): boolean {
    return this.#end - this.#start + size + 2 <= packedBytesMax;
  }

  /** Position of the first item. */
  get first(): number {
    return this.#start;
  }

  /** Position behind the last item. */
  get end(): number {
    return this.#end;
  }

  /** Position of the item behind the one at `at`. */
  next(at: number): number {
    const bytes = this.#bytes;
    const head = this.#base + at;
    const size = bytes[head];
    return size < longSize ? at + 1 + size : at + 2 + (((size & 0x7f) << 8) | bytes[head + 1]);
  }

  /** Where the bytes of an item lie: borrowed until the next change. */
  sliceAt(at: number): ByteSlice {
    const start = this.#base + at + (this.#bytes[this.#base + at] < longSize ? 1 : 2);
    return new ByteSlice(this.#bytes, start, this.#base + this.next(at));
  }

  textAt(at: number): string {
    const start = this.#base + at + (this.#bytes[this.#base + at] < longSize ? 1 : 2);
    return textIn(this.#region.buffer, start, this.#base + this.next(at));
  }

  /** Position of an item, looked for among every `step`th, 1 or 2, from the first on; -1 when it is not there. */
  find(wanted: ByteSlice, step: 1 | 2): number {
    const { bytes, view } = this.#region;
    const size = wanted.end - wanted.start;
    const end = this.#base + this.#end;
    for (let at = this.#base + this.#start; at < end; ) {
      let found = bytes[at];
      let body = at + 1;
      if (found >= longSize) found = ((found & 0x7f) << 8) | bytes[body++];
      if (found === size && areSameBytes(view, body, wanted.buffer, wanted.start, size))
        return at - this.#base;
      at = body + found;
      if (step === 1) continue;
      found = bytes[at++];
      if (found >= longSize) found = ((found & 0x7f) << 8) | bytes[at++];
      at += found;
    }
    return -1;
  }

  append(item: ByteSlice): void {
    const size = item.end - item.start;
    const needed = size + (size < longSize ? 1 : 2);
    if (this.#end + needed > this.#room) this.#grow(0, needed);
    this.#write(this.#end, item);
    this.#end += needed;
  }

  prepend(item: ByteSlice): void {
    const size = item.end - item.start;
    const needed = size + (size < longSize ? 1 : 2);
    if (this.#start < needed) this.#grow(needed, 0);
    this.#start -= needed;
    this.#write(this.#start, item);
  }

  /** Puts other bytes in the place of an item. */
  replace(at: number, item: ByteSlice): void {
    const size = item.end - item.start;
    const needed = size + (size < longSize ? 1 : 2);
    const change = needed - (this.next(at) - at);
    let to = at;
    if (change !== 0) {
      const startBefore = this.#start;
      if (this.#end + change > this.#room) this.#grow(0, change);
      to += this.#start - startBefore;
      const behind = this.#base + to + needed - change;
      this.#bytes.copyWithin(behind + change, behind, this.#base + this.#end);
      this.#end += change;
    }
    this.#write(to, item);
  }

  /** Takes out what lies between two positions. */
  remove(from: number, to: number): void {
    if (from === this.#start) this.#start = to;
    else {
      if (to < this.#end) this.#bytes.copyWithin(this.#base + from, this.#base + to, this.#base + this.#end);
      this.#end -= to - from;
    }
  }

  /** Independent, with the same items. */
  clone(): PackedItems {
    const copy = new PackedItems(this.#slabs);
    if (this.sizeBytes === 0) return copy;
    copy.#take(this.#slabs.allocate(this.sizeBytes));
    copy.#end = this.sizeBytes;
    copyBetween(copy.#region, copy.#base, this.#region, this.#base + this.#start, this.sizeBytes);
    return copy;
  }

  /** Gives the slot back. There is nothing in it any more. */
  dispose(): void {
    if (this.#place !== 0) this.#slabs.free(this.#place);
    this.#place = 0;
    this.#start = this.#end = this.#room = 0;
  }

  #write(at: number, item: ByteSlice): void {
    const bytes = this.#bytes;
    let head = this.#base + at;
    const size = item.end - item.start;
    if (size < longSize) bytes[head++] = size;
    else {
      bytes[head++] = longSize | (size >>> 8);
      bytes[head++] = size & 0xff;
    }
    copyBytes(this.#region, head, item.buffer, item.start, item.end);
  }

  /** Makes room in front and behind; moves what is there, in the slot if that is enough. */
  #grow(front: number, behind: number): void {
    const size = this.sizeBytes;
    const needed = front + size + behind;
    const before = this.#region;
    const from = this.#base + this.#start;
    if (needed <= this.#room - (this.#room >> 3)) {
      // What was taken off in front is a good part of the slot. Behind is where lists mostly grow.
      const start = front === 0 ? 0 : this.#room - size - behind;
      before.bytes.copyWithin(this.#base + start, from, from + size);
      this.#start = start;
      this.#end = start + size;
      return;
    }
    const old = this.#place;
    this.#take(this.#slabs.allocate(needed + Math.max(needed >> 1, spareMin)));
    const start = front === 0 ? 0 : this.#room - size - behind;
    copyBetween(this.#region, this.#base + start, before, from, size);
    this.#start = start;
    this.#end = start + size;
    if (old !== 0) this.#slabs.free(old);
  }

  #take(place: number): void {
    this.#place = place;
    this.#region = this.#slabs.regions[Slabs.regionOf(place)];
    this.#bytes = this.#region.bytes;
    this.#base = Slabs.offsetOf(place);
    this.#room = this.#slabs.sizeOf(place);
  }
}

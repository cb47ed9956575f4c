/**
 * A set of byte strings that remembers copies, for the duplicate rules: exact, bounded, emptied for
 * each value.
 *
 * Open addressing over 32-bit hashes; equal hashes are settled by comparing the bytes. Bytes are hashed
 * and copied four at a time, so a copy takes up to three bytes more than its string.
 *
 * Hot: `add` runs for every field and member at level "check"; watched by `bench check`.
 */
/** Small: a stream has several sets, and most of them stay so. */
const smallestSlots = 16;
const initialEntries = 8;
const initialBytes = 256;
/** Tables above this are given back after the value that needed them. */
const keptEntriesMax = 1 << 16;
/** A count in a file is only believed up to here. */
const expectedSlotsMax = 1 << 16;

export class ByteSet {
  readonly #limitBytes: number;
  #slots = new Int32Array(smallestSlots);
  /** Slots in use: a power of two, the rest of the array is left over from a larger value. */
  #slotCount = smallestSlots;
  #hashes = new Int32Array(initialEntries);
  #starts = new Uint32Array(initialEntries);
  #sizes = new Uint32Array(initialEntries);
  #bytes: Uint8Array = new Uint8Array(initialBytes);
  #words: DataView = new DataView(this.#bytes.buffer);
  #usedBytes = 0;
  #size = 0;
  /** The last two buffers that strings were read from, the window and the arena mostly, with a view of each. */
  #source: Uint8Array = this.#bytes;
  #sourceWords: DataView = this.#words;
  #otherSource: Uint8Array = this.#bytes;
  #otherWords: DataView = this.#words;
  /** False once the limit was passed: from then on `add` knows no more than it kept. */
  isComplete = true;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  get size(): number {
    return this.#size;
  }

  /** Empties the set. */
  clear(): void {
    if (this.#hashes.length > keptEntriesMax) this.#giveBack();
    if (this.#size > 0) this.#slots.fill(0, 0, this.#slotCount);
    this.#slotCount = smallestSlots;
    this.#usedBytes = 0;
    this.#size = 0;
    this.isComplete = true;
  }

  /** Makes room for so many strings at once, as far as that is cheap; to be called while the set is empty. */
  expect(count: number): void {
    let slotCount = smallestSlots;
    while (slotCount < 2 * count && slotCount < expectedSlotsMax) slotCount *= 2;
    if (slotCount > this.#slots.length) this.#slots = new Int32Array(slotCount);
    this.#slotCount = slotCount;
  }

  #giveBack(): void {
    this.#slots = new Int32Array(smallestSlots);
    this.#hashes = new Int32Array(initialEntries);
    this.#starts = new Uint32Array(initialEntries);
    this.#sizes = new Uint32Array(initialEntries);
    this.#useBytes(new Uint8Array(initialBytes));
    this.#size = 0;
  }

  has(buffer: Uint8Array, start: number, end: number): boolean {
    const hash = this.#hashOf(buffer, start, end);
    return this.#slots[this.#find(buffer, start, end, hash)] !== 0;
  }

  /** Index of the first string, in the order of adding, that fits; -1 if none does. Views are borrowed. */
  findIndex(fits: (bytes: Uint8Array) => boolean): number {
    for (let entry = 0; entry < this.#size; entry += 1) {
      const start = this.#starts[entry];
      if (fits(this.#bytes.subarray(start, start + this.#sizes[entry]))) return entry;
    }
    return -1;
  }

  /** Adds a copy of buffer[start, end); false if it was there already. */
  add(buffer: Uint8Array, start: number, end: number): boolean {
    const size = end - start;
    const hash = this.#hashOf(buffer, start, end);
    const slots = this.#slots;
    const hashes = this.#hashes;
    const mask = this.#slotCount - 1;
    let slot = hash & mask;
    for (let entry = slots[slot]; entry !== 0; entry = slots[slot]) {
      if (hashes[entry - 1] === hash && this.#equals(entry - 1, buffer, start, end)) return false;
      slot = (slot + 1) & mask;
    }
    const index = this.#size;
    if (this.#usedBytes + size > this.#limitBytes || index * 16 > this.#limitBytes) {
      this.isComplete = false;
      return true;
    }
    if (index === hashes.length || this.#usedBytes + size + 4 > this.#bytes.length) this.#grow(size + 4);
    this.#copy(buffer, start, end);
    this.#hashes[index] = hash;
    this.#starts[index] = this.#usedBytes;
    this.#sizes[index] = size;
    this.#usedBytes += size;
    this.#size = index + 1;
    slots[slot] = index + 1;
    if (index * 2 >= mask) this.#growSlots();
    return true;
  }

  #grow(neededBytes: number): void {
    if (this.#size === this.#hashes.length) this.#growEntries();
    if (this.#usedBytes + neededBytes > this.#bytes.length) this.#growBytes(neededBytes);
  }

  #copy(buffer: Uint8Array, start: number, end: number): void {
    let to = this.#usedBytes;
    if (end + 4 > buffer.length) {
      for (let from = start; from < end; ) this.#bytes[to++] = buffer[from++];
      return;
    }
    const words = this.#wordsOf(buffer);
    const target = this.#words;
    for (let from = start; from < end; from += 4, to += 4) target.setInt32(to, words.getInt32(from));
  }

  /** The slot that holds these bytes, or the empty one where they belong. */
  #find(buffer: Uint8Array, start: number, end: number, hash: number): number {
    const mask = this.#slotCount - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const entry = this.#slots[slot];
      if (entry === 0) return slot;
      if (this.#hashes[entry - 1] === hash && this.#equals(entry - 1, buffer, start, end)) return slot;
    }
  }

  #freeSlot(hash: number): number {
    const mask = this.#slotCount - 1;
    let slot = hash & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    return slot;
  }

  #equals(entry: number, buffer: Uint8Array, start: number, end: number): boolean {
    if (this.#sizes[entry] !== end - start) return false;
    let at = this.#starts[entry];
    for (let from = start; from < end; from += 1, at += 1) if (this.#bytes[at] !== buffer[from]) return false;
    return true;
  }

  #growSlots(): void {
    const slotCount = this.#slotCount * 2;
    if (slotCount > this.#slots.length) this.#slots = new Int32Array(slotCount);
    else this.#slots.fill(0, 0, slotCount);
    this.#slotCount = slotCount;
    for (let entry = 0; entry < this.#size; entry += 1)
      this.#slots[this.#freeSlot(this.#hashes[entry])] = entry + 1;
  }

  #growEntries(): void {
    const length = this.#hashes.length * 2;
    this.#hashes = grown(this.#hashes, new Int32Array(length));
    this.#starts = grown(this.#starts, new Uint32Array(length));
    this.#sizes = grown(this.#sizes, new Uint32Array(length));
  }

  #growBytes(needed: number): void {
    this.#useBytes(
      grown(this.#bytes, new Uint8Array(Math.max(this.#bytes.length * 2, this.#usedBytes + needed))),
    );
  }

  #useBytes(bytes: Uint8Array): void {
    this.#bytes = bytes;
    this.#words = new DataView(bytes.buffer);
  }

  #wordsOf(buffer: Uint8Array): DataView {
    if (buffer === this.#source) return this.#sourceWords;
    const isOther = buffer === this.#otherSource;
    const words = isOther
      ? this.#otherWords
      : new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
    this.#otherSource = this.#source;
    this.#otherWords = this.#sourceWords;
    this.#source = buffer;
    this.#sourceWords = words;
    return words;
  }

  #hashOf(buffer: Uint8Array, start: number, end: number): number {
    let hash = 0x811c9dc5 ^ (end - start);
    let at = start;
    if (end - start >= 4) {
      const words = this.#wordsOf(buffer);
      for (; at + 4 <= end; at += 4) {
        hash = Math.imul(hash ^ words.getInt32(at), 0x9e3779b1);
        hash ^= hash >>> 15;
      }
    }
    for (; at < end; at += 1) hash = Math.imul(hash ^ buffer[at], 0x01000193);
    // The low bits pick the slot: fold the high ones in.
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    return hash ^ (hash >>> 13);
  }
}

function grown<T extends Int32Array | Uint32Array | Uint8Array>(from: T, to: T): T {
  to.set(from);
  return to;
}

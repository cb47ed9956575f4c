/**
 * A set of byte strings that remembers copies, for the duplicate rules: exact, bounded, emptied for
 * each value.
 *
 * Open addressing over 32-bit hashes; equal hashes are settled by comparing the bytes.
 */
const initialSlots = 64;
const initialBytes = 4096;

export class ByteSet {
  readonly #limitBytes: number;
  #slots = new Int32Array(initialSlots);
  #hashes = new Int32Array(initialSlots / 2);
  #starts = new Uint32Array(initialSlots / 2 + 1);
  #bytes = new Uint8Array(initialBytes);
  #usedBytes = 0;
  #size = 0;
  /** False once the limit was passed: from then on `add` knows no more than it kept. */
  isComplete = true;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  get size(): number {
    return this.#size;
  }

  clear(): void {
    if (this.#slots.length > 1 << 16) {
      this.#slots = new Int32Array(initialSlots);
      this.#hashes = new Int32Array(initialSlots / 2);
      this.#starts = new Uint32Array(initialSlots / 2 + 1);
      this.#bytes = new Uint8Array(initialBytes);
    } else if (this.#size > 0) {
      this.#slots.fill(0);
    }
    this.#usedBytes = 0;
    this.#size = 0;
    this.isComplete = true;
  }

  has(buffer: Uint8Array, start: number, end: number): boolean {
    return this.#slots[this.#find(buffer, start, end, hashOf(buffer, start, end))] !== 0;
  }

  /** Index of the first string, in the order of adding, that fits; -1 if none does. Views are borrowed. */
  findIndex(fits: (bytes: Uint8Array) => boolean): number {
    for (let entry = 0; entry < this.#size; entry += 1) {
      if (fits(this.#bytes.subarray(this.#starts[entry], this.#starts[entry + 1]))) return entry;
    }
    return -1;
  }

  /** Adds a copy of buffer[start, end); false if it was there already. */
  add(buffer: Uint8Array, start: number, end: number): boolean {
    const hash = hashOf(buffer, start, end);
    let slot = this.#find(buffer, start, end, hash);
    if (this.#slots[slot] !== 0) return false;
    const size = end - start;
    if (this.#usedBytes + size > this.#limitBytes || this.#size * 16 > this.#limitBytes) {
      this.isComplete = false;
      return true;
    }
    if (this.#size * 2 >= this.#slots.length) {
      this.#growSlots();
      slot = this.#find(buffer, start, end, hash);
    }
    if (this.#usedBytes + size > this.#bytes.length) this.#growBytes(size);
    for (let from = start, to = this.#usedBytes; from < end; ) this.#bytes[to++] = buffer[from++];
    this.#hashes[this.#size] = hash;
    this.#starts[this.#size] = this.#usedBytes;
    this.#usedBytes += size;
    this.#size += 1;
    this.#starts[this.#size] = this.#usedBytes;
    this.#slots[slot] = this.#size;
    return true;
  }

  /** The slot that holds these bytes, or the empty one where they belong. */
  #find(buffer: Uint8Array, start: number, end: number, hash: number): number {
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const entry = this.#slots[slot];
      if (entry === 0) return slot;
      if (this.#hashes[entry - 1] === hash && this.#equals(entry - 1, buffer, start, end)) return slot;
    }
  }

  #equals(entry: number, buffer: Uint8Array, start: number, end: number): boolean {
    let at = this.#starts[entry];
    if (this.#starts[entry + 1] - at !== end - start) return false;
    for (let from = start; from < end; from += 1, at += 1) if (this.#bytes[at] !== buffer[from]) return false;
    return true;
  }

  #growSlots(): void {
    const slots = new Int32Array(this.#slots.length * 2);
    const mask = slots.length - 1;
    for (let entry = 0; entry < this.#size; entry += 1) {
      let slot = this.#hashes[entry] & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = entry + 1;
    }
    this.#slots = slots;
    this.#hashes = grown(this.#hashes, new Int32Array(slots.length / 2));
    this.#starts = grown(this.#starts, new Uint32Array(slots.length / 2 + 1));
  }

  #growBytes(needed: number): void {
    this.#bytes = grown(
      this.#bytes,
      new Uint8Array(Math.max(this.#bytes.length * 2, this.#usedBytes + needed)),
    );
  }
}

function grown<T extends Int32Array | Uint32Array | Uint8Array>(from: T, to: T): T {
  to.set(from);
  return to;
}

function hashOf(buffer: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let at = start; at < end; at += 1) hash = Math.imul(hash ^ buffer[at], 0x01000193);
  // The low bits pick the slot: fold the high ones in.
  return hash ^ (hash >>> 15);
}

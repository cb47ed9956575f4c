/**
 * What keys weigh by prefix, in bounded memory.
 *
 *   user:1001:cart      counts for  user:  and for  user:1001:      (separator ":", a prefix ends with it)
 *
 * Prefixes stand in a table with open addressing over their bytes; nothing is allocated per key. When the
 * table is full, the lighter half is dropped: what it had counted is still in the shorter prefixes above,
 * which are never lighter. A dropped prefix that comes back starts again from nothing, so its numbers may
 * be low; `missedMax` is the most memory that can be missing, and callers say so.
 *
 * Hot: add() runs once a key, its loop once a byte.
 */

export interface PrefixTableOptions {
  /** Bytes that end a prefix. */
  readonly separators: readonly number[];
  /** Most separators in a prefix. */
  readonly depthMax: number;
  /** Most prefixes held at a time. */
  readonly prefixesMax: number;
}

/** What the keys below one prefix add up to. */
export interface PrefixRow {
  /** Owned copy, separator included. */
  readonly prefix: Uint8Array;
  readonly depth: number;
  readonly keyCount: number;
  readonly memoryBytes: number;
  readonly sizeBytes: number;
  readonly expiringCount: number;
  /** Sum over the expiring keys of the ms that are left, none below 0. */
  readonly ttlSumMs: number;
  /** Memory that may be missing here because the prefix had been dropped before. */
  readonly missedMax: number;
}

/** A finished table as plain data: rows in the order in which their prefixes were first met. */
export interface PrefixTotals {
  readonly rows: readonly PrefixRow[];
  /** Prefixes that were dropped to stay within bounds; their keys count in shorter prefixes. */
  readonly droppedCount: number;
  /** Sum of the weights up to which prefixes were dropped. */
  readonly droppedWeight: number;
}

/** A longer prefix is counted with the shorter ones above it only. */
const prefixBytesMax = 255;

export class PrefixTable {
  readonly #isSeparator = new Uint8Array(256);
  readonly #depthMax: number;
  readonly #prefixesMax: number;
  /** Index of an entry plus one; 0 is empty. The size is a power of two, at least twice the entries. */
  readonly #slots: Int32Array;
  readonly #hashes: Int32Array;
  readonly #starts: Int32Array;
  readonly #lengths: Uint8Array;
  readonly #depths: Uint8Array;
  readonly #keyCounts: Float64Array;
  readonly #memory: Float64Array;
  readonly #sizes: Float64Array;
  readonly #expiring: Float64Array;
  readonly #ttls: Float64Array;
  readonly #missed: Float64Array;
  #texts = new Uint8Array(1 << 14);
  #textBytes = 0;
  #count = 0;
  #droppedCount = 0;
  #droppedWeight = 0;

  constructor(options: PrefixTableOptions) {
    for (const separator of options.separators) this.#isSeparator[separator] = 1;
    this.#depthMax = Math.min(options.depthMax, 255);
    const room = Math.max(2, options.prefixesMax);
    this.#prefixesMax = room;
    this.#slots = new Int32Array(2 ** Math.ceil(Math.log2(room * 2)));
    this.#hashes = new Int32Array(room);
    this.#starts = new Int32Array(room);
    this.#lengths = new Uint8Array(room);
    this.#depths = new Uint8Array(room);
    this.#keyCounts = new Float64Array(room);
    this.#memory = new Float64Array(room);
    this.#sizes = new Float64Array(room);
    this.#expiring = new Float64Array(room);
    this.#ttls = new Float64Array(room);
    this.#missed = new Float64Array(room);
  }

  /** Counts bytes[start, end) as a key. `ttlMs`: what is left of its life, or -1 when it does not expire. */
  add(
    bytes: Uint8Array,
    start: number,
    end: number,
    memoryBytes: number,
    sizeBytes: number,
    ttlMs: number,
  ): void {
    const isSeparator = this.#isSeparator;
    const stop = Math.min(end, start + prefixBytesMax);
    let hash = 0x811c9dc5;
    let depth = 0;
    for (let at = start; at < stop; at++) {
      const byte = bytes[at];
      hash = Math.imul(hash ^ byte, 0x01000193);
      if (isSeparator[byte] === 0) continue;
      const entry = this.#find(bytes, start, at + 1, hash, ++depth);
      this.#keyCounts[entry]++;
      this.#memory[entry] += memoryBytes;
      this.#sizes[entry] += sizeBytes;
      if (ttlMs >= 0) {
        this.#expiring[entry]++;
        this.#ttls[entry] += ttlMs;
      }
      if (depth === this.#depthMax) return;
    }
  }

  /** Everything counted so far, as plain data. */
  totals(): PrefixTotals {
    const rows: PrefixRow[] = [];
    for (let entry = 0; entry < this.#count; entry++) {
      rows.push({
        prefix: this.#texts.slice(this.#starts[entry], this.#starts[entry] + this.#lengths[entry]),
        depth: this.#depths[entry],
        keyCount: this.#keyCounts[entry],
        memoryBytes: this.#memory[entry],
        sizeBytes: this.#sizes[entry],
        expiringCount: this.#expiring[entry],
        ttlSumMs: this.#ttls[entry],
        missedMax: this.#missed[entry],
      });
    }
    return { rows, droppedCount: this.#droppedCount, droppedWeight: this.#droppedWeight };
  }

  /** Index of the prefix's entry, made when it is new. */
  #find(bytes: Uint8Array, start: number, end: number, hash: number, depth: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    // The multiplication spreads into high bits; the table is addressed by low ones.
    let slot = (hash ^ (hash >>> 15)) & mask;
    for (;;) {
      const entry = slots[slot] - 1;
      if (entry < 0) break;
      if (this.#hashes[entry] === hash && this.#isSame(entry, bytes, start, end)) return entry;
      slot = (slot + 1) & mask;
    }
    if (this.#count === this.#prefixesMax) {
      this.#dropLighterHalf();
      return this.#find(bytes, start, end, hash, depth);
    }
    slots[slot] = this.#count + 1;
    return this.#append(bytes, start, end, hash, depth);
  }

  #isSame(entry: number, bytes: Uint8Array, start: number, end: number): boolean {
    if (this.#lengths[entry] !== end - start) return false;
    const texts = this.#texts;
    let at = this.#starts[entry];
    while (start < end) if (texts[at++] !== bytes[start++]) return false;
    return true;
  }

  #append(bytes: Uint8Array, start: number, end: number, hash: number, depth: number): number {
    const length = end - start;
    if (this.#textBytes + length > this.#texts.length) {
      const larger = new Uint8Array(this.#texts.length * 2);
      larger.set(this.#texts);
      this.#texts = larger;
    }
    for (let at = start, to = this.#textBytes; at < end; ) this.#texts[to++] = bytes[at++];
    const entry = this.#count++;
    this.#hashes[entry] = hash;
    this.#starts[entry] = this.#textBytes;
    this.#lengths[entry] = length;
    this.#depths[entry] = depth;
    this.#keyCounts[entry] = this.#memory[entry] = this.#sizes[entry] = 0;
    this.#expiring[entry] = this.#ttls[entry] = 0;
    this.#missed[entry] = this.#droppedWeight;
    this.#textBytes += length;
    return entry;
  }

  /**
   * Keeps what is heavier than the median. Equal weights go together, so that no prefix outlives one above it,
   * which is at least as heavy.
   */
  #dropLighterHalf(): void {
    const count = this.#count;
    // Sorting numbers natively takes a tenth of sorting entries with a comparison of our own.
    const dropWeight = this.#memory.slice(0, count).sort()[(count - 1) >> 1];
    let keptCount = 0;
    this.#textBytes = 0;
    for (let entry = 0; entry < count; entry++) {
      if (this.#memory[entry] > dropWeight) this.#move(entry, keptCount++);
    }
    this.#droppedWeight += dropWeight;
    this.#droppedCount += count - keptCount;
    this.#count = keptCount;
    this.#rebuildSlots();
  }

  /** Moves an entry down to index `to`; entries are moved in ascending order, so nothing is overwritten unread. */
  #move(from: number, to: number): void {
    const start = this.#starts[from];
    const length = this.#lengths[from];
    this.#texts.copyWithin(this.#textBytes, start, start + length);
    this.#starts[to] = this.#textBytes;
    this.#textBytes += length;
    this.#hashes[to] = this.#hashes[from];
    this.#lengths[to] = length;
    this.#depths[to] = this.#depths[from];
    this.#keyCounts[to] = this.#keyCounts[from];
    this.#memory[to] = this.#memory[from];
    this.#sizes[to] = this.#sizes[from];
    this.#expiring[to] = this.#expiring[from];
    this.#ttls[to] = this.#ttls[from];
    this.#missed[to] = this.#missed[from];
  }

  #rebuildSlots(): void {
    const mask = this.#slots.length - 1;
    this.#slots.fill(0);
    for (let entry = 0; entry < this.#count; entry++) {
      const hash = this.#hashes[entry];
      let slot = (hash ^ (hash >>> 15)) & mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
      this.#slots[slot] = entry + 1;
    }
  }
}

/** Adds up the tables of two parts of one input; `first` came earlier. */
export function mergePrefixTotals(first: PrefixTotals, second: PrefixTotals): PrefixTotals {
  const rows = new Map<string, PrefixRow>();
  for (const row of first.rows)
    rows.set(nameOf(row), { ...row, missedMax: row.missedMax + second.droppedWeight });
  for (const row of second.rows) {
    const earlier = rows.get(nameOf(row));
    if (earlier === undefined)
      rows.set(nameOf(row), { ...row, missedMax: row.missedMax + first.droppedWeight });
    else rows.set(nameOf(row), addRows(earlier, row, second.droppedWeight));
  }
  return {
    rows: [...rows.values()],
    droppedCount: first.droppedCount + second.droppedCount,
    droppedWeight: first.droppedWeight + second.droppedWeight,
  };
}

function addRows(earlier: PrefixRow, later: PrefixRow, alreadyAllowed: number): PrefixRow {
  return {
    prefix: earlier.prefix,
    depth: earlier.depth,
    keyCount: earlier.keyCount + later.keyCount,
    memoryBytes: earlier.memoryBytes + later.memoryBytes,
    sizeBytes: earlier.sizeBytes + later.sizeBytes,
    expiringCount: earlier.expiringCount + later.expiringCount,
    ttlSumMs: earlier.ttlSumMs + later.ttlSumMs,
    missedMax: earlier.missedMax - alreadyAllowed + later.missedMax,
  };
}

function nameOf(row: PrefixRow): string {
  return Buffer.from(row.prefix).toString("latin1");
}

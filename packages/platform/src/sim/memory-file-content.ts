/**
 * The bytes of one simulated file: as programs see them now, and as a disk would have them after a crash.
 *
 *   now        block 0 | block 1 | block 2'| block 3'     ' written since the last sync
 *   lasting    block 0 | block 1 | block 2 |              what the last sync left on disk
 *
 * A crash keeps or drops each changed block by itself, and takes one of the sizes that the file may have had: so tails
 * are torn, zeros stand where a block was dropped, and later writes survive earlier ones. A failed sync forgets which blocks
 * it was to write, as Linux does: they stay readable, and no later sync writes them unless they are written again.
 */

import type { SeededRandomDoor } from "./seeded-random.ts";

/** What a crash keeps or drops as one: a page. */
export const BLOCK_BYTES = 4096;

/** What a crash leaves of what was not synced: nothing, all of it, or what a seed draws. */
export type CrashDraw = "nothing" | "everything" | SeededRandomDoor;

const EMPTY = new Uint8Array(0);

export class MemoryFileContent {
  #now: Uint8Array = EMPTY;
  #sizeBytes = 0;
  #lasting: Uint8Array = EMPTY;
  /** Numbers of the blocks that a sync has to write. */
  readonly #changed = new Set<number>();
  /** The smallest size since the last sync: a crash may catch the file there. */
  #smallestBytes = 0;
  modifiedAtMs = 0;

  /** A file whose content is on disk already. */
  static lasting(bytes: Uint8Array): MemoryFileContent {
    const content = new MemoryFileContent();
    content.append(bytes);
    content.sync();
    return content;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  readAt(offset: number, target: Uint8Array): number {
    const bytes = this.#now.subarray(Math.min(offset, this.#sizeBytes), this.#sizeBytes);
    const count = Math.min(bytes.length, target.length);
    target.set(bytes.subarray(0, count));
    return count;
  }

  append(bytes: Uint8Array): void {
    const before = this.#sizeBytes;
    this.#resize(before + bytes.length);
    this.#now.set(bytes, before);
    this.#mark(before, this.#sizeBytes);
  }

  truncate(sizeBytes: number): void {
    const before = this.#sizeBytes;
    this.#resize(sizeBytes);
    this.#smallestBytes = Math.min(this.#smallestBytes, sizeBytes);
    this.#mark(Math.min(before, sizeBytes), Math.max(before, sizeBytes));
  }

  sync(): void {
    const lasting = fitted(this.#lasting, this.#sizeBytes);
    for (const block of this.#changed) copyBlock(this.#now, lasting, block);
    this.#lasting = lasting;
    this.#smallestBytes = this.#sizeBytes;
    this.#changed.clear();
  }

  /** The covered blocks are clean from now on, and were never written. */
  failSync(): void {
    this.#changed.clear();
  }

  /** What the disk holds after a crash at this moment. Fresh memory. */
  afterCrash(draw: CrashDraw): Uint8Array {
    if (draw === "nothing") return this.#lasting.slice();
    const image = fitted(this.#lasting, this.#drawSize(draw));
    for (const block of this.#changed) {
      if (draw === "everything" || draw.below(2) === 0) copyBlock(this.#now, image, block);
    }
    return image;
  }

  #drawSize(draw: "everything" | SeededRandomDoor): number {
    if (draw === "everything") return this.#sizeBytes;
    const smallest = Math.min(this.#smallestBytes, this.#lasting.length, this.#sizeBytes);
    const largest = Math.max(this.#lasting.length, this.#sizeBytes);
    const between = smallest + draw.below(largest - smallest + 1);
    return [this.#lasting.length, this.#sizeBytes, this.#smallestBytes, between][draw.below(4)];
  }

  #resize(sizeBytes: number): void {
    if (sizeBytes > this.#now.length)
      this.#now = fitted(this.#now, Math.max(sizeBytes, 2 * this.#now.length));
    // What was cut off reads as zeros when the file grows over it again.
    if (sizeBytes < this.#sizeBytes) this.#now.fill(0, sizeBytes, this.#sizeBytes);
    this.#sizeBytes = sizeBytes;
  }

  #mark(from: number, to: number): void {
    for (let block = Math.floor(from / BLOCK_BYTES); block * BLOCK_BYTES < to; block++)
      this.#changed.add(block);
  }
}

/** A copy of this size, cut or filled up with zeros. */
function fitted(bytes: Uint8Array, sizeBytes: number): Uint8Array {
  const copy = new Uint8Array(sizeBytes);
  copy.set(bytes.subarray(0, sizeBytes));
  return copy;
}

function copyBlock(from: Uint8Array, to: Uint8Array, block: number): void {
  const start = block * BLOCK_BYTES;
  const source = from.subarray(start, Math.min(start + BLOCK_BYTES, to.length));
  if (source.length > 0) to.set(source, start);
}

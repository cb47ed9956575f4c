/**
 * The kept recent past of the stream: what a replica that was away for a moment can still be sent.
 *
 *   offset   firstOffset                                    endOffset
 *   blocks   | 64 KiB | 64 KiB | 64 KiB | … |  filling up … |          append() copies in here
 *              └ dropped whole, once what is behind it is enough
 *
 * No replica has a buffer of its own: each reads the backlog at its own pace, and a hold keeps what it still needs. So a slow replica
 * costs memory up to a limit, and then it is the one that loses, not the others. (Redis 7.0 shares blocks in the same way.)
 */
import { strict as assert } from "node:assert";

/** A past that can be read: in memory here, on disk in disk/disk-backlog.ts. Half-open: [firstOffset, endOffset). */
export interface StreamBacklog {
  readonly firstOffset: number;
  readonly endOffset: number;
  /**
   * Some bytes from `offset` on: at least one, at most `bytesMax`. They never change. Undefined when there are none: at the end, or
   * when that part was dropped.
   */
  read(offset: number, bytesMax: number): Uint8Array | undefined | Promise<Uint8Array | undefined>;
  /** Asks to keep everything from `offset` on. */
  hold(offset: number): BacklogHold;
}

/** A wish, within limits: who holds too much is let down, and finds out when it reads. */
export interface BacklogHold {
  /** What lies before is no longer needed. Never moves back. */
  moveTo(offset: number): void;
  release(): void;
}

export interface MemoryBacklogOptions {
  /** How much is kept when nobody holds anything. */
  readonly capacityBytes: number;
  /** How much more is kept for holds. Default 256 MiB, which is where servers cut off a replica that does not read. */
  readonly heldBytesMax?: number;
  /** Offset of the first byte that will be appended. Default 0. */
  readonly startOffset?: number;
}

const BLOCK_BYTES = 64 * 1024;

interface Block {
  readonly offset: number;
  readonly bytes: Uint8Array;
  sizeBytes: number;
}

/** Keeps at least `capacityBytes`, and at most a block more while nobody holds. */
export class MemoryBacklog implements StreamBacklog {
  readonly #capacityBytes: number;
  readonly #heldBytesMax: number;
  readonly #blocks: Block[] = [];
  readonly #holds = new HoldSet(() => this.#trim());
  #endOffset: number;

  constructor(options: MemoryBacklogOptions) {
    this.#capacityBytes = options.capacityBytes;
    this.#heldBytesMax = options.heldBytesMax ?? 256 * 1024 * 1024;
    this.#endOffset = options.startOffset ?? 0;
  }

  get firstOffset(): number {
    return this.#blocks.length === 0 ? this.#endOffset : this.#blocks[0].offset;
  }

  get endOffset(): number {
    return this.#endOffset;
  }

  /** Copies the bytes. */
  append(bytes: Uint8Array): void {
    for (let taken = 0; taken < bytes.length; ) {
      const block = this.#blockToFill(bytes.length - taken);
      const piece = bytes.subarray(taken, taken + block.bytes.length - block.sizeBytes);
      block.bytes.set(piece, block.sizeBytes);
      block.sizeBytes += piece.length;
      taken += piece.length;
      this.#endOffset += piece.length;
    }
    this.#trim();
  }

  read(offset: number, bytesMax: number): Uint8Array | undefined {
    assert(bytesMax > 0, "read() of nothing");
    if (offset < this.firstOffset || offset >= this.#endOffset) return undefined;
    const block = this.#blocks[this.#indexOf(offset)];
    const start = offset - block.offset;
    return block.bytes.subarray(start, Math.min(block.sizeBytes, start + bytesMax));
  }

  hold(offset: number): BacklogHold {
    return this.#holds.add(offset);
  }

  /** Forgets everything and goes on at this offset: another history begins. */
  restartAt(offset: number): void {
    this.#blocks.length = 0;
    this.#endOffset = offset;
  }

  #blockToFill(wantedBytes: number): Block {
    const last = this.#blocks.at(-1);
    if (last !== undefined && last.sizeBytes < last.bytes.length) return last;
    const bytes = new Uint8Array(Math.max(BLOCK_BYTES, Math.min(wantedBytes, this.#capacityBytes)));
    const block = { offset: this.#endOffset, bytes, sizeBytes: 0 };
    this.#blocks.push(block);
    return block;
  }

  #trim(): void {
    let dropped = 0;
    while (dropped < this.#blocks.length - 1) {
      const kept = this.#endOffset - this.#blocks[dropped + 1].offset;
      const isHeld = this.#holds.lowest < this.#blocks[dropped + 1].offset;
      if (kept < this.#capacityBytes + (isHeld ? this.#heldBytesMax : 0)) break;
      dropped++;
    }
    if (dropped > 0) this.#blocks.splice(0, dropped);
  }

  /** The block that holds this offset, which is in the backlog. */
  #indexOf(offset: number): number {
    let low = 0;
    let high = this.#blocks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (this.#blocks[middle].offset <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

/** The holds on one backlog; `moved` is called when what is held may have become less. */
export class HoldSet {
  readonly #offsets = new Map<object, number>();
  readonly #moved: () => void;

  constructor(moved: () => void) {
    this.#moved = moved;
  }

  /** Infinity when nobody holds anything. */
  get lowest(): number {
    let lowest = Number.POSITIVE_INFINITY;
    for (const offset of this.#offsets.values()) lowest = Math.min(lowest, offset);
    return lowest;
  }

  add(offset: number): BacklogHold {
    const hold = {
      moveTo: (to: number) => {
        const from = this.#offsets.get(hold);
        if (from === undefined || to <= from) return;
        this.#offsets.set(hold, to);
        this.#moved();
      },
      release: () => {
        if (this.#offsets.delete(hold)) this.#moved();
      },
    };
    this.#offsets.set(hold, offset);
    return hold;
  }
}

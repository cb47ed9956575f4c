/**
 * What is queued for the log: bytes of whole units in a few large blocks that are used again and again.
 *
 *   reserve → the caller writes at `end` of `buffer`, and moves it      …      takeAll → written to the file → giveBack
 *
 * A unit never lies across two blocks, so that whoever writes a block as a whole leaves the file at the end of a unit. One that is
 * larger than a block gets one of its own, which is not kept. Blocks are small at first and grow when they are filled: a log that is
 * seldom written needs no megabytes.
 */

const FIRST_BYTES = 64 << 10;
const BLOCK_BYTES = 2 << 20;
/** One being filled, one being written, and what an appender may be ahead: fresh memory costs more than filling it. */
const SPARE_BLOCKS = 4;

const NO_BYTES = new Uint8Array(0);

export class LogQueue {
  /** The block that is being filled, up to `end`. */
  buffer: Uint8Array = NO_BYTES;
  end = 0;
  /** Bytes queued before that block. */
  #startOffset = 0;
  #blockBytes = FIRST_BYTES;
  #filled: Uint8Array[] = [];
  #spare: Uint8Array[] = [];

  /** All bytes ever queued. */
  get offset(): number {
    return this.#startOffset + this.end;
  }

  /** Makes room for this many bytes in `buffer` from `end` on. */
  reserve(sizeBytes: number): void {
    if (this.buffer.length - this.end < sizeBytes) this.#next(sizeBytes);
  }

  /** Copies bytes that have to stay together. */
  put(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.buffer.set(bytes, this.end);
    this.end += bytes.length;
  }

  /** Everything queued, in order; it leaves the queue. Views of blocks: hand them to giveBack() when they are of no use any more. */
  takeAll(): Uint8Array[] {
    this.#seal();
    const filled = this.#filled;
    this.#filled = [];
    return filled;
  }

  giveBack({ buffer }: Uint8Array): void {
    if (buffer.byteLength !== this.#blockBytes || this.#spare.length === SPARE_BLOCKS) return;
    this.#spare.push(new Uint8Array(buffer));
  }

  #next(sizeBytes: number): void {
    if (this.end > 0) this.#blockBytes = Math.min(BLOCK_BYTES, 2 * this.#blockBytes);
    this.#seal();
    this.buffer = this.#fresh(sizeBytes);
  }

  #seal(): void {
    if (this.end === 0) return;
    this.#filled.push(this.buffer.subarray(0, this.end));
    this.#startOffset += this.end;
    this.buffer = NO_BYTES;
    this.end = 0;
  }

  #fresh(sizeBytes: number): Uint8Array {
    const size = this.#blockBytes;
    if (sizeBytes > size) return newBlock(sizeBytes);
    // Those of a smaller size, from before it grew, are not worth keeping.
    for (let block = this.#spare.pop(); block !== undefined; block = this.#spare.pop()) {
      if (block.length === size) return block;
    }
    return newBlock(size);
  }
}

/** Not zeroed: nothing is read that was not written before. Nor a Buffer, so that hot code meets one kind of array. */
function newBlock(sizeBytes: number): Uint8Array {
  return new Uint8Array(Buffer.allocUnsafeSlow(sizeBytes).buffer);
}

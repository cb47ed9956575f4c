/**
 * Text and bytes on their way out: one growing buffer that is handed over in large pieces.
 *
 * A record (a line of NDJSON, a row of CSV) is *committed* when it is complete. What is not committed
 * stays here as long as it is small, so that a damaged file ends with a whole line; only a record larger
 * than `holdBytes` goes out in pieces, and `tornRecords` then says so.
 *
 * Hot: every byte of every export passes through here. Numbers are written digit by digit, ASCII byte by
 * byte; no string is made per element.
 */

const encoder = new TextEncoder();
/** Of one unit of a JavaScript string. */
const utf8BytesMax = 3;
/** Room for the most bytes that a longer text could make would be much memory for nothing. */
const shortText = 4096;
const smallestBytes = 1 << 16;
/** A larger buffer, grown for one large record, shrinks again while small pieces are taken. */
const keptBufferMax = 4 << 20;
/** A piece below this is copied byte by byte: the call of set() costs more than the loop. */
const copyByLoopBytes = 24;

export class ByteSink {
  #buffer: Uint8Array;
  #size = 0;
  #committed = 0;
  /** True while the record under way has already lost its head to take(). */
  #isTorn = false;
  readonly #holdBytes: number;

  /** `holdBytes`: an uncommitted record up to this size is kept back by take(). Default 4 MiB. */
  constructor(options: { readonly holdBytes?: number } = {}) {
    this.#holdBytes = options.holdBytes ?? 4 << 20;
    this.#buffer = unfilled(smallestBytes);
  }

  /** Bytes that wait here, committed or not. */
  get size(): number {
    return this.#size;
  }

  /** True when part of an uncommitted record has been taken: whoever reads the output sees half a record. */
  get isTorn(): boolean {
    return this.#isTorn;
  }

  /** Declares everything written so far complete. */
  commit(): void {
    this.#committed = this.#size;
    this.#isTorn = false;
  }

  /** Forgets what was written since the last commit() or take(). */
  rollback(): void {
    this.#size = this.#committed;
  }

  /** What may go out now, owned by the caller; undefined when there is nothing. */
  take(): Uint8Array | undefined {
    const rest = this.#size - this.#committed;
    const takenBytes = rest > this.#holdBytes ? this.#size : this.#committed;
    if (takenBytes === 0) return undefined;
    if (takenBytes > this.#committed) this.#isTorn = true;
    const keptBytes = rest > this.#holdBytes ? 0 : rest;
    const taken = this.#handOver(takenBytes, keptBytes);
    this.#size = keptBytes;
    this.#committed = 0;
    return taken;
  }

  /**
   * The first `takenBytes`; what is kept moves to the front. A buffer mostly filled is given away and one of its
   * size follows, so that the next piece does not have to grow; a small piece is copied out and the buffer stays.
   */
  #handOver(takenBytes: number, keptBytes: number): Uint8Array {
    const buffer = this.#buffer;
    if (takenBytes < buffer.length / 4) {
      const taken = buffer.slice(0, takenBytes);
      buffer.copyWithin(0, takenBytes, takenBytes + keptBytes);
      if (buffer.length > keptBufferMax)
        this.#buffer = new Uint8Array(buffer.subarray(0, buffer.length >> 1));
      return taken;
    }
    this.#buffer = unfilled(Math.max(smallestBytes, buffer.length, keptBytes * 2));
    this.#buffer.set(buffer.subarray(takenBytes, takenBytes + keptBytes));
    return buffer.subarray(0, takenBytes);
  }

  byte(value: number): void {
    if (this.#size === this.#buffer.length) this.#grow(1);
    this.#buffer[this.#size++] = value;
  }

  bytes(source: Uint8Array, start = 0, end = source.length): void {
    const count = end - start;
    if (this.#size + count > this.#buffer.length) this.#grow(count);
    const buffer = this.#buffer;
    if (count <= copyByLoopBytes) {
      for (let at = start, to = this.#size; at < end; ) buffer[to++] = source[at++];
    } else {
      buffer.set(start === 0 && end === source.length ? source : source.subarray(start, end), this.#size);
    }
    this.#size += count;
  }

  /** Writes text whose characters are all below 0x80. */
  ascii(text: string): void {
    const count = text.length;
    if (this.#size + count > this.#buffer.length) this.#grow(count);
    const buffer = this.#buffer;
    let to = this.#size;
    for (let at = 0; at < count; at++) buffer[to++] = text.charCodeAt(at);
    this.#size = to;
  }

  /** Writes any text as UTF-8. */
  text(text: string): void {
    if (text.length > shortText) {
      this.bytes(Buffer.from(text, "utf8"));
      return;
    }
    const most = text.length * utf8BytesMax;
    if (this.#size + most > this.#buffer.length) this.#grow(most);
    this.#size += encoder.encodeInto(text, this.#buffer.subarray(this.#size)).written;
  }

  /** Writes a whole number in decimal; anything that is no safe integer as JavaScript prints it. */
  integer(value: number): void {
    if (!Number.isSafeInteger(value)) {
      this.ascii(String(value));
      return;
    }
    if (value < 0) {
      this.byte(dash);
      value = -value;
    }
    if (this.#size + 16 > this.#buffer.length) this.#grow(16);
    this.#size = putDigits(this.#buffer, this.#size, value);
  }

  /** The buffer, with room for `count` bytes to be filled by the caller from `size` on; close it with `filledTo()`. */
  room(count: number): Uint8Array {
    if (this.#size + count > this.#buffer.length) this.#grow(count);
    return this.#buffer;
  }

  /** What `room()` gave is filled up to here. */
  filledTo(size: number): void {
    this.#size = size;
  }

  /** Room for `count` bytes to be filled by the caller from `at` on; close it with `advance()`. */
  reserve(count: number): { readonly buffer: Uint8Array; readonly at: number } {
    return { buffer: this.room(count), at: this.#size };
  }

  advance(count: number): void {
    this.#size += count;
  }

  #grow(count: number): void {
    const next = unfilled(Math.max(this.#buffer.length * 2, this.#size + count));
    next.set(this.#buffer.subarray(0, this.#size));
    this.#buffer = next;
  }
}

/** Memory of its own that is not zeroed: nothing is read from it that was not written before. */
function unfilled(sizeBytes: number): Uint8Array {
  return new Uint8Array(Buffer.allocUnsafeSlow(sizeBytes).buffer);
}

const dash = 0x2d;
const zero = 0x30;

/** Writes a non-negative safe integer at `at`; returns the index behind it. The caller has made room for 16. */
function putDigits(buffer: Uint8Array, at: number, value: number): number {
  // Above 2^31 the division is done in doubles, below it in integers, which is four times quicker.
  if (value > 0x7fffffff) {
    const head = Math.floor(value / 1_000_000_000);
    at = putDigits(buffer, at, head);
    return putPadded(buffer, at, value - head * 1_000_000_000, 9);
  }
  return putPadded(buffer, at, value, digitCount(value));
}

/** Writes `value` (below 2^31) with leading zeros to `count` digits; returns the index behind it. */
export function putPadded(buffer: Uint8Array, at: number, value: number, count: number): number {
  for (let place = at + count - 1; place >= at; place--) {
    const rest = (value / 10) | 0;
    buffer[place] = zero + value - rest * 10;
    value = rest;
  }
  return at + count;
}

function digitCount(value: number): number {
  let count = 1;
  for (let limit = 10; value >= limit && count < 10; limit *= 10) count++;
  return count;
}

/**
 * A range of bytes that lie in someone else's buffer: what an element, a field or a name is in an event.
 *
 * A dump holds tens of millions of them. A view (`subarray`) costs about ten times what this object does, and
 * most readers only copy the bytes on, so a view is made for those who ask. Watched by the export question of
 * tools/bench.
 */

/** The bytes buffer[start, end), borrowed: valid until the decoder's next `push()`. Keep them with `slice()`. */
export class ByteSlice {
  readonly buffer: Uint8Array;
  readonly start: number;
  readonly end: number;

  constructor(buffer: Uint8Array, start: number, end: number) {
    this.buffer = buffer;
    this.start = start;
    this.end = end;
  }

  /** All of these bytes. */
  static of(bytes: Uint8Array): ByteSlice {
    return new ByteSlice(bytes, 0, bytes.length);
  }

  /** In bytes. */
  get length(): number {
    return this.end - this.start;
  }

  /** The bytes as an array over the same memory: borrowed as the slice is. */
  view(): Uint8Array {
    return this.buffer.subarray(this.start, this.end);
  }

  /** An owned copy. */
  slice(): Uint8Array {
    return this.buffer.slice(this.start, this.end);
  }
}

/**
 * A growing sink of bytes: what encoders write into. Integers go in the byte order that the method names.
 *
 * Memory grows by doubling, so that a byte is copied a constant number of times on average.
 */

const FIRST_BYTES = 256;

/** Collects bytes until take(). Numbers are written modulo the size of their field, as typed arrays do. */
export class ByteWriter {
  #buffer = new Uint8Array(FIRST_BYTES);
  #view = new DataView(this.#buffer.buffer);
  #size = 0;

  /** Bytes written since the last take(). */
  get size(): number {
    return this.#size;
  }

  u8(value: number): this {
    const at = this.#claim(1);
    this.#view.setUint8(at, value);
    return this;
  }

  u16le(value: number): this {
    const at = this.#claim(2);
    this.#view.setUint16(at, value, true);
    return this;
  }

  u32le(value: number): this {
    const at = this.#claim(4);
    this.#view.setUint32(at, value, true);
    return this;
  }

  u32be(value: number): this {
    const at = this.#claim(4);
    this.#view.setUint32(at, value, false);
    return this;
  }

  u64le(value: bigint): this {
    const at = this.#claim(8);
    this.#view.setBigUint64(at, value, true);
    return this;
  }

  u64be(value: bigint): this {
    const at = this.#claim(8);
    this.#view.setBigUint64(at, value, false);
    return this;
  }

  i64le(value: bigint): this {
    const at = this.#claim(8);
    this.#view.setBigInt64(at, value, true);
    return this;
  }

  f64le(value: number): this {
    const at = this.#claim(8);
    this.#view.setFloat64(at, value, true);
    return this;
  }

  /** Copies the bytes. */
  bytes(bytes: Uint8Array): this {
    const at = this.#claim(bytes.length);
    this.#buffer.set(bytes, at);
    return this;
  }

  /** Text of ASCII characters, one byte each. Throws RangeError for any other character. */
  ascii(text: string): this {
    const at = this.#claim(text.length);
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index);
      if (code > 0x7f) throw new RangeError(`not ASCII: ${JSON.stringify(text)}`);
      this.#buffer[at + index] = code;
    }
    return this;
  }

  /** Everything written, which the caller then owns; the writer starts again empty. */
  take(): Uint8Array {
    const taken = this.#buffer.subarray(0, this.#size);
    this.#use(new Uint8Array(FIRST_BYTES));
    this.#size = 0;
    return taken;
  }

  /** Room for `count` bytes; returns where it starts. Buffer and view may be others afterwards. */
  #claim(count: number): number {
    const at = this.#size;
    this.#size += count;
    if (this.#size > this.#buffer.length) {
      const larger = new Uint8Array(Math.max(this.#size, 2 * this.#buffer.length));
      larger.set(this.#buffer.subarray(0, at));
      this.#use(larger);
    }
    return at;
  }

  #use(buffer: Uint8Array<ArrayBuffer>): void {
    this.#buffer = buffer;
    this.#view = new DataView(buffer.buffer);
  }
}

/**
 * Bytes of an RDB on their way out: lengths, integers, strings, and counts that become known only later.
 *
 *   [ taken | ready | count not known yet | bytes behind it, held ]
 *
 * A count whose place comes before the things it counts is a *gap*. While a gap is open, nothing behind it can be taken; when it
 * closes, the count is put there in its shortest form and the bytes behind it move up. Gaps close in the reverse order of
 * opening, so nothing moves more than once per level. With the counts known beforehand (`begin(known)`) gaps cost nothing.
 *
 * The checksum runs over what leaves. Hot: string() and what it calls.
 *
 * Source: rdb.c of Redis, rdbSaveLen and rdbSaveRawString.
 */
import { Crc64, LzfCompressor } from "@holdfast/bytes";
import { smallIntegerOf } from "./integer-text.ts";
import { RdbEncodeError } from "./losses.ts";

export interface RdbOutputOptions {
  /** Strings above 20 bytes are packed with LZF where that saves at least 4 bytes. */
  readonly compressStrings: boolean;
  /** Lengths of eight bytes exist since RDB 8. */
  readonly hasLongLengths: boolean;
  /** Most bytes behind an open gap. */
  readonly heldBytesMax: number;
  /** Nothing is kept: only the counts are wanted. */
  readonly onlyCounts: boolean;
}

interface Gap {
  /** Index in the buffer; -1 when the count was known and is written already. */
  readonly at: number;
  /** Index in the counts of the value. */
  readonly index: number;
}

const firstBytes = 1 << 16;
/** A buffer that grew for one large value is not made again. */
const keptBufferMax = 4 << 20;
/** Pieces under way at a time: one being written, one waiting. */
const sparesMax = 3;
/** Less is copied. */
const lentBytesMin = 1 << 15;
const integerTextMax = 11;
const compressFromBytes = 21;
const compressSavesBytes = 4;
/** The compressor counts places in 31 bits. */
const compressBytesMax = 2 ** 29;
const lengthBytesMax = 9;

export class RdbOutput {
  readonly #options: RdbOutputOptions;
  readonly #compressor: LzfCompressor | undefined;
  readonly #crc = new Crc64();
  #buffer = new Uint8Array(firstBytes);
  #view = new DataView(this.#buffer.buffer);
  #size = 0;
  /** Bytes of the buffer that the checksum has seen. */
  #summedTo = 0;
  readonly #spares: Uint8Array<ArrayBuffer>[] = [];
  /** Pieces that go before the buffer's, and of those the ones that are not ours. */
  readonly #queue: Uint8Array[] = [];
  #queuedBytes = 0;
  readonly #lent = new WeakSet<Uint8Array>();
  readonly #gaps: Gap[] = [];
  #known: readonly number[] | undefined;
  #counts: number[] = [];
  /** Bytes discarded, when only counts are wanted. */
  #discarded = 0;

  constructor(options: RdbOutputOptions) {
    this.#options = options;
    this.#compressor = options.compressStrings ? new LzfCompressor() : undefined;
  }

  /** Bytes that wait to be taken, held ones included. */
  get size(): number {
    return this.#queuedBytes + this.#size;
  }

  /** A value begins; `known` are the counts of its gaps, in the order of opening, when somebody counted before. */
  begin(known: readonly number[] | undefined): void {
    this.#known = known;
    this.#counts = [];
    this.#discarded = 0;
    if (this.#options.onlyCounts) this.#size = 0;
  }

  /** The counts of the value's gaps, in the order of opening. */
  get counts(): readonly number[] {
    return this.#counts;
  }

  /** Bytes written since begin(), when only counts are wanted. */
  get countedBytes(): number {
    return this.#discarded + this.#size;
  }

  /** A count that is known later stands here. */
  openGap(): void {
    const index = this.#counts.length;
    this.#counts.push(0);
    const known = this.#known?.[index];
    if (known !== undefined) this.length(known);
    else if (!this.#options.onlyCounts) {
      this.#gaps.push({ at: this.#size, index });
      this.byte(0);
      return;
    }
    this.#gaps.push({ at: -1, index });
  }

  /** The count of the gap opened last. */
  closeGap(count: number): void {
    const gap = this.#gaps.pop();
    if (gap === undefined) throw new RdbEncodeError("RDB_ENCODE_EVENTS", "a count that nothing waits for");
    this.#counts[gap.index] = count;
    if (gap.at === -1) {
      const known = this.#known?.[gap.index] ?? count;
      if (known !== count)
        throw new RdbEncodeError("RDB_ENCODE_EVENTS", `${known} were counted before, ${count} came`);
      return;
    }
    const more = this.#lengthBytes(count) - 1;
    this.#claim(more);
    this.#buffer.copyWithin(gap.at + 1 + more, gap.at + 1, this.#size);
    this.#size += more;
    this.#putLength(count, gap.at);
  }

  /** What may leave now, owned by the caller unless it was lent; undefined when there is nothing. */
  take(): Uint8Array | undefined {
    const piece = this.#queue.shift();
    if (piece === undefined) return this.#takeOwn();
    this.#queuedBytes -= piece.length;
    return piece;
  }

  /**
   * Bytes that leave as they lie, when they are many: they must not change before they were taken. `summed`: what other checksum they
   * led from where to where, if known: ours follows it.
   */
  lend(bytes: Uint8Array, summed?: { readonly before: Crc64; readonly after: Crc64 }): void {
    if (bytes.length < lentBytesMin || this.#gaps.length > 0 || this.#options.onlyCounts) {
      this.bytes(bytes);
      return;
    }
    const before = this.#takeOwn();
    if (before !== undefined) this.#enqueue(before);
    if (summed === undefined) this.#crc.update(bytes);
    else this.#crc.follow(summed.before, summed.after, bytes.length);
    this.#lent.add(bytes);
    this.#enqueue(bytes);
  }

  #enqueue(piece: Uint8Array): void {
    this.#queue.push(piece);
    this.#queuedBytes += piece.length;
  }

  #takeOwn(): Uint8Array | undefined {
    if (this.#options.onlyCounts) this.#discard();
    const waiting = this.#gaps.find((gap) => gap.at >= 0);
    const end = waiting === undefined ? this.#size : waiting.at;
    if (end === 0) return undefined;
    this.#sumTo(end);
    const rest = this.#size - end;
    let taken: Uint8Array;
    if (end >= this.#buffer.length / 4) {
      taken = this.#buffer.subarray(0, end);
      const asBefore = Math.min(this.#buffer.length, keptBufferMax);
      this.#use(this.#spareOf(Math.max(firstBytes, asBefore, rest * 2)));
      this.#buffer.set(new Uint8Array(taken.buffer, end, rest));
    } else {
      taken = this.#buffer.slice(0, end);
      this.#buffer.copyWithin(0, end, this.#size);
    }
    if (waiting !== undefined) this.#moveGaps(end);
    this.#size = rest;
    this.#summedTo = 0;
    return taken;
  }

  /** Takes back a piece that take() gave: its memory is used again. */
  recycle(piece: Uint8Array): void {
    if (piece.byteOffset !== 0 || this.#lent.has(piece) || this.#spares.length >= sparesMax) return;
    this.#spares.push(new Uint8Array(piece.buffer as ArrayBuffer));
  }

  #spareOf(sizeBytes: number): Uint8Array<ArrayBuffer> {
    const spare = this.#spares.pop();
    return spare !== undefined && spare.length >= sizeBytes && spare.length <= keptBufferMax
      ? spare
      : unfilled(sizeBytes);
  }

  /** CRC-64 of everything written so far, taken or not. */
  checksum(): bigint {
    this.#sumTo(this.#size);
    return this.#crc.value;
  }

  #sumTo(end: number): void {
    if (end <= this.#summedTo) return;
    this.#crc.update(this.#buffer, this.#summedTo, end);
    this.#summedTo = end;
  }

  #moveGaps(by: number): void {
    for (const [index, gap] of this.#gaps.entries())
      if (gap.at >= 0) this.#gaps[index] = { at: gap.at - by, index: gap.index };
  }

  byte(value: number): void {
    this.#claim(1);
    this.#buffer[this.#size++] = value;
  }

  /** Copies buffer[start, end). */
  bytes(buffer: Uint8Array, start = 0, end = buffer.length): void {
    const count = end - start;
    this.#claim(count);
    const target = this.#buffer;
    if (count < 32) for (let at = start, to = this.#size; at < end; ) target[to++] = buffer[at++];
    else target.set(count === buffer.length ? buffer : buffer.subarray(start, end), this.#size);
    this.#size += count;
  }

  /** A length in its shortest form. */
  length(value: number): void {
    this.#claim(lengthBytesMax);
    this.#size = this.#putLength(value, this.#size);
  }

  /** The same for a number of 64 bits, modulo 2^64. */
  length64(value: bigint): void {
    const unsigned = BigInt.asUintN(64, value);
    if (unsigned < 2n ** 32n) {
      this.length(Number(unsigned));
      return;
    }
    this.#claim(lengthBytesMax);
    this.#mustHaveLongLengths(Number(unsigned));
    this.#buffer[this.#size] = 0x81;
    this.#view.setBigUint64(this.#size + 1, unsigned, false);
    this.#size += lengthBytesMax;
  }

  /** Eight bytes, least significant first; a safe integer. */
  int64(value: number): void {
    this.#claim(8);
    const high = Math.floor(value / 2 ** 32);
    this.#view.setUint32(this.#size, value - high * 2 ** 32, true);
    this.#view.setInt32(this.#size + 4, high, true);
    this.#size += 8;
  }

  bigInt64(value: bigint): void {
    this.#claim(8);
    this.#view.setBigInt64(this.#size, BigInt.asIntN(64, value), true);
    this.#size += 8;
  }

  int32(value: number): void {
    this.#claim(4);
    this.#view.setInt32(this.#size, value, true);
    this.#size += 4;
  }

  double(value: number): void {
    this.#claim(8);
    this.#view.setFloat64(this.#size, value, true);
    this.#size += 8;
  }

  /** A raw stream id: sixteen bytes, most significant first. */
  rawId(ms: bigint, seq: bigint): void {
    this.#claim(16);
    this.#view.setBigUint64(this.#size, ms, false);
    this.#view.setBigUint64(this.#size + 8, seq, false);
    this.#size += 16;
  }

  /** The string buffer[start, end): as an integer where it is the text of one, packed where that pays, else raw. */
  string(buffer: Uint8Array, start = 0, end = buffer.length): void {
    const count = end - start;
    if (count <= integerTextMax && this.#integerString(buffer, start, end)) return;
    if (count >= compressFromBytes && count <= compressBytesMax && this.#compressor !== undefined) {
      if (this.#packedString(this.#compressor, buffer, start, end)) return;
    }
    this.length(count);
    this.bytes(buffer, start, end);
  }

  #integerString(buffer: Uint8Array, start: number, end: number): boolean {
    const value = smallIntegerOf(buffer, start, end);
    if (value === undefined || (value | 0) !== value) return false;
    this.#claim(5);
    const at = this.#size;
    if (value >= -0x80 && value < 0x80) {
      this.#buffer[at] = 0xc0;
      this.#view.setInt8(at + 1, value);
      this.#size += 2;
    } else if (value >= -0x8000 && value < 0x8000) {
      this.#buffer[at] = 0xc1;
      this.#view.setInt16(at + 1, value, true);
      this.#size += 3;
    } else {
      this.#buffer[at] = 0xc2;
      this.#view.setInt32(at + 1, value, true);
      this.#size += 5;
    }
    return true;
  }

  /** C3, packed size, size, block. The packed size may take fewer bytes than there was room for: the block moves then. */
  #packedString(compressor: LzfCompressor, buffer: Uint8Array, start: number, end: number): boolean {
    const count = end - start;
    this.#claim(1 + 2 * lengthBytesMax + count);
    const lengthBytes = this.#lengthBytes(count);
    const roomAt = this.#size + 1 + 2 * lengthBytes;
    const limit = roomAt + count - compressSavesBytes;
    const packedBytes = compressor.compress(buffer, start, end, this.#buffer, roomAt, limit);
    if (packedBytes === 0) return false;
    this.#buffer[this.#size] = 0xc3;
    const blockAt = this.#putLength(count, this.#putLength(packedBytes, this.#size + 1));
    if (blockAt !== roomAt) this.#buffer.copyWithin(blockAt, roomAt, roomAt + packedBytes);
    this.#size = blockAt + packedBytes;
    return true;
  }

  #lengthBytes(value: number): number {
    if (value < 64) return 1;
    if (value < 16384) return 2;
    return value < 2 ** 32 ? 5 : lengthBytesMax;
  }

  /** Writes a length at a place where there is room; returns the index behind it. */
  #putLength(value: number, at: number): number {
    if (value < 64) {
      this.#buffer[at] = value;
      return at + 1;
    }
    if (value < 16384) {
      this.#buffer[at] = 0x40 | (value >> 8);
      this.#buffer[at + 1] = value & 255;
      return at + 2;
    }
    if (value < 2 ** 32) {
      this.#buffer[at] = 0x80;
      this.#view.setUint32(at + 1, value, false);
      return at + 5;
    }
    this.#mustHaveLongLengths(value);
    this.#buffer[at] = 0x81;
    this.#view.setUint32(at + 1, Math.floor(value / 2 ** 32), false);
    this.#view.setUint32(at + 5, value >>> 0, false);
    return at + lengthBytesMax;
  }

  #mustHaveLongLengths(value: number): void {
    if (!this.#options.hasLongLengths)
      throw new RdbEncodeError(
        "RDB_ENCODE_TOO_LARGE",
        `${value} has more than 32 bits: lengths above that came with RDB 8`,
      );
  }

  /** Makes room for `count` more bytes. */
  #claim(count: number): void {
    if (this.#size + count <= this.#buffer.length) return;
    if (this.#options.onlyCounts && this.#size > 0) {
      this.#discard();
      if (count <= this.#buffer.length) return;
    }
    const held = this.#gaps.find((gap) => gap.at >= 0);
    if (held !== undefined && this.#size + count - held.at > this.#options.heldBytesMax)
      throw new RdbEncodeError(
        "RDB_ENCODE_NOT_COUNTED",
        `a value above ${this.#options.heldBytesMax} bytes says how many parts it has only at its end`,
      );
    const old = this.#buffer.subarray(0, this.#size);
    this.#use(unfilled(Math.max(this.#buffer.length * 2, this.#size + count)));
    this.#buffer.set(old);
  }

  #discard(): void {
    this.#discarded += this.#size;
    this.#size = 0;
    this.#summedTo = 0;
  }

  #use(buffer: Uint8Array<ArrayBuffer>): void {
    this.#buffer = buffer;
    this.#view = new DataView(buffer.buffer);
  }
}

/** Memory of its own that is not zeroed: nothing is read from it that was not written before. */
function unfilled(sizeBytes: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.allocUnsafeSlow(sizeBytes).buffer as ArrayBuffer);
}

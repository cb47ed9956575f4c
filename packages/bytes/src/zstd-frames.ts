/**
 * The outline of zstd data: where frames and blocks begin and end, without unpacking them.
 *
 *   frame      28 B5 2F FD  header (2…14 bytes)  block…  [checksum, 4 bytes]
 *   skippable  5x 2A 4D 18  size (u32le)         that many bytes of anything
 *   block      3 bytes: bit 0 last, bits 1…2 type, the rest size; then size bytes (1 byte for type 1)
 *
 *   header     descriptor   bits 7…6 size of the content size, 5 single segment, 3 reserved, 2 checksum,
 *                           1…0 size of the dictionary id
 *              [window]     exponent (5 bits) and mantissa (3 bits), unless single segment
 *              [dictionary id, 0 1 2 4 bytes]  [content size, 0 1 2 4 8 bytes]
 *
 * Decoders differ in what they do at an end that comes too early, from an error to silence: the outline knows. It also
 * cuts the data at the ends of blocks and frames, so that no piece unpacks to more than 128 KiB and none holds bytes of
 * two frames (the zstd of Node 22 loses what follows a frame in the same write). And it knows how much memory a frame
 * needs before a decoder does. Source: RFC 8878, section 3.
 */

import { CompressionError } from "./compression-error.ts";

const FRAME_MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a50;
const SKIPPABLE_MASK = 0xfffffff0;
const BLOCK_RLE = 1;
const BLOCK_RESERVED = 3;
const DICTIONARY_ID_BYTES = [0, 1, 2, 4] as const;
const CONTENT_SIZE_BYTES = [0, 2, 4, 8] as const;
const LONGEST_FIELD = 14;

/** Whether bytes that start like this are zstd data. Needs four bytes. */
export function startsLikeZstd(bytes: Uint8Array): boolean {
  if (bytes.length < 4) return false;
  const magic = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  return magic === FRAME_MAGIC || isSkippable(magic);
}

function isSkippable(magic: number): boolean {
  return (magic & SKIPPABLE_MASK) >>> 0 === SKIPPABLE_MAGIC;
}

/** What the bytes being collected are. */
type Field = "magic" | "skip size" | "descriptor" | "header" | "block header";

/** Follows the outline of data that arrives in chunks. After an error it is of no more use. */
export class ZstdFrames {
  readonly #windowLimitBytes: number;
  /** Offset of the chunk being walked, then of the next one. */
  #offset = 0;
  #field: Field = "magic";
  readonly #collected = new Uint8Array(LONGEST_FIELD);
  #collectedBytes = 0;
  #wanted = 4;
  /** Bytes of a body to step over before the next field. */
  #bodyLeft = 0;
  #descriptor = 0;

  /** Frames that ask for a larger window are refused. */
  constructor(options: { readonly windowLimitBytes: number }) {
    this.#windowLimitBytes = options.windowLimitBytes;
  }

  /**
   * The chunk in pieces that end where a block or frame ends; together they are the chunk. `offset` is the place of a
   * piece in the input. Throws CompressionError at the first byte that cannot be right.
   */
  *walk(chunk: Uint8Array): Generator<{ readonly bytes: Uint8Array; readonly offset: number }, void, void> {
    let at = 0;
    let pieceStart = 0;
    while (at < chunk.length) {
      at = this.#bodyLeft > 0 ? this.#stepOver(chunk, at) : this.#collect(chunk, at);
      const isCut = this.#bodyLeft === 0 && this.#collectedBytes === 0 && this.#isUnitEnd;
      if (!isCut && at < chunk.length) continue;
      yield { bytes: chunk.subarray(pieceStart, at), offset: this.#offset + pieceStart };
      pieceStart = at;
    }
    this.#offset += chunk.length;
  }

  /** Throws COMPRESSION_TRUNCATED unless the last frame is complete. */
  end(): void {
    if (this.#field === "magic" && this.#collectedBytes === 0 && this.#bodyLeft === 0) return;
    const inside =
      this.#bodyLeft > 0 ? `${this.#bodyLeft} bytes before the end of a block` : `inside a ${this.#field}`;
    throw new CompressionError("zstd", "COMPRESSION_TRUNCATED", `the data ends ${inside}`, {
      offset: this.#offset,
    });
  }

  /** Whether what comes next starts a block or a frame: what came before is then whole. */
  get #isUnitEnd(): boolean {
    return this.#field === "magic" || this.#field === "block header";
  }

  /** Passes bytes of a body; returns the index behind them. */
  #stepOver(chunk: Uint8Array, at: number): number {
    const count = Math.min(this.#bodyLeft, chunk.length - at);
    this.#bodyLeft -= count;
    return at + count;
  }

  /** Takes one byte of a field; returns the index behind it. */
  #collect(chunk: Uint8Array, at: number): number {
    this.#collected[this.#collectedBytes++] = chunk[at];
    if (this.#collectedBytes === this.#wanted) this.#readField(this.#offset + at + 1 - this.#wanted);
    return at + 1;
  }

  /** `offset` is where the collected field starts. */
  #readField(offset: number): void {
    const view = new DataView(this.#collected.buffer);
    switch (this.#field) {
      case "magic":
        this.#readMagic(view.getUint32(0, true), offset);
        break;
      case "skip size":
        this.#bodyLeft = view.getUint32(0, true);
        this.#expect("magic", 4);
        break;
      case "descriptor":
        this.#readDescriptor(view.getUint8(0), offset);
        break;
      case "header":
        this.#checkHeader(view, offset);
        this.#expect("block header", 3);
        break;
      case "block header":
        this.#readBlockHeader(view.getUint16(0, true) | (view.getUint8(2) << 16), offset);
        break;
    }
  }

  #readMagic(magic: number, offset: number): void {
    if (magic === FRAME_MAGIC) this.#expect("descriptor", 1);
    else if (isSkippable(magic)) this.#expect("skip size", 4);
    else throw corrupt("bytes behind the last frame that start no other", offset);
  }

  #readDescriptor(descriptor: number, offset: number): void {
    if ((descriptor & 0x08) !== 0) throw corrupt("a frame header with its reserved bit set", offset);
    this.#descriptor = descriptor;
    this.#expect("header", this.#windowBytes + this.#dictionaryBytes + this.#contentSizeBytes);
  }

  get #singleSegment(): boolean {
    return (this.#descriptor & 0x20) !== 0;
  }

  get #windowBytes(): number {
    return this.#singleSegment ? 0 : 1;
  }

  get #dictionaryBytes(): number {
    return DICTIONARY_ID_BYTES[this.#descriptor & 3];
  }

  get #contentSizeBytes(): number {
    const flag = this.#descriptor >>> 6;
    return flag === 0 && this.#singleSegment ? 1 : CONTENT_SIZE_BYTES[flag];
  }

  #checkHeader(view: DataView, offset: number): void {
    for (let index = 0; index < this.#dictionaryBytes; index++) {
      if (view.getUint8(this.#windowBytes + index) !== 0)
        throw unsupported("the frame needs a dictionary", offset);
    }
    const window = this.#singleSegment ? this.#contentSize(view) : windowSize(view.getUint8(0));
    if (window > this.#windowLimitBytes) {
      const limit = `${this.#windowLimitBytes / 2 ** 20} MiB`;
      throw unsupported(
        `the frame needs a window of ${window / 2 ** 20} MiB, at most ${limit} can be had here: unpack it with zstd -d`,
        offset,
      );
    }
  }

  /** The content size of a single-segment frame, which is its window as well. */
  #contentSize(view: DataView): number {
    const at = this.#dictionaryBytes;
    switch (this.#contentSizeBytes) {
      case 1:
        return view.getUint8(at);
      case 2:
        return view.getUint16(at, true) + 256;
      case 4:
        return view.getUint32(at, true);
      default:
        return Number(view.getBigUint64(at, true));
    }
  }

  #readBlockHeader(header: number, offset: number): void {
    const type = (header >>> 1) & 3;
    if (type === BLOCK_RESERVED) throw corrupt("a block of the reserved type", offset);
    this.#bodyLeft = type === BLOCK_RLE ? 1 : header >>> 3;
    if ((header & 1) === 0) {
      this.#expect("block header", 3);
      return;
    }
    // The checksum rides at the end of the last block: four bytes that mean nothing to the outline.
    if ((this.#descriptor & 0x04) !== 0) this.#bodyLeft += 4;
    this.#expect("magic", 4);
  }

  #expect(field: Field, bytes: number): void {
    this.#field = field;
    this.#wanted = bytes;
    this.#collectedBytes = 0;
  }
}

function windowSize(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >>> 3));
  return base + (base / 8) * (descriptor & 7);
}

function corrupt(detail: string, offset: number): CompressionError {
  return new CompressionError("zstd", "COMPRESSION_CORRUPT", detail, { offset });
}

function unsupported(detail: string, offset: number): CompressionError {
  return new CompressionError("zstd", "COMPRESSION_UNSUPPORTED", detail, { offset });
}

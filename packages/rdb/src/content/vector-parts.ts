/**
 * The parts of a vector set of Redis 8.0, which is stored as a module's value.
 *
 *   vector-settings   -              dimensions, quantisation, links; size of the input and the matrix that reduces it
 *   vector            element        vector as stored, attributes, range and length
 *
 *   id, dim, count, quantisation + links << 8, flags (1 projection, 2 attributes)      flag 1: input dim, matrix
 *   count × (element; flag 2: attributes; vector; n, n × number, of which the last is range << 32 + length)      end
 *
 * Numbers are module opcode 2 and a length, strings are opcode 5. A server saves the elements in another order every time, with
 * the neighbours that they have by then: order and neighbours are not data. What is no vector set, or one of
 * another form, is left to whoever takes bytes, from the first byte that was not understood.
 *
 * Source: vset.c and hnsw.c of Redis 8.0, dumps of Redis 8.0 and 8.6 saved twice.
 */
import { LZF_MAX_RATIO, LzfError, lzfDecompress } from "@holdfast/bytes";
import { ByteSlice } from "../byte-slice.ts";
import { moduleOpcode, moduleTypeOf } from "../format.ts";
import { ContentHash } from "./content-hash.ts";
import type { ValuePart } from "./value-part.ts";

const vectorSetName = "vectorset";
/** A part larger than this is none of a vector set. */
const partBytesMax = 64 << 20;
/** Most numbers beside a vector: links to neighbours in some twenty layers. */
const numbersMax = 1 << 20;
const flag = { projection: 1n, attributes: 2n } as const;

/** The bytes at hand end amid a part. */
const shortage = Symbol("more bytes");
/** These are no bytes of a vector set. */
const foreign = Symbol("something else");

export class VectorParts {
  readonly #part: ValuePart;
  readonly #take: (part: ValuePart) => void;
  readonly #takeBytes: (bytes: Uint8Array) => void;
  readonly #text = new ContentHash();
  /** Bytes that are not parts yet, and where reading is. */
  #bytes: Uint8Array = new Uint8Array(0);
  #view = new DataView(this.#bytes.buffer);
  #at = 0;
  #stage: "head" | "elements" | "stored" = "head";
  #left = 0n;
  #hasAttributes = false;

  /** `takeBytes` gets what is no vector set. */
  constructor(part: ValuePart, take: (part: ValuePart) => void, takeBytes: (bytes: Uint8Array) => void) {
    this.#part = part;
    this.#take = take;
    this.#takeBytes = takeBytes;
  }

  begin(): void {
    this.#stage = "head";
    this.#setBytes(new Uint8Array(0));
  }

  add(bytes: Uint8Array): void {
    if (this.#stage === "stored") {
      this.#takeBytes(bytes);
      return;
    }
    this.#setBytes(this.#bytes.length === 0 ? bytes : Buffer.concat([this.#bytes, bytes]));
    const rest = this.#bytes.subarray(this.#readParts());
    if (this.#stage === "elements" || this.#stage === "head") {
      // Pieces are borrowed, and are gone when the next one comes.
      this.#setBytes(rest.slice());
      return;
    }
    this.#takeBytes(rest);
    this.#setBytes(new Uint8Array(0));
  }

  /** Reads as many parts as are at hand; gives the index of the first byte that is in none. */
  #readParts(): number {
    let start = 0;
    try {
      while (this.#bytes.length > start) {
        this.#readPart();
        start = this.#at;
      }
    } catch (thrown) {
      if (thrown !== shortage && thrown !== foreign) throw thrown;
      if (thrown === foreign || this.#bytes.length - start > partBytesMax) this.#stage = "stored";
    }
    return start;
  }

  /** The value is over. */
  end(): void {
    if (this.#bytes.length > 0) this.#takeBytes(this.#bytes);
    this.#setBytes(new Uint8Array(0));
  }

  #setBytes(bytes: Uint8Array): void {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#at = 0;
  }

  #readPart(): void {
    if (this.#stage === "head") this.#readHead();
    else if (this.#left > 0n) this.#readElement();
    else {
      // What stands behind the elements is the end; anything else is stored bytes.
      if (this.#length() !== BigInt(moduleOpcode.end) || this.#at < this.#bytes.length) throw foreign;
    }
  }

  #readHead(): void {
    const id = this.#length();
    if (moduleTypeOf(id).name !== vectorSetName || moduleTypeOf(id).version !== 0) throw foreign;
    const dimensions = this.#number();
    const count = this.#number();
    const config = this.#number();
    const flags = this.#number();
    const inputDimensions = (flags & flag.projection) === 0n ? 0n : this.#number();
    const matrix = (flags & flag.projection) === 0n ? noText : this.#string();
    this.#left = count;
    this.#hasAttributes = (flags & flag.attributes) !== 0n;
    this.#stage = "elements";
    const part = this.#part.begin("vector-settings");
    part.settings = `${dimensions} dimensions, ${quantisationOf(config)}, ${(config >> 8n) & 0xffffn} links`;
    if (inputDimensions > 0n) part.settings += `, reduced from ${inputDimensions}`;
    part
      .openContent()
      .absorbWide(dimensions)
      .absorbWide(config)
      .absorbWide(inputDimensions)
      .absorbState(this.#text.text(matrix.buffer, matrix.start, matrix.end));
    this.#take(part);
  }

  #readElement(): void {
    const element = this.#string();
    const attributes = this.#hasAttributes ? this.#string() : noText;
    const vector = this.#string();
    const numbers = this.#number();
    if (numbers < 1n || numbers > numbersMax) throw foreign;
    let last = 0n;
    for (let left = numbers; left > 0n; left--) last = this.#number();
    this.#left--;
    const part = this.#part.begin("vector");
    part.setName(element);
    part.setContent(vector);
    part.attributes = attributes;
    part.content
      ?.absorbState(this.#text.text(attributes.buffer, attributes.start, attributes.end))
      .absorbWide(last);
    this.#take(part);
  }

  #number(): bigint {
    if (this.#length() !== BigInt(moduleOpcode.unsigned)) throw foreign;
    return this.#length();
  }

  #string(): ByteSlice {
    if (this.#length() !== BigInt(moduleOpcode.string)) throw foreign;
    const first = this.#byteAt(this.#at);
    if (first < 0xc0 || first > 0xc3) return this.#taken(this.#size());
    this.#at++;
    if (first === 0xc3) {
      const storedBytes = this.#size();
      const textBytes = this.#size();
      const { buffer, start, end } = this.#taken(storedBytes);
      return ByteSlice.of(unpacked(buffer, start, end, textBytes));
    }
    const width = 1 << (first - 0xc0);
    const { start } = this.#taken(width);
    const value =
      width === 1
        ? this.#view.getInt8(start)
        : width === 2
          ? this.#view.getInt16(start, true)
          : this.#view.getInt32(start, true);
    return ByteSlice.of(Buffer.from(String(value), "latin1"));
  }

  /** A size that is looked for in memory. */
  #size(): number {
    const size = this.#length();
    if (size > BigInt(partBytesMax)) throw foreign;
    return Number(size);
  }

  #taken(size: number): ByteSlice {
    const start = this.#at;
    if (size > this.#bytes.length - start) throw shortage;
    this.#at += size;
    return new ByteSlice(this.#bytes, start, start + size);
  }

  #byteAt(at: number): number {
    if (at >= this.#bytes.length) throw shortage;
    return this.#bytes[at];
  }

  #length(): bigint {
    const at = this.#at;
    const first = this.#byteAt(at);
    const width = first < 0x40 ? 1 : first < 0x80 ? 2 : first === 0x80 ? 5 : first === 0x81 ? 9 : 0;
    if (width === 0) throw foreign;
    this.#taken(width);
    if (width === 1) return BigInt(first);
    if (width === 2) return BigInt(this.#view.getUint16(at) & 0x3fff);
    return width === 5 ? BigInt(this.#view.getUint32(at + 1)) : this.#view.getBigUint64(at + 1);
  }
}

/** A block that cannot be unpacked is compared as it is stored. */
function unpacked(buffer: Uint8Array, start: number, end: number, sizeBytes: number): Uint8Array {
  if (sizeBytes > (end - start) * LZF_MAX_RATIO) throw foreign;
  const text = new Uint8Array(sizeBytes);
  try {
    lzfDecompress(buffer, start, end, text, 0, sizeBytes);
  } catch (error) {
    if (error instanceof LzfError) throw foreign;
    throw error;
  }
  return text;
}

const noText = ByteSlice.of(new Uint8Array(0));

const quantisations = ["f32", "int8", "bin"];

function quantisationOf(config: bigint): string {
  return quantisations[Number(config & 0xffn)] ?? `quantisation ${config & 0xffn}`;
}

/**
 * Vector sets of Redis 8.0 in the raw bytes of a module value: enough to compare with the server.
 *
 *   id, dim, count, quantisation + M << 8, flags (1 projection, 2 attributes)
 *   flag 1: input dim, matrix
 *   count × (element; flag 2: attributes; vector; n, n × number)
 *
 * Integers are module opcode 2 and a length, strings are opcode 5. Source: the reference of the format
 * that Redis documents in modules/vector-sets, and dumps of Redis 8.0 and 8.6.
 */

export interface VectorSet {
  readonly dim: number;
  readonly inputDim: number;
  readonly quantisation: string;
  readonly nodes: { readonly element: Uint8Array; readonly attributes: Uint8Array }[];
}

const quantisations = ["f32", "int8", "bin"];
const opcodeUnsigned = 2;
const opcodeString = 5;

export function readVectorSet(bytes: Uint8Array): VectorSet {
  const source = new Source(bytes);
  source.length();
  const dim = source.unsigned();
  const count = source.unsigned();
  const quantisation = quantisations[source.unsigned() & 0xff];
  const flags = source.unsigned();
  const inputDim = (flags & 1) === 0 ? 0 : source.unsigned();
  if ((flags & 1) !== 0) source.string();
  const nodes: { element: Uint8Array; attributes: Uint8Array }[] = [];
  for (let index = 0; index < count; index += 1) {
    const element = source.string();
    const attributes = (flags & 2) === 0 ? new Uint8Array(0) : source.string();
    source.string();
    for (let numbers = source.unsigned(); numbers > 0; numbers -= 1) source.unsigned();
    nodes.push({ element, attributes });
  }
  return { dim, inputDim, quantisation, nodes };
}

class Source {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes);
  }

  unsigned(): number {
    this.#expect(opcodeUnsigned);
    return this.length();
  }

  string(): Uint8Array {
    this.#expect(opcodeString);
    const first = this.#bytes[this.#at];
    if (first >= 0xc0) return this.#encoded(first);
    const size = this.length();
    this.#at += size;
    return this.#bytes.subarray(this.#at - size, this.#at);
  }

  #encoded(first: number): Uint8Array {
    if (first === 0xc3) return this.#lzf();
    const size = 1 << (first - 0xc0);
    this.#at += 1 + size;
    return Buffer.from(String(this.#bytes.readIntLE(this.#at - size, size)));
  }

  #lzf(): Uint8Array {
    this.#at += 1;
    const packed = this.length();
    const unpacked = this.length();
    const block = this.#bytes.subarray(this.#at, this.#at + packed);
    this.#at += packed;
    return unpackLzf(block, unpacked);
  }

  #expect(opcode: number): void {
    const found = this.length();
    if (found !== opcode) throw new Error(`module opcode ${opcode} was due, found ${found}`);
  }

  length(): number {
    const first = this.#bytes[this.#at];
    if (first < 0x40) return this.#bytes[this.#at++];
    if (first < 0x80) {
      this.#at += 2;
      return this.#bytes.readUInt16BE(this.#at - 2) & 0x3fff;
    }
    this.#at += first === 0x80 ? 5 : 9;
    if (first === 0x80) return this.#bytes.readUInt32BE(this.#at - 4);
    return Number(this.#bytes.readBigUInt64BE(this.#at - 8));
  }
}

/** LZF without any care: the input is sound. */
export function unpackLzf(block: Uint8Array, size: number): Uint8Array {
  const out = new Uint8Array(size);
  let to = 0;
  for (let at = 0; at < block.length; ) {
    const control = block[at++];
    if (control < 32) {
      for (let count = control; count >= 0; count -= 1) out[to++] = block[at++];
      continue;
    }
    let count = (control >> 5) + 2;
    if (count === 9) count += block[at++];
    const back = ((control & 31) << 8) + block[at++] + 1;
    for (; count > 0; count -= 1, to += 1) out[to] = out[to - back];
  }
  return out;
}

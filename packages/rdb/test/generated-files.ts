/** RDB files too large to hold: made chunk by chunk while they are read. Their checksum is off. */

const chunkBytes = 1 << 18;
const headerText = "REDIS0011";

/** A string value of `sizeBytes`, stored raw. */
export function* rawStringFile(sizeBytes: number): Generator<Uint8Array> {
  yield bytesOf(headerText, 0xfe, 0, 0, 1, "k", 0x81, ...uint64(sizeBytes));
  const chunk = new Uint8Array(chunkBytes).fill(0x61);
  for (let left = sizeBytes; left > 0; left -= chunkBytes)
    yield chunk.subarray(0, Math.min(left, chunkBytes));
  yield endOfFile;
}

/** A string value of `copies` × 264 + 1 bytes, stored as LZF: one literal, then back references of three bytes. */
export function* lzfStringFile(copies: number): Generator<Uint8Array> {
  const packed = uint64(2 + copies * 3);
  yield bytesOf(headerText, 0xfe, 0, 0, 1, "k", 0xc3, 0x81, ...packed, 0x81, ...uint64(1 + copies * 264));
  yield Uint8Array.of(0, 0x61);
  const perChunk = chunkBytes >> 2;
  const chunk = new Uint8Array(perChunk * 3);
  // 111hhhhh eeeeeeee dddddddd: copy 255 + 9 bytes from one byte behind.
  for (let at = 0; at < chunk.length; at += 3) chunk.set([0xe0, 0xff, 0], at);
  for (let left = copies; left > 0; left -= perChunk) yield chunk.subarray(0, Math.min(left, perChunk) * 3);
  yield endOfFile;
}

/** A collection of `count` elements; each is its index, stored as a 32-bit integer, and then `tail`. */
export function* collectionFile(type: number, count: number, tail: Uint8Array): Generator<Uint8Array> {
  yield bytesOf(headerText, 0xfe, 0, type, 1, "k", 0x81, ...uint64(count));
  const elementBytes = 5 + tail.length;
  const perChunk = Math.floor(chunkBytes / elementBytes);
  for (let first = 0; first < count; first += perChunk) {
    const here = Math.min(perChunk, count - first);
    yield elements(first, here, tail, elementBytes);
  }
  yield endOfFile;
}

function elements(first: number, count: number, tail: Uint8Array, elementBytes: number): Uint8Array {
  const chunk = new Uint8Array(count * elementBytes);
  const view = new DataView(chunk.buffer);
  for (let index = 0, at = 0; index < count; index += 1, at += elementBytes) {
    chunk[at] = 0xc2;
    view.setInt32(at + 1, first + index, true);
    for (let offset = 0; offset < tail.length; offset += 1) chunk[at + 5 + offset] = tail[offset];
  }
  return chunk;
}

/** A quicklist of `count` nodes, each a listpack of the integers 0 to 99. */
export function* quicklistFile(count: number): Generator<Uint8Array> {
  const entries = Array.from({ length: 100 }, (_, value) => [value, 1]).flat();
  const listpack = [7 + entries.length, 0, 0, 0, 100, 0, ...entries, 0xff];
  const node = Uint8Array.from([2, 0x40, listpack.length, ...listpack]);
  const perChunk = Math.floor(chunkBytes / node.length);
  const chunk = new Uint8Array(perChunk * node.length);
  for (let at = 0; at < chunk.length; at += node.length) chunk.set(node, at);
  yield bytesOf(headerText, 0xfe, 0, 18, 1, "k", 0x81, ...uint64(count));
  for (let left = count; left > 0; left -= perChunk)
    yield chunk.subarray(0, Math.min(left, perChunk) * node.length);
  yield endOfFile;
}

const endOfFile = Uint8Array.of(0xff, 0, 0, 0, 0, 0, 0, 0, 0);

export function uint64(value: number): number[] {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return [...bytes];
}

function bytesOf(...parts: readonly (number | string)[]): Uint8Array {
  return Uint8Array.from(
    parts.flatMap((part) => (typeof part === "string" ? [...Buffer.from(part)] : [part])),
  );
}

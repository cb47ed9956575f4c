/**
 * The ways in which a streaming decoder is fed: whatever the cuts are, the result has to be the same.
 */
import type { SeededRandom } from "./random.ts";

export interface Chunking {
  /** What to call this way of cutting in a failing test, for example "cut at random (3)". */
  readonly name: string;
  /** Views of the given bytes, in order; none is empty. */
  readonly chunks: Uint8Array[];
}

/** Above this size, chunks of one byte are left out: they prove nothing more and take minutes. */
const byteByByteMax = 1 << 20;
const randomCutsCount = 4;

/** The bytes whole, byte by byte, and at random cuts: two times a few long chunks, two times many short ones. */
export function* chunkings(bytes: Uint8Array, random: SeededRandom): Iterable<Chunking> {
  yield { name: "whole", chunks: bytes.length === 0 ? [] : [bytes] };
  if (bytes.length <= byteByByteMax) yield { name: "byte by byte", chunks: cutEvery(bytes, () => 1) };
  for (let index = 0; index < randomCutsCount; index += 1) {
    const sizeMax = index % 2 === 0 ? Math.max(1, Math.ceil(bytes.length / 3)) : 17;
    const chunks = cutEvery(bytes, () => 1 + random.below(sizeMax));
    yield { name: `cut at random (${index + 1}, seed ${random.seed})`, chunks };
  }
}

function cutEvery(bytes: Uint8Array, nextSize: () => number): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let offset = 0; offset < bytes.length; ) {
    const size = nextSize();
    chunks.push(bytes.subarray(offset, offset + size));
    offset += size;
  }
  return chunks;
}

import { seededRandom, testSeed } from "@holdfast/testkit";
import { expect, test } from "vitest";
import { hashOfBytes } from "./key-hash.ts";

/** HalfSipHash as its reference code has it, with any number of rounds. */
function reference(
  bytes: Uint8Array,
  [k0, k1]: readonly [number, number],
  rounds: { perWord: number; atEnd: number },
) {
  const v = Uint32Array.of(k0, k1, 0x6c796765 ^ k0, 0x74656462 ^ k1);
  const rotate = (index: number, bits: number) => {
    v[index] = (v[index] << bits) | (v[index] >>> (32 - bits));
  };
  const mix = (index: number, other: number, bits: number) => {
    v[index] += v[other];
    rotate(other, bits);
    v[other] ^= v[index];
  };
  const round = () => {
    mix(0, 1, 5);
    rotate(0, 16);
    mix(2, 3, 8);
    mix(0, 3, 7);
    mix(2, 1, 13);
    rotate(2, 16);
  };
  const padded = Buffer.alloc(4 * Math.floor(bytes.length / 4) + 4);
  padded.set(bytes);
  padded[padded.length - 1] = bytes.length;
  for (let at = 0; at < padded.length; at += 4) {
    const word = padded.readUInt32LE(at);
    v[3] ^= word;
    for (let turn = 0; turn < rounds.perWord; turn++) round();
    v[0] ^= word;
  }
  v[2] ^= 0xff;
  for (let turn = 0; turn < rounds.atEnd; turn++) round();
  return v[1] ^ v[3];
}

test("the reference is that of the published vectors", () => {
  // vectors.h of https://github.com/veorq/SipHash, vectors_hsip32: the bytes 0 to n under the key 0 to 7.
  const vectors = [0x5b9f35a9, 0xb85a4727, 0x03a662fa, 0x04e7fe8a, 0x89466e2a];
  for (const [size, expected] of vectors.entries()) {
    const bytes = Uint8Array.from({ length: size }, (_, index) => index);
    const found = reference(bytes, [0x03020100, 0x07060504], { perWord: 2, atEnd: 4 });
    expect(found >>> 0).toBe(expected);
  }
});

test("a hash is HalfSipHash-1-3 of any bytes, wherever they lie, under any seed", () => {
  const random = seededRandom(testSeed());
  for (let size = 0; size < 70; size++) {
    const buffer = Uint8Array.from({ length: size + 10 }, () => random.below(256));
    const seed = [random.below(2 ** 32), random.below(2 ** 32)] as const;
    const start = random.below(10);
    const expected = reference(buffer.subarray(start, start + size), seed, { perWord: 1, atEnd: 3 });
    expect(hashOfBytes(buffer, start, start + size, seed[0], seed[1])).toBe(expected);
  }
});

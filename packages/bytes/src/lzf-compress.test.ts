import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { lzfDecompress } from "./lzf.ts";
import { LzfCompressor } from "./lzf-compress.ts";

/** Text-like input: words from a small alphabet repeat, so copies of every length and distance occur. */
const compressible = fc
  .array(fc.tuple(fc.nat(5), fc.nat(300)), { maxLength: 120 })
  .map((runs) => Uint8Array.from(runs.flatMap(([letter, count]) => Array<number>(count).fill(97 + letter))));
const inputs = fc.oneof(
  compressible,
  fc.uint8Array({ maxLength: 400 }),
  fc.uint8Array({ max: 3, maxLength: 400 }),
);

/** Room for any block: literals alone need one byte more in 32. */
const roomFor = (sizeBytes: number) => sizeBytes + Math.ceil(sizeBytes / 32) + 3;

function packed(bytes: Uint8Array, compressor = new LzfCompressor()): Uint8Array {
  const target = new Uint8Array(roomFor(bytes.length));
  return target.slice(0, compressor.compress(bytes, 0, bytes.length, target, 0, target.length));
}

function unpacked(block: Uint8Array, sizeBytes: number): Uint8Array {
  const target = new Uint8Array(sizeBytes);
  lzfDecompress(block, 0, block.length, target, 0, sizeBytes);
  return target;
}

describe("a packed block", () => {
  test("does not fit into less room than it needs, and says so instead of writing beyond", () => {
    fc.assert(
      fc.property(inputs, fc.double({ min: 0, max: 1, noNaN: true }), (bytes, share) => {
        const needed = packed(bytes).length;
        const room = Math.floor(needed * share);
        const target = new Uint8Array(room + 8).fill(0xee);
        const made = new LzfCompressor().compress(bytes, 0, bytes.length, target, 0, room);
        expect(made === 0 || made === needed).toBe(true);
        expect(target.subarray(room).every((byte) => byte === 0xee)).toBe(true);
      }),
    );
  });

  test("unpacks to what was packed", () => {
    const compressor = new LzfCompressor();
    fc.assert(
      fc.property(inputs, (bytes) => {
        expect(unpacked(packed(bytes, compressor), bytes.length)).toEqual(bytes);
      }),
    );
  });

  test("is the same whatever was packed before", () => {
    const used = new LzfCompressor();
    fc.assert(
      fc.property(inputs, (bytes) => {
        expect(packed(bytes, used)).toEqual(packed(bytes));
      }),
    );
  });

  test("is the same at any place of a larger buffer, whose other bytes it never refers to", () => {
    const text = Buffer.from("abcabcabcabcabcabcabc");
    const source = Buffer.concat([text, text, text]);
    const target = new Uint8Array(40).fill(0x55);
    const size = new LzfCompressor().compress(source, 21, 42, target, 5, 40);
    expect(target.slice(5, 5 + size)).toEqual(packed(text));
    expect(target.subarray(0, 5)).toEqual(new Uint8Array(5).fill(0x55));
  });

  test("of one byte again and again is a literal and the longest copies", () => {
    const block = packed(new Uint8Array(1 + 264 * 3).fill(0x61));
    expect(block).toEqual(Uint8Array.of(0, 0x61, 0xe0, 0xff, 0, 0xe0, 0xff, 0, 0xe0, 0xff, 0));
  });

  test("reaches 8192 bytes back and no farther", () => {
    const word = Uint8Array.from({ length: 8192 }, (_, index) => Math.imul(index + 1, 0x9e3779b1) >>> 24);
    const near = packed(Buffer.concat([word, word]));
    expect(near.length).toBeLessThan(8192 * 1.1);
    const far = packed(Buffer.concat([word, new Uint8Array([7]), word]));
    expect(unpacked(far, 16385)).toEqual(new Uint8Array(Buffer.concat([word, new Uint8Array([7]), word])));
  });
});

test("a compressor stays right when its table has been used up", () => {
  const compressor = new LzfCompressor();
  const text = Buffer.from("one fish two fish red fish blue fish ".repeat(4));
  const zeros = new Uint8Array(2 ** 26);
  const target = new Uint8Array(2 ** 20);
  for (let round = 0; round < 17; round++) {
    compressor.compressPlain(zeros, 0, zeros.length, target, 0, target.length);
    const size = compressor.compressPlain(text, 0, text.length, target, 0, target.length);
    expect(target.subarray(0, size)).toEqual(packed(text));
  }
});

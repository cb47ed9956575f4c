import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { lzfCompress } from "../test/lzf-compress.ts";
import { LzfError, lzfDecompress, lzfPeek } from "./lzf.ts";
import { LzfStream } from "./lzf-stream.ts";

/** Text-like input: words from a small alphabet repeat, so copies of every length and distance occur. */
const compressible = fc
  .array(fc.tuple(fc.nat(5), fc.nat(60)), { maxLength: 120 })
  .map((runs) => Uint8Array.from(runs.flatMap(([letter, count]) => Array<number>(count).fill(97 + letter))));
const inputs = fc.oneof(compressible, fc.uint8Array({ maxLength: 400 }));

function unpack(block: Uint8Array, sizeBytes: number): Uint8Array {
  const target = new Uint8Array(sizeBytes);
  lzfDecompress(block, 0, block.length, target, 0, sizeBytes);
  return target;
}

function unpackInPieces(
  block: Uint8Array,
  sizeBytes: number,
  cutBytes: number,
  pieceBytes: number,
): Uint8Array {
  const stream = new LzfStream({ sourceBytes: block.length, targetBytes: sizeBytes, pieceBytes });
  const pieces: number[] = [];
  for (let at = 0; at < block.length; at += cutBytes) {
    stream.push(block.subarray(at, at + cutBytes));
    for (let piece = stream.next(); piece !== undefined; piece = stream.next()) pieces.push(...piece);
  }
  expect(stream.done).toBe(true);
  return Uint8Array.from(pieces);
}

/** What a decoder makes of a block: its bytes, or where and why it gave up. */
function outcome(decode: () => Uint8Array): unknown {
  try {
    return decode();
  } catch (error) {
    if (!(error instanceof LzfError)) throw error;
    return { detail: error.detail, sourceOffset: error.sourceOffset };
  }
}

describe("an LZF block", () => {
  test("literals, short copies and long overlapping copies follow the drawing", () => {
    const block = Uint8Array.of(1, 97, 98, (1 << 5) | 0, 1, 0xe0, 2, 0);
    expect(Buffer.from(unpack(block, 2 + 3 + 11)).toString()).toBe(`ababa${"a".repeat(11)}`);
  });

  test("unpacks to what was packed", () => {
    fc.assert(
      fc.property(inputs, (bytes) => {
        expect(unpack(lzfCompress(bytes), bytes.length)).toEqual(bytes);
      }),
    );
  });

  test("unpacks at any place of a larger buffer and leaves the rest alone", () => {
    const block = lzfCompress(Buffer.from("abcabcabcabc"));
    const source = new Uint8Array(block.length + 7).fill(0xee);
    source.set(block, 3);
    const target = new Uint8Array(20).fill(0x55);
    lzfDecompress(source, 3, 3 + block.length, target, 4, 16);
    expect(Buffer.from(target).toString("latin1")).toBe(`UUUU${"abc".repeat(4)}UUUU`);
  });

  test.each([
    ["a literal cut short", [5, 97], 6, 0, "ends inside"],
    ["a copy without its distance", [0, 97, 0x20], 4, 2, "ends inside"],
    ["a long copy without its length", [0, 97, 0xe0], 4, 2, "ends inside"],
    ["a long copy without its distance", [0, 97, 0xe0, 1], 11, 2, "ends inside"],
    ["a copy from before the first byte", [0, 97, 0x20, 1], 4, 2, "reaches back"],
    ["more bytes than stated", [2, 97, 98, 99], 2, 0, "more than the 2"],
    ["fewer bytes than stated", [2, 97, 98, 99], 4, 4, "makes 3 bytes, 4 were stated"],
  ])("%s is an error with its place", (_name, block, sizeBytes, sourceOffset, detail) => {
    const source = Uint8Array.from(block);
    const whole = outcome(() => unpack(source, sizeBytes)) as LzfError;
    expect(whole.sourceOffset).toBe(sourceOffset);
    expect(whole.detail).toContain(detail);
    expect(outcome(() => unpackInPieces(source, sizeBytes, 1, 3))).toEqual(whole);
  });

  test("a copy never reads what stood in the target before the block's own bytes", () => {
    const target = Uint8Array.from([1, 2, 3, 0, 0, 0, 0]);
    expect(() => lzfDecompress(Uint8Array.of(0, 97, 0x20, 1), 0, 4, target, 3, 7)).toThrow(LzfError);
  });
});

describe("the first bytes of a block", () => {
  test("are those of the whole, however many are asked for", () => {
    fc.assert(
      fc.property(inputs, fc.nat(500), (bytes, count) => {
        const block = lzfCompress(bytes);
        const target = new Uint8Array(count);
        const made = lzfPeek(block, 0, block.length, target, count);
        expect(made).toBe(Math.min(count, bytes.length));
        expect(target.subarray(0, made)).toEqual(bytes.subarray(0, made));
      }),
    );
  });

  test("can be had when damage comes later", () => {
    const target = new Uint8Array(4);
    expect(lzfPeek(Uint8Array.of(3, 97, 98, 99, 100, 0x20, 99), 0, 7, target, 4)).toBe(4);
  });
});

describe("a block in pieces", () => {
  test("unpacks to the same bytes at any cut and any piece size", () => {
    fc.assert(
      fc.property(
        inputs,
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 1, max: 300 }),
        (bytes, cut, size) => {
          expect(unpackInPieces(lzfCompress(bytes), bytes.length, cut, size)).toEqual(bytes);
        },
      ),
    );
  });

  test("copies from 8192 bytes behind across many output pieces", () => {
    const word = Uint8Array.from({ length: 8192 }, (_, index) => (index * 7919) >>> 5);
    const bytes = new Uint8Array(100_000);
    for (let at = 0; at < bytes.length; at += word.length) bytes.set(word.subarray(0, bytes.length - at), at);
    const block = lzfCompress(bytes);
    expect(block.length).toBeLessThan(20_000);
    expect(unpackInPieces(block, bytes.length, 1000, 1000)).toEqual(bytes);
  });

  test("damage gives the same verdict as in one piece", () => {
    const damaged = fc.tuple(compressible, fc.nat(), fc.nat(255), fc.integer({ min: -3, max: 3 }));
    fc.assert(
      fc.property(damaged, fc.integer({ min: 1, max: 40 }), ([bytes, at, byte, more], cut) => {
        const block = lzfCompress(bytes);
        if (block.length === 0) return;
        block[at % block.length] = byte;
        const sizeBytes = Math.max(0, Math.min(bytes.length + more, block.length * 88));
        expect(outcome(() => unpackInPieces(block, sizeBytes, cut, 100))).toEqual(
          outcome(() => unpack(block, sizeBytes)),
        );
      }),
    );
  });

  test("sizes that cannot both be true are refused before anything is allocated", () => {
    expect(() => new LzfStream({ sourceBytes: 3, targetBytes: 265 })).toThrow("3 bytes cannot make 265");
  });

  test("more bytes than the block has are a mistake of the caller", () => {
    const stream = new LzfStream({ sourceBytes: 2, targetBytes: 1 });
    expect(() => stream.push(new Uint8Array(3))).toThrow(RangeError);
  });
});

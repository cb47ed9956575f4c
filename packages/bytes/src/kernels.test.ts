import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { lzfCompress } from "../test/lzf-compress.ts";
import { Crc64, combineCrc64, crc64, shiftPlain } from "./crc64.ts";
import { kernels } from "./kernels.ts";
import { LzfError, unpackPlain, unpackWithKernel } from "./lzf.ts";
import { LzfCompressor } from "./lzf-compress.ts";

/** Bytes that repeat neither soon nor regularly. */
function noise(sizeBytes: number, seed: number): Uint8Array {
  let state = seed | 1;
  return Uint8Array.from({ length: sizeBytes }, () => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9;
    return state >>> 24;
  });
}

/** The checksum through the plain path only: no update is large enough for a kernel. */
function plainCrc64(bytes: Uint8Array): bigint {
  const crc = new Crc64();
  for (let at = 0; at < bytes.length; at += 100) crc.update(bytes, at, Math.min(at + 100, bytes.length));
  return crc.value;
}

function attempt(run: () => number, target: Uint8Array): unknown {
  try {
    return [run(), target];
  } catch (error) {
    if (!(error instanceof LzfError)) throw error;
    return [error.detail, error.sourceOffset];
  }
}

function expectSameOutcome(block: Uint8Array, sizeBytes: number): void {
  const plain = new Uint8Array(sizeBytes);
  const kernel = new Uint8Array(sizeBytes);
  expect(attempt(() => unpackWithKernel(block, 0, block.length, kernel, 0, sizeBytes), kernel)).toEqual(
    attempt(() => unpackPlain(block, 0, block.length, plain, 0, sizeBytes, false), plain),
  );
}

test("there are kernels where there is WebAssembly", () => {
  expect(kernels).toBeDefined();
});

describe("the CRC-64 kernels", () => {
  test.each([0, 1, 255, 65_536, 2 ** 31, 2 ** 53 - 1])(
    "shift by %d bytes as BigInt arithmetic does",
    (count) => {
      for (const value of [0n, 1n, 1n << 63n, 0xe9c6d914c4b8d9can])
        expect(combineCrc64(value, 0n, count)).toBe(shiftPlain(value, count));
    },
  );

  test("follow another checksum over bytes that they do not see", () => {
    const bytes = noise(9000, 3);
    fc.assert(
      fc.property(fc.nat(4000), fc.nat(4000), fc.nat(1000), (start, count, own) => {
        const before = new Crc64().update(bytes, 0, start);
        const after = new Crc64().update(bytes, 0, start + count);
        const other = bytes.subarray(8000, 8000 + own);
        const both = Buffer.concat([other, bytes.subarray(start, start + count)]);
        expect(new Crc64().update(other).follow(before, after, count).value).toBe(crc64(both));
      }),
    );
  });

  // Around the sizes where another way begins: plain, sliced, folded, folded in several pieces.
  test.each([255, 256, 257, 5119, 5120, 5121, 8191, 131_072, 133_888, 133_889, 300_007])(
    "agree with the plain path on %i bytes",
    (sizeBytes) => {
      const bytes = noise(sizeBytes, sizeBytes);
      expect(new Crc64().update(bytes).value).toBe(plainCrc64(bytes));
    },
  );

  test("agree with the plain path at any start, end and register", () => {
    const bytes = noise(40_000, 7);
    fc.assert(
      fc.property(fc.nat(20_000), fc.nat(20_000), fc.nat(300), (start, count, before) => {
        const crc = new Crc64().update(bytes, 0, before).update(bytes, start, start + count);
        const joined = Buffer.concat([bytes.subarray(0, before), bytes.subarray(start, start + count)]);
        expect(crc.value).toBe(plainCrc64(joined));
      }),
    );
  });

  test("the polynomial that folding uses is a multiple of the CRC's", () => {
    // A message with a 1 in each byte that folding touches, and zeros elsewhere, is that polynomial: its checksum is 0.
    const message = new Uint8Array(2767);
    for (const distance of [0, 1076, 1102, 1557, 2115, 2359, 2431, 2766]) message[distance] = 0x80;
    expect(plainCrc64(message)).toBe(0n);
  });

  test("two running checksums do not disturb each other", () => {
    const bytes = noise(20_000, 3);
    const first = new Crc64();
    const second = new Crc64();
    for (let at = 0; at < bytes.length; at += 10_000) {
      first.update(bytes, at, at + 10_000);
      second.update(bytes, at, at + 1000);
    }
    expect(first.value).toBe(plainCrc64(bytes));
  });
});

describe("the LZF kernel", () => {
  const runs = fc
    .array(fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.integer({ min: 1, max: 30 })), {
      maxLength: 30,
    })
    .map((parts) =>
      Uint8Array.from(
        parts.flatMap(
          ([word, times]) =>
            Array(times)
              .fill([...word])
              .flat() as number[],
        ),
      ),
    );

  test("agrees with the plain path on every sound block", () => {
    fc.assert(
      fc.property(runs, (bytes) => {
        const block = lzfCompress(bytes);
        const target = new Uint8Array(bytes.length);
        expect(unpackWithKernel(block, 0, block.length, target, 0, target.length)).toBe(bytes.length);
        expect(target).toEqual(bytes);
      }),
    );
  });

  test("agrees with the plain path on damaged blocks and wrong sizes", () => {
    fc.assert(
      fc.property(runs, fc.nat(), fc.nat(255), fc.integer({ min: -40, max: 40 }), (bytes, at, byte, more) => {
        const block = lzfCompress(bytes);
        if (block.length > 0) block[at % block.length] = byte;
        expectSameOutcome(block, Math.max(0, bytes.length + more));
      }),
      { numRuns: 500 },
    );
  });

  test("agrees with the plain path on bytes that were never LZF", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(1000), expectSameOutcome), {
      numRuns: 500,
    });
  });

  test("a block too large for the kernel's memory is unpacked all the same", () => {
    const bytes = new Uint8Array(5_000_000).fill(7);
    const block = lzfCompress(bytes);
    const target = new Uint8Array(bytes.length);
    expect(unpackWithKernel(block, 0, block.length, target, 0, target.length)).toBe(bytes.length);
    expect(Buffer.from(target).equals(bytes)).toBe(true);
  });
});

describe("the kernel that packs LZF", () => {
  const words = fc
    .array(fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.integer({ min: 1, max: 30 })), {
      maxLength: 40,
    })
    .map((parts) =>
      Buffer.concat(parts.flatMap(([word, times]) => Array.from({ length: times }, () => Buffer.from(word)))),
    );

  function expectSameBlock(compressor: LzfCompressor, bytes: Uint8Array, roomBytes: number): void {
    const [kernel, plain] = [new Uint8Array(roomBytes), new Uint8Array(roomBytes)];
    const made = compressor.compress(bytes, 0, bytes.length, kernel, 0, roomBytes);
    expect(made).toBe(compressor.compressPlain(bytes, 0, bytes.length, plain, 0, roomBytes));
    expect(kernel.subarray(0, made)).toEqual(plain.subarray(0, made));
  }

  test("makes the blocks of the plain path, or like it none, in any room", () => {
    const compressor = new LzfCompressor();
    fc.assert(
      fc.property(words, fc.integer({ min: -60, max: 40 }), (bytes, more) =>
        expectSameBlock(compressor, bytes, Math.max(0, bytes.length + more)),
      ),
      { numRuns: 500 },
    );
  });

  test("makes the blocks of the plain path from noise and from large blocks", () => {
    const compressor = new LzfCompressor();
    const large = Buffer.concat([noise(9000, 1), noise(9000, 1), noise(300, 2), noise(9000, 1)]);
    expectSameBlock(compressor, large, large.length);
    expectSameBlock(compressor, noise(20_000, 5), 30_000);
    expectSameBlock(compressor, new Uint8Array(3_000_000).fill(7), 100_000);
    expectSameBlock(compressor, new Uint8Array(5_000_000).fill(7), 100_000);
  });

  test("makes the same blocks when its table has been used up", () => {
    const compressor = new LzfCompressor();
    const zeros = new Uint8Array(3_800_000);
    const target = new Uint8Array(60_000);
    const text = Buffer.from("one fish two fish red fish blue fish ".repeat(4));
    for (let round = 0; round < 300; round++)
      compressor.compress(zeros, 0, zeros.length, target, 0, target.length);
    for (let round = 0; round < 3; round++) expectSameBlock(compressor, text, text.length);
  });
});

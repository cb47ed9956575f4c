import { readFile } from "node:fs/promises";
import zlib from "node:zlib";
import { describe, expect, test } from "vitest";
import { decompressContainer, sniffContainer } from "./compression.ts";
import { CompressionError } from "./compression-error.ts";

const zstdIsNative = "createZstdDecompress" in zlib;

const lines = Buffer.from(
  Array.from(
    { length: 6000 },
    (_, i) => `{"id":${i},"name":"user-${(i * 7919) % 1000}","score":${(i * i) % 997}}\n`,
  ).join(""),
);

const container = async (name: string): Promise<Uint8Array> =>
  new Uint8Array(await readFile(new URL(`../test/containers/${name}`, import.meta.url)));

async function* chunksOf(bytes: Uint8Array, chunkBytes: number): AsyncGenerator<Uint8Array, void, void> {
  for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.slice(at, at + chunkBytes);
}

async function open(bytes: Uint8Array, chunkBytes = 10_000): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of decompressContainer(sniffContainer(bytes), chunksOf(bytes, chunkBytes))) {
    expect(piece.length).toBeGreaterThan(0);
    expect(piece.length).toBeLessThanOrEqual(131_072);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

async function failureOf(bytes: Uint8Array, chunkBytes = 10_000): Promise<CompressionError> {
  const error = await open(bytes, chunkBytes).then(
    (content) => new Error(`opened to ${content.length} bytes`),
    (error: Error) => error,
  );
  if (!(error instanceof CompressionError)) throw error;
  return error;
}

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const copy = bytes.slice();
  copy[at] ^= 0x10;
  return copy;
}

describe("a container is told by its first bytes", () => {
  test.each([
    ["zstd", [0x28, 0xb5, 0x2f, 0xfd]],
    ["zstd", [0x50, 0x2a, 0x4d, 0x18]],
    ["zstd", [0x5f, 0x2a, 0x4d, 0x18]],
    ["gzip", [0x1f, 0x8b, 0x08, 0x00]],
    ["none", [...Buffer.from("REDIS0011")]],
    ["none", [...Buffer.from("VALKEY080")]],
    ["none", [0x28, 0xb5, 0x2f]],
    ["none", []],
  ])("%s: %j", (kind, bytes) => {
    expect(sniffContainer(Uint8Array.from(bytes))).toBe(kind);
  });
});

describe("an open container", () => {
  test("without a container is the source itself", () => {
    const source = chunksOf(lines, 10);
    expect(decompressContainer("none", source)).toBe(source);
  });

  const sound = [
    "one-frame.zst",
    "three-frames.zst",
    "skippable-first.zst",
    "one-member.gz",
    "two-members.gz",
  ];
  test.each(sound)("%s holds its content, however it is cut", async (name) => {
    const bytes = await container(name);
    for (const chunkBytes of [bytes.length, 4096, 97]) {
      expect((await open(bytes, chunkBytes)).equals(lines)).toBe(true);
    }
  });

  test("byte by byte it is the same", async () => {
    const members = Buffer.concat([
      zlib.gzipSync(lines.subarray(0, 1000)),
      zlib.gzipSync(lines.subarray(1000, 9000)),
    ]);
    expect((await open(members, 1)).equals(lines.subarray(0, 9000))).toBe(true);
    expect((await open(await container("three-frames.zst"), 1)).equals(lines)).toBe(true);
  });

  test("frames that hold nothing do not hide what follows them", async () => {
    const emptyFrame = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58, 0x01, 0x00, 0x00);
    const emptySkippable = Uint8Array.of(0x5a, 0x2a, 0x4d, 0x18, 0, 0, 0, 0);
    const frame = await container("one-frame.zst");
    const bytes = Buffer.concat([emptySkippable, emptyFrame, emptySkippable, emptyFrame, frame, emptyFrame]);
    for (const chunkBytes of [bytes.length, 5])
      expect((await open(bytes, chunkBytes)).equals(lines)).toBe(true);
  });

  test("a few bytes that stand for many come out in pieces of limited size", async () => {
    const content = await open(await container("zeros-3000000.zst"));
    expect(content.length).toBe(3_000_000);
    expect(content.equals(Buffer.alloc(3_000_000))).toBe(true);
  });

  test.runIf(zstdIsNative)("a window of 128 MiB is opened by Node's own zstd", async () => {
    expect((await open(await container("window-128m.zst"))).equals(lines)).toBe(true);
  });

  test.skipIf(zstdIsNative)(
    "a window of 128 MiB is refused where it does not fit, before it is asked for",
    async () => {
      const error = await failureOf(await container("window-128m.zst"));
      expect(error.code).toBe("COMPRESSION_UNSUPPORTED");
      expect(error.message).toContain("needs a window of 128 MiB, at most 8 MiB");
    },
  );

  test("leaving early ends the source", async () => {
    for (const name of ["one-frame.zst", "one-member.gz"]) {
      let ended = false;
      const bytes = await container(name);
      const source = (async function* () {
        try {
          for (;;) yield bytes.slice();
        } finally {
          ended = true;
        }
      })();
      for await (const piece of decompressContainer(sniffContainer(bytes), source)) {
        expect(piece.length).toBeGreaterThan(0);
        break;
      }
      expect(ended).toBe(true);
    }
  });

  test("an error of the source passes unchanged", async () => {
    for (const name of ["one-frame.zst", "one-member.gz"]) {
      const bytes = await container(name);
      const broken = new Error("the disk is gone");
      const source = (async function* () {
        yield bytes.slice(0, 1000);
        throw broken;
      })();
      const reading = (async () => {
        for await (const piece of decompressContainer(sniffContainer(bytes), source)) void piece;
      })();
      await expect(reading).rejects.toBe(broken);
    }
  });
});

describe("a damaged container", () => {
  const cuts = (size: number) => [
    4,
    5,
    6,
    10,
    17,
    18,
    1000,
    size >> 1,
    size - 9,
    size - 5,
    size - 4,
    size - 1,
  ];

  test.each(["one-frame.zst", "one-member.gz"])(
    "%s cut short anywhere is truncated, at its end",
    async (name) => {
      const bytes = await container(name);
      for (const cut of cuts(bytes.length)) {
        const error = await failureOf(bytes.slice(0, cut));
        expect([cut, error.code, error.offset]).toEqual([cut, "COMPRESSION_TRUNCATED", cut]);
      }
    },
  );

  test("three frames cut inside the last one are truncated too", async () => {
    const bytes = await container("three-frames.zst");
    const error = await failureOf(bytes.slice(0, -3));
    expect([error.code, error.offset]).toEqual(["COMPRESSION_TRUNCATED", bytes.length - 3]);
  });

  test("two members cut inside the second one are truncated too", async () => {
    const bytes = await container("two-members.gz");
    const error = await failureOf(bytes.slice(0, -3));
    expect([error.code, error.offset]).toEqual(["COMPRESSION_TRUNCATED", bytes.length - 3]);
  });

  test.each(["one-frame.zst", "one-member.gz"])(
    "%s with a flipped bit is never taken for sound",
    async (name) => {
      const bytes = await container(name);
      for (const at of [1000, bytes.length >> 1, bytes.length - 6, bytes.length - 2]) {
        const error = await failureOf(flipped(bytes, at));
        expect(error.code).toMatch(/^COMPRESSION_(CORRUPT|TRUNCATED)$/);
        expect(error.offset).toBeLessThanOrEqual(bytes.length);
      }
    },
  );

  test("a wrong zstd checksum is corrupt in the last block", async () => {
    const bytes = await container("one-frame.zst");
    const error = await failureOf(flipped(bytes, bytes.length - 1));
    expect(error.code).toBe("COMPRESSION_CORRUPT");
    expect(error.offset).toBeGreaterThan(10_000);
  });

  test.each([
    ["one-frame.zst", "something else"],
    ["one-frame.zst", "\0\0\0\0"],
    ["one-member.gz", "something else"],
    ["one-member.gz", "\0\0\0\0"],
  ])("%s with %j behind its end is corrupt there", async (name, more) => {
    const bytes = await container(name);
    const error = await failureOf(Buffer.concat([bytes, Buffer.from(more)]), 100);
    expect(error.code).toBe("COMPRESSION_CORRUPT");
    // For gzip, the chunk of input in which it was found.
    expect(error.offset).toBeLessThanOrEqual(bytes.length);
    expect(error.offset).toBeGreaterThanOrEqual(bytes.length - 100);
  });

  test.each([
    ["the reserved bit of the frame header", [0x28, 0xb5, 0x2f, 0xfd, 0x08, 0x00], "COMPRESSION_CORRUPT", 4],
    ["a block of the reserved type", [0x28, 0xb5, 0x2f, 0xfd, 0, 0x00, 0x07, 0, 0], "COMPRESSION_CORRUPT", 6],
    ["a dictionary", [0x28, 0xb5, 0x2f, 0xfd, 1, 0x00, 0x05], "COMPRESSION_UNSUPPORTED", 5],
    ["a window of terabytes", [0x28, 0xb5, 0x2f, 0xfd, 0, 0xff], "COMPRESSION_UNSUPPORTED", 5],
    [
      "a single segment of exabytes",
      [0x28, 0xb5, 0x2f, 0xfd, 0xe0, 9, 9, 9, 9, 9, 9, 9, 9],
      "COMPRESSION_UNSUPPORTED",
      5,
    ],
  ])("%s is refused by its outline", async (_name, bytes, code, offset) => {
    const error = await failureOf(Uint8Array.from(bytes));
    expect([error.code, error.offset]).toEqual([code, offset]);
  });
});

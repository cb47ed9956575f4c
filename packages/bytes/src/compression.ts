/**
 * The container that someone put around a file: gzip or zstd, told apart by content, opened as a stream.
 *
 *   1F 8B           gzip, any number of members
 *   28 B5 2F FD     zstd, any number of frames
 *   5x 2A 4D 18     zstd, starting with a skippable frame (as pzstd writes)
 *
 * Memory stays bounded: a chunk of output is at most 128 KiB (zstd) or 64 KiB (gzip), and no more of them exist than
 * the consumer and one read ahead need. An end that comes too early is always an error, also where the decoder
 * underneath would not notice.
 */

import type { Transform } from "node:stream";
import zlib from "node:zlib";
import { CompressionError } from "./compression-error.ts";
import { openZstdCodec, ZSTD_CODEC_WINDOW_BYTES } from "./zstd-codec.ts";
import { startsLikeZstd, ZstdFrames } from "./zstd-frames.ts";

const GZIP_OUTPUT_BYTES = 65_536;
const ZSTD_OUTPUT_BYTES = 131_072;
/** The largest window that zstd itself accepts without being asked. */
const ZSTD_WINDOW_BYTES = 128 * 2 ** 20;

export type Container = "zstd" | "gzip" | "none";

/** What the first bytes of a file say it is wrapped in; four bytes are enough. */
export function sniffContainer(firstBytes: Uint8Array): Container {
  if (startsLikeZstd(firstBytes)) return "zstd";
  return firstBytes[0] === 0x1f && firstBytes[1] === 0x8b ? "gzip" : "none";
}

/**
 * The bytes inside the container; for "none" the source itself. Chunks are the consumer's, none is empty.
 *
 * Throws CompressionError, with offsets in compressed bytes: the exact place for a truncated input and for damage to
 * the outline, the start of the block (zstd) or the chunk of input (gzip) for damage inside. Errors of the source pass
 * unchanged. Leaving the loop early ends the source.
 */
export function decompressContainer(
  container: Container,
  source: AsyncIterable<Uint8Array>,
): AsyncIterable<Uint8Array> {
  switch (container) {
    case "none":
      return source;
    case "gzip":
      return gunzip(source);
    case "zstd":
      return createNativeZstd === undefined
        ? unzstdWithCodec(source)
        : unzstdNatively(source, createNativeZstd);
  }
}

/** Node has it since 22.15 and 23.8; the types are older. */
const createNativeZstd = (
  zlib as { readonly createZstdDecompress?: (options: { chunkSize: number }) => Transform }
).createZstdDecompress;

async function* gunzip(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  const inflater = zlib.createGunzip({ chunkSize: GZIP_OUTPUT_BYTES });
  const progress = { offset: 0 };
  yield* through(counted(source, progress), inflater, (error) => {
    if ((error as { code?: unknown }).code === "Z_BUF_ERROR") {
      const where = { offset: progress.offset, cause: error };
      return new CompressionError("gzip", "COMPRESSION_TRUNCATED", "the data ends inside a member", where);
    }
    const where = { offset: inflater.bytesWritten, cause: error };
    return new CompressionError("gzip", "COMPRESSION_CORRUPT", `zlib says "${error.message}"`, where);
  });
  // Node takes zeros behind the last member for padding and drops all that follows without a word.
  if (inflater.bytesWritten < progress.offset) {
    throw new CompressionError("gzip", "COMPRESSION_CORRUPT", "zeros behind the last member", {
      offset: inflater.bytesWritten,
    });
  }
}

async function* counted(source: AsyncIterable<Uint8Array>, progress: { offset: number }) {
  for await (const chunk of source) {
    progress.offset += chunk.length;
    yield chunk;
  }
}

async function* unzstdNatively(
  source: AsyncIterable<Uint8Array>,
  create: (options: { chunkSize: number }) => Transform,
): AsyncGenerator<Uint8Array, void, void> {
  const progress = { offset: 0 };
  const pieces = zstdPieces(source, ZSTD_WINDOW_BYTES, progress);
  yield* through(pieces, create({ chunkSize: ZSTD_OUTPUT_BYTES }), (error) =>
    damaged(progress.offset, error),
  );
}

/** The source cut at block ends and checked from outside; `progress` says where the last piece began. */
async function* zstdPieces(
  source: AsyncIterable<Uint8Array>,
  windowLimitBytes: number,
  progress: { offset: number },
): AsyncGenerator<Uint8Array, void, void> {
  const frames = new ZstdFrames({ windowLimitBytes });
  for await (const chunk of source) {
    for (const { bytes, offset } of frames.walk(chunk)) {
      progress.offset = offset;
      yield bytes;
    }
  }
  frames.end();
}

async function* unzstdWithCodec(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  const codec = await openZstdCodec();
  const frames = new ZstdFrames({ windowLimitBytes: ZSTD_CODEC_WINDOW_BYTES });
  let at = 0;
  try {
    for await (const chunk of source) {
      for (const { bytes, offset } of frames.walk(chunk)) {
        at = offset;
        yield* codec.unpack(bytes) ?? fail(at);
      }
    }
    frames.end();
    yield* codec.finish() ?? fail(at);
  } finally {
    codec.close();
  }
}

function fail(offset: number): never {
  throw damaged(offset, undefined);
}

function damaged(offset: number, cause: unknown): CompressionError {
  const detail = "a block or checksum that zstd does not accept";
  return new CompressionError("zstd", "COMPRESSION_CORRUPT", detail, { offset, cause });
}

/** The source through one of Node's transforms. The source's own errors pass, the transform's are explained. */
async function* through(
  source: AsyncIterable<Uint8Array>,
  transform: Transform,
  explain: (error: Error) => CompressionError,
): AsyncGenerator<Uint8Array, void, void> {
  let sourceError: { readonly error: unknown } | undefined;
  const pumping = pump(source, transform).catch((error: unknown) => {
    sourceError = { error };
    transform.destroy(error as Error);
  });
  try {
    yield* transform as AsyncIterable<Uint8Array>;
  } catch (error) {
    throw sourceError === undefined ? explain(error as Error) : sourceError.error;
  } finally {
    transform.destroy();
    await pumping;
  }
}

/** Writes the source into the transform as fast as it takes it; stops when it is destroyed. */
async function pump(source: AsyncIterable<Uint8Array>, transform: Transform): Promise<void> {
  for await (const chunk of source) {
    if (transform.destroyed) return;
    if (!transform.write(chunk)) await drainedOrClosed(transform);
  }
  transform.end();
}

function drainedOrClosed(transform: Transform): Promise<void> {
  return new Promise((resolve) => {
    const settle = () => {
      transform.off("drain", settle);
      transform.off("close", settle);
      resolve();
    };
    transform.once("drain", settle);
    transform.once("close", settle);
    if (transform.closed) settle();
  });
}

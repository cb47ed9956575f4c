/// <reference path="./zstd-codec.d.ts" />
/**
 * zstd unpacked and packed by the zstd-codec package, zstd itself in WebAssembly: for versions of Node that have none.
 *
 * Its own streams are not used: they never free a decoder's memory. Its memory is 16 MiB and does not grow, which is
 * enough for windows up to 8 MiB: all levels of the zstd tool from 1 to 19. A larger window would end in an abort inside
 * the instance, so the caller refuses it before.
 */

import type { Binding, CompressStream, DecompressStream } from "zstd-codec/lib/zstd-codec-binding-wasm.js";

/** The largest window that fits the instance's memory. */
export const ZSTD_CODEC_WINDOW_BYTES = 8 * 2 ** 20;

/** One decoder in an instance of its own. */
export interface ZstdCodec {
  /** What this piece of zstd data unpacks to; the bytes are the caller's. Undefined when zstd finds damage. */
  unpack(piece: Uint8Array): readonly Uint8Array[] | undefined;
  /** The rest, after the last piece. */
  finish(): readonly Uint8Array[] | undefined;
  close(): void;
}

/** One encoder in an instance of its own. */
export interface ZstdPacker {
  /** What is ready of the packed data; the bytes are the caller's. Undefined when zstd fails. */
  pack(piece: Uint8Array): readonly Uint8Array[] | undefined;
  /** The rest, after the last piece. */
  finish(): readonly Uint8Array[] | undefined;
  close(): void;
}

/** zstd's own default. */
const packingLevel = 3;

/** Loads the package and starts an encoder. */
export async function openZstdPacker(): Promise<ZstdPacker> {
  const stream = await newStream<CompressStream>((binding) => new binding.ZstdCompressStreamBinding());
  stream.begin(packingLevel);
  return {
    pack: (piece) => collect((emit) => stream.transform(piece, emit)),
    finish: () => collect((emit) => stream.end(emit)),
    close: () => stream.delete(),
  };
}

/** Loads the package (about 40 ms, only when needed) and has it make a stream. */
async function newStream<Stream>(create: (binding: Binding) => Stream): Promise<Stream> {
  const { default: load } = await import("zstd-codec/lib/zstd-codec-binding-wasm.js");
  return new Promise<Stream>((resolve, reject) => {
    // The instance itself must not be what a promise resolves to: it has a then() that always calls back with itself.
    const binding = load({
      onRuntimeInitialized: () => resolve(create(binding)),
      onAbort: (reason) => reject(new Error(`zstd-codec stopped: ${String(reason)}`)),
    });
  });
}

function collect(run: (emit: (bytes: Uint8Array) => void) => boolean): Uint8Array[] | undefined {
  const pieces: Uint8Array[] = [];
  const sound = run((bytes) => {
    if (bytes.length > 0) pieces.push(bytes);
  });
  return sound ? pieces : undefined;
}

/** Loads the package and starts a decoder. */
export async function openZstdCodec(): Promise<ZstdCodec> {
  const stream = await newStream<DecompressStream>((binding) => new binding.ZstdDecompressStreamBinding());
  stream.begin();
  return {
    unpack: (piece) => collect((emit) => stream.transform(piece, emit)),
    finish: () => collect((emit) => stream.end(emit)),
    close: () => stream.delete(),
  };
}

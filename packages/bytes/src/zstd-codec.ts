/// <reference path="./zstd-codec.d.ts" />
/**
 * zstd unpacked by the zstd-codec package, zstd itself in WebAssembly: for versions of Node that have none.
 *
 * Its own streams are not used: they never free a decoder's memory. Its memory is 16 MiB and does not grow, which is
 * enough for windows up to 8 MiB: all levels of the zstd tool from 1 to 19. A larger window would end in an abort inside
 * the instance, so the caller refuses it before.
 */

import type { DecompressStream } from "zstd-codec/lib/zstd-codec-binding-wasm.js";

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

/** Loads the package (about 40 ms, only when needed) and starts a decoder. */
export async function openZstdCodec(): Promise<ZstdCodec> {
  const { default: load } = await import("zstd-codec/lib/zstd-codec-binding-wasm.js");
  const stream = await new Promise<DecompressStream>((resolve, reject) => {
    // The instance itself must not be what a promise resolves to: it has a then() that always calls back with itself.
    const binding = load({
      onRuntimeInitialized: () => resolve(new binding.ZstdDecompressStreamBinding()),
      onAbort: (reason) => reject(new Error(`zstd-codec stopped: ${String(reason)}`)),
    });
  });
  stream.begin();
  const collect = (run: (emit: (bytes: Uint8Array) => void) => boolean) => {
    const pieces: Uint8Array[] = [];
    const sound = run((bytes) => {
      if (bytes.length > 0) pieces.push(bytes);
    });
    return sound ? pieces : undefined;
  };
  return {
    unpack: (piece) => collect((emit) => stream.transform(piece, emit)),
    finish: () => collect((emit) => stream.end(emit)),
    close: () => stream.delete(),
  };
}

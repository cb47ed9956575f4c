/**
 * Standard input, or any other readable stream of bytes, as chunks: the counterpart of readChunks() for what cannot be
 * read at an offset.
 */

import type { Readable } from "node:stream";
import { FileError } from "./errors.ts";
import { systemFailure } from "./system-failure.ts";

export interface ReadStreamOptions {
  /** What messages call the stream: "standard input". */
  readonly name: string;
  /** Stops with the signal's reason when aborted, also while waiting for bytes. */
  readonly signal?: AbortSignal;
}

/**
 * The stream's bytes in order; each chunk is the consumer's own, none is empty. Rejects with FileError when the stream
 * fails. The stream is destroyed at the end, also when the consumer leaves early.
 */
export async function* readStream(
  stream: Readable,
  options: ReadStreamOptions,
): AsyncGenerator<Uint8Array, void, void> {
  const { name, signal } = options;
  signal?.throwIfAborted();
  const stop = () => stream.destroy(signal?.reason instanceof Error ? signal.reason : new Error("aborted"));
  signal?.addEventListener("abort", stop, { once: true });
  try {
    for await (const chunk of stream as AsyncIterable<Uint8Array>) if (chunk.length > 0) yield chunk;
  } catch (error) {
    signal?.throwIfAborted();
    const { code, detail } = systemFailure(error);
    throw new FileError("read", name, code, detail, error);
  } finally {
    signal?.removeEventListener("abort", stop);
  }
}

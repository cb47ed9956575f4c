/**
 * A file as a stream of chunks, read one chunk ahead: the disk works while the consumer decodes.
 *
 *   consumer   ......| chunk 0 | chunk 1 | chunk 2 |
 *   disk       |  0  |    1    |    2    |  3 …
 */

import type { File } from "./file-system.ts";

const DEFAULT_CHUNK_BYTES = 1 << 20;
/** One with the consumer, one that it had before and may still join with it, one being read. */
const REUSED_CHUNKS = 3;

export interface ReadChunksOptions {
  /** Largest size of a chunk. Default 1 MiB. */
  readonly chunkBytes?: number;
  /** First byte to read. Default 0. */
  readonly start?: number;
  /** Offset behind the last byte to read. Default: the end of the file. */
  readonly end?: number;
  /** Stops with the signal's reason when aborted. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Reads into the same three chunks again and again: a chunk then stays as it is only until the second one after it is
   * asked for, which is enough for a ByteWindow. Default false: every chunk is the consumer's own. Fresh memory costs as
   * much as reading into it: 500 MB from the system's cache took 0.11 s with reuse and 0.20 s without.
   */
  readonly reuse?: boolean;
  /**
   * The memory to reuse, for a file that is read at offsets: three chunks or more of one size, which is then that of
   * every chunk but the last. With more than three, several are read at a time: a consumer that is quick would otherwise
   * wait for each of them (500 MB from the system's cache: 0.12 s of waiting with three chunks).
   */
  readonly into?: readonly Uint8Array[] | undefined;
}

/**
 * The file's bytes in order, no chunk empty. Rejects with FileError. Leaving the loop early waits for the read that is
 * under way, so that the file may be closed afterwards; the file is not closed here.
 */
export async function* readChunks(
  file: File,
  options: ReadChunksOptions = {},
): AsyncGenerator<Uint8Array, void, void> {
  const { signal, into } = options;
  // One chunk is the consumer's, and the one before it stays as it was; the others can be read into meanwhile.
  const aheadCount = into === undefined ? 1 : Math.max(1, into.length - 2);
  const readNext = into === undefined ? readInOrder(file, options) : readSideBySide(file, options, into);
  const ahead: Promise<Uint8Array>[] = [];
  const startRead = () => {
    const read = readNext();
    // A failure while the consumer is busy must wait for it, not end the process as unhandled.
    read.catch(() => {});
    ahead.push(read);
  };
  signal?.throwIfAborted();
  for (let count = 0; count < aheadCount; count++) startRead();
  try {
    for (let read = ahead.shift(); read !== undefined; read = ahead.shift()) {
      const chunk = await read;
      if (chunk.length === 0) return;
      signal?.throwIfAborted();
      startRead();
      yield chunk;
      signal?.throwIfAborted();
      if (into !== undefined && chunk.length < into[0].length) return;
    }
  } finally {
    await Promise.allSettled(ahead);
  }
}

/** Each read begins where the one before it ended. */
function readInOrder(file: File, options: ReadChunksOptions): () => Promise<Uint8Array> {
  const { chunkBytes = DEFAULT_CHUNK_BYTES, start = 0, end = Number.POSITIVE_INFINITY } = options;
  const memory = chunkMemory(chunkBytes, options.reuse ?? false);
  let offset = start;
  return async () => {
    const size = Math.min(chunkBytes, end - offset);
    if (size <= 0) return new Uint8Array(0);
    const target = memory().subarray(0, size);
    const count = await file.readAt(offset, target);
    offset += count;
    return target.subarray(0, count);
  };
}

/** Reads do not wait for each other, so each of them fills its chunk, or reaches the end of the file. */
function readSideBySide(
  file: File,
  options: ReadChunksOptions,
  into: readonly Uint8Array[],
): () => Promise<Uint8Array> {
  const { start = 0, end = Number.POSITIVE_INFINITY } = options;
  const memory = inTurn(into);
  let next = start;
  return async () => {
    const offset = next;
    const size = Math.min(into[0].length, end - offset);
    if (size <= 0) return new Uint8Array(0);
    next += size;
    const target = memory().subarray(0, size);
    let filled = 0;
    for (let count = -1; count !== 0 && filled < size; filled += count)
      count = await file.readAt(offset + filled, target.subarray(filled));
    return target.subarray(0, filled);
  };
}

function inTurn(chunks: readonly Uint8Array[]): () => Uint8Array {
  let turn = 0;
  return () => chunks[turn++ % chunks.length];
}

/** Hands out memory for one chunk at a time: fresh, or the same few in turn. */
function chunkMemory(chunkBytes: number, reuse: boolean): () => Uint8Array {
  if (!reuse) return () => new Uint8Array(chunkBytes);
  const chunks: Uint8Array[] = [];
  let turn = 0;
  // Made when their turn comes: a short read needs one or two.
  return () => {
    const index = turn++ % REUSED_CHUNKS;
    return (chunks[index] ??= new Uint8Array(chunkBytes));
  };
}

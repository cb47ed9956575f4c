/**
 * Opens what the command line names: a file or standard input, told apart by content, never by name.
 *
 *   REDIS0011… VALKEY080…      an RDB, also in front of the commands of an append-only file
 *   28 B5 2F FD   1F 8B        zstd or gzip around it: unpacked on the way
 *   *3\r\n…   #TS:…            commands alone      ┐
 *   file a.aof seq 1 type b    an AOF manifest     │ refused, with what to use instead
 *   a directory, an empty file                     ┘
 *
 * Anything else is left to the decoder, which says what it expected and what it found.
 */

import type { Readable } from "node:stream";
import { CompressionError, type Container, decompressContainer, sniffContainer } from "@holdfast/bytes";
import { exitCode, Problem } from "@holdfast/command-line";
import { type File, type FileSystem, readChunks, readStream } from "@holdfast/platform";

export interface Input {
  /** For messages: the path as it was given, or "standard input". */
  readonly name: string;
  /** Size as stored; undefined for a stream. */
  readonly storedBytes: number | undefined;
  /** Size of what chunks() yields, when it is known before the end. */
  readonly contentBytes: number | undefined;
  readonly container: Container;
  /** True when chunks() may be called again. */
  readonly isRereadable: boolean;
  /** True when chunks() may start at any offset. */
  readonly isSeekable: boolean;
  /** The content from `start` on, unpacked. A chunk stays valid until the second one after it is asked for. */
  chunks(start: number, options?: ChunkOptions): AsyncIterable<Uint8Array>;
  /** Stored bytes taken so far: what progress is measured with. */
  consumedBytes(): number;
  close(): Promise<void>;
}

export interface ChunkOptions {
  readonly signal?: AbortSignal | undefined;
  /** Offset behind the last byte wanted, for a seekable input. Default: its end. */
  readonly end?: number;
  /** Largest chunk of a file. */
  readonly chunkBytes?: number;
  /** Memory to read the chunks of a plain file into, used in turn. */
  readonly into?: readonly Uint8Array[] | undefined;
}

export interface InputDoors {
  readonly files: FileSystem;
  readonly stdin: Readable;
  /** Ends also a wait for bytes that never come. */
  readonly signal: AbortSignal;
}

/** Enough to tell every kind apart. */
const sniffBytes = 64;

/** Opens and recognises an input. Throws Problem for what is no RDB, FileError when it cannot be opened. */
export async function openInput(doors: InputDoors, path: string): Promise<Input> {
  const source = path === "-" ? stdinSource(doors) : await fileSource(doors.files, path);
  try {
    const container = sniffContainer(await source.peek(sniffBytes));
    const input = new SourceInput(source, container);
    refuseOtherKinds(
      source.name,
      container === "none" ? await source.peek(sniffBytes) : await firstBytes(input),
    );
    return input;
  } catch (error) {
    await source.close();
    throw error;
  }
}

/** Stored bytes, before anything is unpacked. */
interface Source {
  readonly name: string;
  readonly sizeBytes: number | undefined;
  readonly isSeekable: boolean;
  /** The first bytes, without consuming them; fewer when there are no more. */
  peek(count: number): Promise<Uint8Array>;
  chunks(start: number, options?: ChunkOptions): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

async function fileSource(files: FileSystem, path: string): Promise<Source> {
  const info = await files.stat(path);
  if (info === undefined)
    throw new Problem(exitCode.localIo, `${path} does not exist`, { nextStep: "check the path" });
  if (info.kind === "directory") throw await directoryProblem(files, path);
  const file = await files.open(path, "read");
  if (info.kind === "other") return streamSource(path, readChunks(file), () => file.close());
  const sizeBytes = await file.size();
  return {
    name: path,
    sizeBytes,
    isSeekable: true,
    peek: (count) => peekFile(file, count),
    chunks: (start, options = {}) => readChunks(file, { ...options, start, reuse: true }),
    close: () => file.close(),
  };
}

async function peekFile(file: File, count: number): Promise<Uint8Array> {
  const target = new Uint8Array(count);
  let filled = 0;
  for (let read = -1; read !== 0 && filled < count; filled += read)
    read = await file.readAt(filled, target.subarray(filled));
  return target.subarray(0, filled);
}

function stdinSource({ stdin, signal }: InputDoors): Source {
  const name = "standard input";
  return streamSource(name, readStream(stdin, { name, signal }), async () => {});
}

function streamSource(
  name: string,
  stream: AsyncGenerator<Uint8Array, void, void>,
  close: () => Promise<void>,
): Source {
  let head: Uint8Array[] = [];
  let wasRead = false;
  return {
    name,
    sizeBytes: undefined,
    isSeekable: false,
    async peek(count) {
      let known = head.reduce((sum, chunk) => sum + chunk.length, 0);
      while (known < count) {
        const next = await stream.next();
        if (next.done === true) break;
        head.push(next.value.slice());
        known += next.value.length;
      }
      return Buffer.concat(head).subarray(0, count);
    },
    async *chunks(_start, options) {
      if (wasRead)
        throw new Problem(exitCode.usage, `${name} can be read only once`, {
          nextStep: "save it to a file first",
        });
      wasRead = true;
      yield* head;
      head = [];
      for await (const chunk of stream) {
        options?.signal?.throwIfAborted();
        yield chunk;
      }
    },
    close,
  };
}

class SourceInput implements Input {
  readonly name: string;
  readonly storedBytes: number | undefined;
  readonly contentBytes: number | undefined;
  readonly container: Container;
  readonly isRereadable: boolean;
  readonly isSeekable: boolean;
  readonly #source: Source;
  #consumedBytes = 0;

  constructor(source: Source, container: Container) {
    this.#source = source;
    this.name = source.name;
    this.storedBytes = source.sizeBytes;
    this.container = container;
    this.contentBytes = container === "none" ? source.sizeBytes : undefined;
    this.isRereadable = source.isSeekable;
    this.isSeekable = source.isSeekable && container === "none";
  }

  chunks(start: number, options?: ChunkOptions): AsyncIterable<Uint8Array> {
    this.#consumedBytes = start;
    const stored = this.#counted(this.#source.chunks(start, options));
    return this.container === "none" ? stored : decompressContainer(this.container, stored);
  }

  consumedBytes(): number {
    return this.#consumedBytes;
  }

  close(): Promise<void> {
    return this.#source.close();
  }

  async *#counted(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
    for await (const chunk of chunks) {
      this.#consumedBytes += chunk.length;
      yield chunk;
    }
  }
}

/** Says nothing about the kind: the decoder finds out. */
const UNKNOWN = Uint8Array.of(0);

/** The first unpacked bytes. A stream, which cannot be read again, and a damaged container are left to the pass, which tells of damage. */
async function firstBytes(input: SourceInput): Promise<Uint8Array> {
  if (input.storedBytes === undefined) return UNKNOWN;
  try {
    for await (const chunk of input.chunks(0)) return chunk.slice(0, sniffBytes);
  } catch (error) {
    if (error instanceof CompressionError) return UNKNOWN;
    throw error;
  }
  return new Uint8Array(0);
}

function refuseOtherKinds(name: string, head: Uint8Array): void {
  if (head.length === 0) {
    throw new Problem(exitCode.truncated, `${name} is empty: an RDB has at least its nine bytes of header`, {
      nextStep: "look for a temp-*.rdb file beside it, left behind by a save that did not finish",
    });
  }
  const text = Buffer.from(head).toString("latin1");
  if (/^(\*\d+\r\n|#TS:)/.test(text)) {
    throw new Problem(
      exitCode.unsupported,
      `${name} is an append-only file of commands without an RDB in front`,
      {
        nextStep: "there is no snapshot in it to inspect; check it with aof-check",
      },
    );
  }
  if (/^file \S+ seq \d+ type [bhi]/.test(text)) {
    throw new Problem(
      exitCode.unsupported,
      `${name} is the manifest of an append-only directory, not an RDB`,
      {
        nextStep: 'give the base file that it names with "type b", such as appendonly.aof.1.base.rdb',
      },
    );
  }
  if (/^[+\-:$]/.test(text)) {
    throw new Problem(exitCode.unsupported, `${name} is a recording of replies (RESP), not an RDB`, {
      nextStep: "give the RDB file itself, such as one made with redis-cli --rdb",
    });
  }
  if (text.startsWith("VCS\x01")) {
    throw new Problem(
      exitCode.unsupported,
      `${name} is a Valkey snapshot inside an LZ4 stream, which is not supported`,
      {
        nextStep: "save it again with rdbcompression yes",
      },
    );
  }
}

async function directoryProblem(files: FileSystem, path: string): Promise<Problem> {
  const names = await files.list(path);
  const base = names.find((name) => /\.base\.rdb$/.test(name)) ?? names.find((name) => name.endsWith(".rdb"));
  const nextStep = base === undefined ? "give the path of an RDB file" : `it holds ${base}: give that file`;
  return new Problem(exitCode.usage, `${path} is a directory`, { nextStep });
}

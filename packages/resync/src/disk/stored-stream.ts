/**
 * A stream that stands in files already: the commands of append-only files, one file after the other, as replicas are to get them.
 *
 *   incr 1        | SELECT 0 | SET k v | #TS:1700000000 | INCR c |
 *   incr 2        | SELECT 3 | DEL x |
 *   stream        | SELECT 0 | SET k v | INCR c | SELECT 3 | DEL x |         offsets count these bytes
 *
 * Annotations are no commands: they are left out, and do not count. Where they are is not remembered one by one, because a log may have
 * one a second: the stream is kept as stretches of about a MiB, and a stretch that has annotations is looked through again when it is
 * read. So memory is some fifty bytes for each MiB of stream, and what a few replicas are reading.
 *
 * The files are opened once and stay open: what is removed or replaced by name meanwhile can still be read.
 */
import { strict as assert } from "node:assert";
import { type File, type FileSystem, readChunks } from "@holdfast/platform";
import { LogDecoder, RespFormatError } from "@holdfast/resp";
import { ResyncError } from "../errors.ts";

/** Where a piece of the stream comes from, in order. */
export type StoredPart =
  | {
      readonly kind: "file";
      readonly path: string;
      /** Borders of records: [start, end) of the file. */
      readonly start: number;
      readonly end: number;
      /** Whether there may be annotations among the commands. */
      readonly hasAnnotations: boolean;
    }
  | { readonly kind: "bytes"; readonly bytes: Uint8Array };

export interface StoredStreamOptions {
  /** Offset of the first byte. Default 0. */
  readonly startOffset?: number;
  /** Where there are annotations, the stream is remembered in pieces of this size, which are looked through when they are read. Default 1 MiB. */
  readonly stretchBytes?: number;
  readonly signal?: AbortSignal;
  /** Called with how many bytes of files were looked through so far. */
  readonly onProgress?: (bytes: number) => void;
}

/** [start, end) of a file, with nothing in between that has to be left out. */
interface Extent {
  readonly offset: number;
  readonly start: number;
  readonly end: number;
}

/** Bytes of the stream that stand together: in memory, or in one file with annotations among them or not. */
interface Stretch {
  readonly offset: number;
  readonly endOffset: number;
  readonly content: Uint8Array | { readonly file: File; readonly start: number; readonly end: number };
}

const DEFAULT_STRETCH_BYTES = 1 << 20;
/** Stretches that several replicas are reading at once, looked through and remembered. */
const KNOWN_STRETCHES_MAX = 8;

export class StoredStream {
  readonly startOffset: number;
  readonly #files: readonly File[];
  readonly #stretches: readonly Stretch[];
  readonly #known = new Map<Stretch, Promise<readonly Extent[]>>();

  /** Opens the files and finds annotations. Throws FileError, RespFormatError for what is no command, and the signal's reason. */
  static async open(
    files: FileSystem,
    parts: readonly StoredPart[],
    options: StoredStreamOptions = {},
  ): Promise<StoredStream> {
    const survey = new Survey(options);
    const opened: File[] = [];
    try {
      for (const part of parts) {
        if (part.kind === "bytes") survey.addBytes(part.bytes);
        else {
          const file = await files.open(part.path, "read");
          opened.push(file);
          await survey.addFile(file, part);
        }
      }
    } catch (error) {
      for (const file of opened) await file.close();
      throw error;
    }
    return new StoredStream(options.startOffset ?? 0, opened, survey.stretches);
  }

  /** Made by open() only. */
  private constructor(startOffset: number, files: readonly File[], stretches: readonly Stretch[]) {
    this.startOffset = startOffset;
    this.#files = files;
    this.#stretches = stretches;
  }

  get endOffset(): number {
    return this.#stretches.at(-1)?.endOffset ?? this.startOffset;
  }

  /**
   * Some bytes from `offset` on, the caller's own: at least one, at most `bytesMax`; undefined when it is not inside. Rejects with
   * RESYNC_SOURCE_CHANGED when a file is shorter than it was, FileError.
   */
  async read(offset: number, bytesMax: number): Promise<Uint8Array | undefined> {
    assert(bytesMax > 0, "read() of nothing");
    if (offset < this.startOffset || offset >= this.endOffset) return undefined;
    const stretch = lastAtOrBefore(this.#stretches, offset);
    const { content } = stretch;
    if (content instanceof Uint8Array) {
      const from = offset - stretch.offset;
      return content.slice(from, from + bytesMax);
    }
    const isGapless = content.end - content.start === stretch.endOffset - stretch.offset;
    const extents = isGapless ? undefined : await this.#extentsOf(stretch, content.file);
    const extent =
      extents === undefined ? { ...content, offset: stretch.offset } : lastAtOrBefore(extents, offset);
    const start = extent.start + (offset - extent.offset);
    const bytes = new Uint8Array(Math.min(bytesMax, extent.end - start));
    const count = await content.file.readAt(start, bytes);
    if (count === 0) throw missing(content.file, start, offset);
    return bytes.subarray(0, count);
  }

  async close(): Promise<void> {
    for (const file of this.#files) await file.close();
  }

  #extentsOf(stretch: Stretch, file: File): Promise<readonly Extent[]> {
    const known = this.#known.get(stretch);
    // What was used last is forgotten last.
    this.#known.delete(stretch);
    const found = known ?? findExtents(stretch, file);
    this.#known.set(stretch, found);
    if (known === undefined) found.catch(() => this.#known.delete(stretch));
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= KNOWN_STRETCHES_MAX) break;
      this.#known.delete(oldest);
    }
    return found;
  }
}

/** Walks the parts once and notes the stretches. */
class Survey {
  readonly stretches: Stretch[] = [];
  readonly #options: StoredStreamOptions;
  #offset: number;
  #bytes = 0;

  constructor(options: StoredStreamOptions) {
    this.#options = options;
    this.#offset = options.startOffset ?? 0;
  }

  addBytes(bytes: Uint8Array): void {
    this.#add(bytes.slice(), bytes.length);
  }

  async addFile(file: File, part: Extract<StoredPart, { kind: "file" }>): Promise<void> {
    const { start, end, path } = part;
    if ((await file.size()) < end) throw missing(file, await file.size(), this.#offset);
    if (!part.hasAnnotations) this.#add({ file, start, end }, end - start);
    else await this.#cut(file, start, end);
    this.#bytes += end - start;
    assert(end >= start, `a part of ${path} that ends before it starts`);
  }

  async #cut(file: File, start: number, end: number): Promise<void> {
    const { signal, onProgress, stretchBytes = DEFAULT_STRETCH_BYTES } = this.#options;
    let from = start;
    let leftOut = 0;
    const cutAt = (at: number) => {
      this.#add({ file, start: from, end: at }, at - from - leftOut);
      from = at;
      leftOut = 0;
    };
    for await (const record of records(file, start, end, signal)) {
      if (record.offset - from >= stretchBytes) cutAt(record.offset);
      if (record.isAnnotation) leftOut += record.endOffset - record.offset;
      onProgress?.(this.#bytes + record.offset - start);
    }
    cutAt(end);
  }

  #add(content: Stretch["content"], sizeBytes: number): void {
    if (sizeBytes === 0) return;
    this.stretches.push({ offset: this.#offset, endOffset: this.#offset + sizeBytes, content });
    this.#offset += sizeBytes;
  }
}

/** What is no command now was one when the file was surveyed. */
async function findExtents(stretch: Stretch, file: File): Promise<readonly Extent[]> {
  try {
    return await extentsIn(stretch, file);
  } catch (cause) {
    throw cause instanceof RespFormatError ? missing(file, cause.offset, stretch.offset) : cause;
  }
}

async function extentsIn(stretch: Stretch, file: File): Promise<readonly Extent[]> {
  const { start, end } = stretch.content as { readonly start: number; readonly end: number };
  const extents: Extent[] = [];
  let { offset } = stretch;
  let from = start;
  const add = (to: number) => {
    if (to > from) extents.push({ offset, start: from, end: to });
    offset += to - from;
  };
  for await (const record of records(file, start, end)) {
    if (!record.isAnnotation) continue;
    add(record.offset);
    from = record.endOffset;
  }
  add(end);
  if (offset !== stretch.endOffset) throw missing(file, end, offset);
  return extents;
}

interface FoundRecords {
  /** A border of records. */
  readonly offset: number;
  readonly endOffset: number;
  readonly isAnnotation: boolean;
}

/** Annotations, and borders between commands often enough to cut at. */
async function* records(
  file: File,
  start: number,
  end: number,
  signal?: AbortSignal,
): AsyncGenerator<FoundRecords, void, void> {
  const decoder = new LogDecoder({
    deviations: "report",
    argumentBytesMax: Number.MAX_SAFE_INTEGER,
    start,
  });
  for await (const chunk of readChunks(file, { start, end, reuse: true, signal })) {
    decoder.push(chunk);
    yield* recordsOf(decoder);
  }
  decoder.end();
  yield* recordsOf(decoder);
  if (decoder.offset !== end) throw missing(file, decoder.offset, decoder.offset);
}

function* recordsOf(decoder: LogDecoder): Generator<FoundRecords, void, void> {
  for (let event = decoder.next(); event !== undefined; event = decoder.next()) {
    if (event.kind === "annotation")
      yield { offset: event.offset, endOffset: event.endOffset, isAnnotation: true };
    else if (event.kind === "commands")
      yield { offset: event.offsetOf(0), endOffset: event.endOffset, isAnnotation: false };
  }
}

function missing({ path }: File, fileOffset: number, offset: number): ResyncError {
  const detail = `${path} has changed since it was checked: bytes are other or missing at offset ${fileOffset}`;
  return new ResyncError("RESYNC_SOURCE_CHANGED", detail, { offset });
}

function lastAtOrBefore<T extends { readonly offset: number }>(items: readonly T[], offset: number): T {
  let low = 0;
  let high = items.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (items[middle].offset <= offset) low = middle;
    else high = middle - 1;
  }
  return items[low];
}

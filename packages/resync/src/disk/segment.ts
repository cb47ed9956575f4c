/**
 * One file of a backlog on disk: where its records are, and reading them.
 *
 *   appendonly.aof.N.incr.aof     head | record | record | … | what a crash left behind, never read
 *                                      firstOffset … endOffset of the stream
 *
 * Places are noted as records pass, one in 256 KiB, so that reading on costs nothing and reading from anywhere little.
 */
import { type File, type FileSystem, readChunks } from "@holdfast/platform";
import type { ReplicaState } from "../replica-state.ts";
import {
  CHUNK_BYTES,
  chunkChecksum,
  decodeHead,
  decodeRecordHead,
  HEAD_BYTES_MAX,
  RECORD_HEAD_BYTES_MAX,
  type RecordFacts,
  type SegmentHead,
} from "./segment-format.ts";

const BLOCK_BYTES = 512 * 1024;
const NOTE_EVERY_BYTES = 256 * 1024;
/** So many pieces are put together in one read. */
const PIECES_MAX = 64;

const NAME = /^appendonly\.aof\.([1-9]\d{0,14})\.incr\.aof$/;

/** As servers name the incrs of an append-only directory. */
export function segmentName(number: number): string {
  return `appendonly.aof.${number}.incr.aof`;
}

/** The number in a segment's name; undefined for other files. */
export function segmentNumber(name: string): number | undefined {
  const digits = NAME.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

interface Place {
  /** Of the stream. */
  readonly offset: number;
  /** Of the file: where the record begins whose first byte has that offset. */
  readonly at: number;
}

/** What stands at the end of a segment. */
export interface SegmentEnd {
  readonly db: number | undefined;
  /** Of the newest record that says so. */
  readonly timeSec: number | undefined;
  readonly tornBytes: number;
}

export class Segment {
  readonly number: number;
  readonly path: string;
  readonly head: SegmentHead;
  /** Behind its last byte of the stream. */
  endOffset: number;
  /** Size of the file up to there. */
  usedBytes: number;
  readonly #places: Place[];
  /** Where the last read ended: the next one often begins there. */
  #readOn: Place;

  constructor(number: number, path: string, head: SegmentHead, headBytes: number) {
    this.number = number;
    this.path = path;
    this.head = head;
    this.endOffset = head.firstOffset;
    this.usedBytes = headBytes;
    this.#readOn = { offset: head.firstOffset, at: headBytes };
    this.#places = [this.#readOn];
  }

  /** A record was written or seen. */
  note(offset: number, at: number): void {
    const last = this.#places[this.#places.length - 1];
    if (at >= last.at + NOTE_EVERY_BYTES) this.#places.push({ offset, at });
  }

  /**
   * Bytes of the stream from `offset` on, which this segment holds: at most `bytesMax`. Undefined when a record on the way is damaged.
   */
  async read(files: FileSystem, offset: number, bytesMax: number): Promise<Uint8Array | undefined> {
    const pieces: Uint8Array[] = [];
    let wanted = bytesMax;
    const file = await files.open(this.path, "read");
    try {
      const records = new RecordWalk(file, this.#placeBefore(offset));
      for (let isSound = true; isSound && wanted > 0 && pieces.length < PIECES_MAX; ) {
        const { place } = records;
        if (place.offset >= this.endOffset || !(await records.next())) break;
        this.#readOn = place;
        this.note(place.offset, place.at);
        isSound = await records.chunksFrom(offset, (chunk) => {
          pieces.push(chunk.subarray(0, wanted));
          wanted -= pieces[pieces.length - 1].length;
          return wanted > 0;
        });
      }
    } finally {
      await file.close();
    }
    return pieces.length === 0 ? undefined : Buffer.concat(pieces);
  }

  /** Finds the end of what was written whole: the last record that is proved from its first byte to its last. */
  async findEnd(files: FileSystem): Promise<SegmentEnd> {
    let { db } = this.head.state;
    let timeSec: number | undefined;
    const file = await files.open(this.path, "read");
    try {
      const records = new RecordWalk(file, this.#places[0]);
      for (let { place } = records; await records.next(); { place } = records) {
        const { record } = records;
        if (!(await records.chunksFrom(place.offset, () => true))) break;
        this.note(place.offset, place.at);
        this.endOffset = records.place.offset;
        this.usedBytes = records.place.at;
        db = record.db;
        timeSec = record.timeSec ?? timeSec;
      }
      return { db, timeSec, tornBytes: (await file.size()) - this.usedBytes };
    } finally {
      await file.close();
    }
  }

  #placeBefore(offset: number): Place {
    let found = this.#places[0];
    for (const place of this.#places) if (place.offset <= offset) found = place;
    return this.#readOn.offset <= offset && this.#readOn.offset > found.offset ? this.#readOn : found;
  }
}

/** The segment in this file; undefined when its head is not sound. Throws FileError. */
export async function openSegment(
  files: FileSystem,
  path: string,
  number: number,
): Promise<Segment | undefined> {
  const file = await files.open(path, "read");
  try {
    const decoded = decodeHead(await readAt(file, 0, HEAD_BYTES_MAX));
    return decoded === undefined ? undefined : new Segment(number, path, decoded.head, decoded.sizeBytes);
  } finally {
    await file.close();
  }
}

/** Where the part of the stream in this file begins; undefined when the file is not of a backlog, or its head damaged. Throws FileError. */
export async function readSegmentStart(files: FileSystem, path: string): Promise<ReplicaState | undefined> {
  return (await openSegment(files, path, 1))?.head.state;
}

/** Goes from record to record, over payloads that nobody wants to see. */
class RecordWalk {
  readonly #file: File;
  #block: Uint8Array = new Uint8Array(0);
  #blockAt = 0;
  #found: (RecordFacts & { readonly offset: number; readonly at: number }) | undefined;
  /** Where the next record begins. */
  place: Place;

  constructor(file: File, place: Place) {
    this.#file = file;
    this.place = place;
  }

  /** The one that next() found. */
  get record(): RecordFacts {
    return this.#found!;
  }

  /** False at the end, or when no sound head stands here. */
  async next(): Promise<boolean> {
    const { offset, at } = this.place;
    let found = decodeRecordHead(this.#at(at), 0);
    for (const sizeBytes of [BLOCK_BYTES, RECORD_HEAD_BYTES_MAX + BLOCK_BYTES])
      if (found === "short") found = decodeRecordHead(await this.#load(at, sizeBytes), 0);
    if (found === undefined || found === "short") return false;
    const payloadAt = at + found.start;
    this.#found = { ...found, offset, at: payloadAt };
    this.place = { offset: offset + found.sizeBytes, at: payloadAt + found.sizeBytes };
    return true;
  }

  /**
   * Hands over the record's bytes from this offset of the stream on, proved chunk by chunk, until `take` says that it is enough. False
   * when one is not what its checksum says.
   */
  async chunksFrom(from: number, take: (chunk: Uint8Array) => boolean): Promise<boolean> {
    const { offset, at, sizeBytes, checksums } = this.#found!;
    const first = Math.max(0, Math.floor((from - offset) / CHUNK_BYTES));
    for (let index = first; index < checksums.length; index++) {
      const skipped = index * CHUNK_BYTES;
      const wanted = Math.min(CHUNK_BYTES, sizeBytes - skipped);
      const chunk = await this.#bytes(at + skipped, wanted);
      if (chunk.length < wanted) return false;
      if (chunkChecksum(offset + skipped, this.#found!, [chunk]) !== checksums[index]) return false;
      const rest = chunk.subarray(Math.max(0, from - offset - skipped));
      if (rest.length > 0 && !take(rest)) return true;
    }
    return true;
  }

  /** What is at hand from here on. */
  #at(at: number): Uint8Array {
    const start = at - this.#blockAt;
    return start < 0 ? new Uint8Array(0) : this.#block.subarray(start);
  }

  async #bytes(at: number, sizeBytes: number): Promise<Uint8Array> {
    const atHand = this.#at(at);
    const bytes =
      atHand.length >= sizeBytes ? atHand : await this.#load(at, Math.max(sizeBytes, BLOCK_BYTES));
    return bytes.subarray(0, sizeBytes);
  }

  async #load(at: number, sizeBytes: number): Promise<Uint8Array> {
    this.#block = await readAt(this.#file, at, sizeBytes);
    this.#blockAt = at;
    return this.#block;
  }
}

/** As many bytes as there are, at most `sizeBytes`. */
async function readAt(file: File, start: number, sizeBytes: number): Promise<Uint8Array> {
  const end = Math.min(start + sizeBytes, await file.size());
  if (end <= start) return new Uint8Array(0);
  const chunks: Uint8Array[] = [];
  for await (const chunk of readChunks(file, { start, end, chunkBytes: end - start })) chunks.push(chunk);
  return chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
}

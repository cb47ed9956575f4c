/**
 * The last file of a backlog: records go behind each other, each of them whole.
 *
 *   head | record | record | rec       a write that failed: what is there of the record is cut off again, as nobody was promised it
 *
 * So what is left behind on a full disk ends with a whole record, as after an orderly end. When the process dies instead, the next start cuts.
 */
import { strict as assert } from "node:assert";
import { join } from "node:path";
import { type Clock, type File, FileError, type FileSystem } from "@holdfast/platform";
import type { ReplicaState } from "../replica-state.ts";
import { Segment, segmentName } from "./segment.ts";
import { CHUNK_BYTES, chunkChecksum, encodeHead, encodeRecordHead } from "./segment-format.ts";

/** One file of a backlog, for who keeps a list of them. */
export interface StreamSegment {
  /** In the directory. */
  readonly name: string;
  readonly number: number;
  readonly firstOffset: number;
  /** Selected at its first byte. */
  readonly db: number | undefined;
  /** False when it begins another stream: what is in the files before it is of no use any more. */
  readonly continues: boolean;
}

export interface SegmentWriterOptions {
  readonly files: FileSystem;
  readonly clock: Clock;
  readonly directory: string;
  /** A new file lasts under its name, and nothing is in it yet. What it rejects with is a failure of the backlog. */
  readonly onSegment?: (segment: StreamSegment) => Promise<void>;
  /** The disk is full: resolves when what can be given back is. A record is then tried once more. */
  readonly makeRoom?: () => Promise<void>;
}

export interface SegmentStart {
  readonly number: number;
  readonly state: ReplicaState;
  readonly continues: boolean;
}

/** A part of the stream that survives a crash whole or not at all. */
export interface StreamRecord {
  readonly from: number;
  readonly end: number;
  /** Selected at its end. */
  readonly db: number | undefined;
  /** Undefined when an earlier record has told it. */
  readonly timeSec: number | undefined;
  /** What is in it of this half-open range of offsets. */
  readonly pieces: (from: number, end: number) => readonly Uint8Array[];
}

/** What is large goes out in writes of this size. */
const WRITE_BYTES = 4 * 1024 * 1024;

export class SegmentWriter {
  readonly segment: Segment;
  readonly #options: SegmentWriterOptions;
  readonly #file: File;

  /** A new file with its head, durable under its name, and known to who keeps a list. */
  static async begin(
    options: SegmentWriterOptions,
    { number, state, continues }: SegmentStart,
  ): Promise<SegmentWriter> {
    assert(Number.isSafeInteger(number), "a segment without a number");
    const { files, clock, directory, onSegment } = options;
    const path = join(directory, segmentName(number));
    const head = { firstOffset: state.offset, createdAtMs: clock.nowMs(), continues, state };
    const bytes = encodeHead(head);
    const file = await files.open(path, "create");
    try {
      await file.append(bytes);
      await file.sync();
      await files.syncDirectory(directory);
      const segment = new Segment(number, path, head, bytes.length);
      await onSegment?.(factsOf(segment));
      return new SegmentWriter(options, segment, file);
    } catch (error) {
      await file.close().catch(() => {});
      throw error;
    }
  }

  /** The last file again, without what a crash left behind its end. */
  static async goOn(
    options: SegmentWriterOptions,
    segment: Segment,
    tornBytes: number,
  ): Promise<SegmentWriter> {
    const file = await options.files.open(segment.path, "append");
    try {
      if (tornBytes > 0) await file.truncate(segment.usedBytes);
      // A process that died has left its bytes to the system; from now on they are promised.
      await file.sync();
      return new SegmentWriter(options, segment, file);
    } catch (error) {
      await file.close().catch(() => {});
      throw error;
    }
  }

  private constructor(options: SegmentWriterOptions, segment: Segment, file: File) {
    this.#options = options;
    this.segment = segment;
    this.#file = file;
  }

  /** Durable when a sync that begins later resolves. */
  async append(record: StreamRecord): Promise<void> {
    try {
      await this.#appendWhole(record);
    } catch (error) {
      const { makeRoom } = this.#options;
      if (makeRoom === undefined || !isDiskFull(error)) throw error;
      await makeRoom();
      await this.#appendWhole(record);
    }
  }

  /** Makes the content lasting. */
  syncData(): Promise<void> {
    return this.#file.syncData();
  }

  /** Nothing more comes. */
  async end(): Promise<void> {
    await this.#file.sync();
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  async #appendWhole(record: StreamRecord): Promise<void> {
    const { segment } = this;
    const { from, end, db, timeSec, pieces } = record;
    const facts = { sizeBytes: end - from, db };
    const head = encodeRecordHead({ ...facts, checksums: checksumsOf(record), timeSec });
    try {
      for (let offset = from; offset < end; offset += WRITE_BYTES) {
        const part = pieces(offset, Math.min(end, offset + WRITE_BYTES));
        await this.#file.append(Buffer.concat(offset === from ? [head, ...part] : part));
      }
    } catch (error) {
      // When this fails too, the next start does it.
      await this.#file.truncate(segment.usedBytes).catch(() => {});
      throw error;
    }
    segment.note(from, segment.usedBytes);
    segment.usedBytes += head.length + facts.sizeBytes;
    segment.endOffset = end;
  }
}

export function factsOf({ number, head }: Segment): StreamSegment {
  const { firstOffset, continues, state } = head;
  return { name: segmentName(number), number, firstOffset, db: state.db, continues };
}

function checksumsOf({ from, end, db, pieces }: StreamRecord): string[] {
  const facts = { sizeBytes: end - from, db };
  const checksums: string[] = [];
  for (let offset = from; offset < end; offset += CHUNK_BYTES)
    checksums.push(chunkChecksum(offset, facts, pieces(offset, Math.min(end, offset + CHUNK_BYTES))));
  return checksums;
}

function isDiskFull(error: unknown): boolean {
  return error instanceof FileError && (error.code === "ENOSPC" || error.code === "EDQUOT");
}

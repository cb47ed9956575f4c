/**
 * Runs a pass over one section of a file: from a border to the next one.
 *
 * Where a section ends was guessed. If its decoder does not stand between two records exactly there, the guess was
 * wrong, and the section simply goes on to the end of the file: what it says is then what one pass from its start on
 * would have said, and the sections behind it count for nothing.
 *
 * It also computes the checksum of its bytes; whoever has them all in order can combine them.
 */
import { Crc64, FormatError } from "@holdfast/bytes";
import { RdbDecoder, type RecordLane, type ResumePoint } from "@holdfast/rdb";
import type { Pass } from "../pass.ts";

/** A part of the file, half-open; `end` is a guess unless it is the end of the file. */
export interface Section {
  readonly start: number;
  /** Undefined: the end of the file. */
  readonly end: number | undefined;
  /** What the decoder has to know; undefined for the section that begins the file. */
  readonly resume: ResumePoint | undefined;
}

export interface SectionEnd {
  /** Why the section could not be decoded to its end. */
  readonly failure: FormatError | undefined;
  /** The section went on to the end of the file: its end was no border. */
  readonly wentOn: boolean;
  readonly keyCount: number;
  /** Where the decoder stood at the end, and in which db. */
  readonly offset: number;
  readonly db: number;
  /** CRC-64 of the section's bytes, starting at zero, and how many they are. Bytes behind the RDB do not count. */
  readonly checksum: bigint;
  readonly checksumBytes: number;
}

/** Where sections are read from. */
export interface SectionSource {
  readonly name: string;
  readonly totalBytes: number;
  /** As of Input: a chunk stays valid until the second one after it is asked for. */
  /** `into`: memory to read into, used in turn. */
  chunks(start: number, end: number | undefined, into?: readonly Uint8Array[]): AsyncIterable<Uint8Array>;
}

/** A pass that holds more output than this is emptied in the middle of a chunk. */
const outputBytesMax = 1 << 20;

/** `emit` gets what the pass writes, piece by piece, borrowed until it resolves. */
export async function runSection(
  section: Section,
  source: SectionSource,
  pass: Pass<unknown>,
  lane: RecordLane | undefined,
  emit: (output: Uint8Array) => Promise<void>,
): Promise<SectionEnd> {
  const runner = new SectionRunner(section, source, pass, lane, emit);
  return await runner.run();
}

class SectionRunner {
  readonly #section: Section;
  readonly #source: SectionSource;
  readonly #pass: Pass<unknown>;
  readonly #lane: RecordLane | undefined;
  readonly #decoder: RdbDecoder;
  readonly #crc = new Crc64();
  readonly #emit: (output: Uint8Array) => Promise<void>;
  #checksumBytes = 0;
  /** Offset behind the RDB, once that is known. */
  #rdbEnd = Number.POSITIVE_INFINITY;
  #failure: FormatError | undefined;

  constructor(
    section: Section,
    source: SectionSource,
    pass: Pass<unknown>,
    lane: RecordLane | undefined,
    emit: (output: Uint8Array) => Promise<void>,
  ) {
    this.#section = section;
    this.#source = source;
    this.#pass = pass;
    this.#lane = lane;
    this.#emit = emit;
    this.#decoder = new RdbDecoder({
      path: source.name,
      totalBytes: source.totalBytes,
      verifyChecksum: false,
      reuseKeys: true,
      lane,
      ...(section.resume === undefined ? {} : { resume: section.resume }),
      ...pass.decoder,
    });
  }

  async run(): Promise<SectionEnd> {
    const { start, end } = this.#section;
    await this.#read(start, end);
    const wentOn = end !== undefined && this.#failure === undefined && !this.#standsAt(end);
    if (wentOn) await this.#read(end, undefined);
    if (wentOn || end === undefined) await this.#endInput();
    return {
      failure: this.#failure,
      wentOn,
      keyCount: this.#decoder.keyCount,
      offset: this.#decoder.offset,
      db: this.#decoder.db,
      checksum: this.#crc.value,
      checksumBytes: this.#checksumBytes,
    };
  }

  #standsAt(offset: number): boolean {
    return this.#decoder.isBetweenRecords && this.#decoder.offset === offset;
  }

  async #read(start: number, end: number | undefined): Promise<void> {
    let offset = start;
    for await (const chunk of this.#source.chunks(start, end, this.#lane?.slots)) {
      this.#decoder.push(chunk);
      await this.#drain();
      if (this.#failure !== undefined) return;
      const counted = Math.max(0, Math.min(chunk.length, this.#rdbEnd - offset));
      this.#crc.update(chunk, 0, counted);
      this.#checksumBytes += counted;
      offset += chunk.length;
    }
  }

  async #endInput(): Promise<void> {
    if (this.#failure !== undefined) return;
    this.#decoder.end();
    await this.#drain();
  }

  async #drain(): Promise<void> {
    while (this.#consume()) await this.#flush();
    await this.#flush();
  }

  /** Everything the decoder can say; true when it stopped because the pass holds much output. */
  #consume(): boolean {
    try {
      for (let event = this.#decoder.next(); event !== undefined; event = this.#decoder.next()) {
        this.#pass.consume(event);
        if (event.kind === "end") this.#rdbEnd = event.endOffset;
        if (this.#pass.pendingBytes > outputBytesMax) return true;
      }
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      this.#failure = error;
    }
    return false;
  }

  async #flush(): Promise<void> {
    for (let output = this.#pass.takeOutput(); output !== undefined; output = this.#pass.takeOutput())
      await this.#emit(output);
  }
}

/**
 * Cuts a stream into sections that can be decoded on their own: a section begins at a record, and the
 * scanner knows what a decoder there would have to know.
 *
 *   chunk       |---------------------|---------------------|----------
 *   records     |header|k1|k2|  k3  |k4|       k5       |k6 |
 *   pieces      [   section 0       ][ 1 ][  section 1      ][ 2 …
 *
 * The cut is made by a decoder at level "skip", which steps over values several times faster than they
 * are decoded. A record longer than a chunk stays in one section, piece by piece.
 */
import { FormatError } from "@holdfast/bytes";
import { makeSkipLane, RdbDecoder, type ResumePoint } from "@holdfast/rdb";
import { type FileFacts, FileFactsCollector } from "../file-facts.ts";

/** Some bytes of a section. */
export interface Piece {
  /** A view of the chunk that was scanned. */
  readonly bytes: Uint8Array;
  /** Set on the first piece of a section; undefined there for the one that begins the file. */
  readonly opens: { readonly resume: ResumePoint | undefined } | undefined;
  /** No more pieces of this section follow. */
  readonly closes: boolean;
  /** How many of the bytes belong to the RDB: what follows the checksum does not. */
  readonly rdbBytes: number;
}

export class SectionScanner {
  readonly #decoder: RdbDecoder;
  readonly #facts = new FileFactsCollector();
  readonly #sectionBytes: number;
  /** Bytes of the open section so far. */
  #openBytes = 0;
  #isOpen = false;
  #resume: ResumePoint | undefined;
  /** Stream offset of the next chunk. */
  #offset = 0;
  #endOffset: number | undefined;
  #failure: FormatError | undefined;

  /** `sectionBytes`: a section is closed at the first border behind so many bytes. */
  constructor(options: { readonly sectionBytes: number; readonly totalBytes: number | undefined }) {
    this.#sectionBytes = options.sectionBytes;
    const size = options.totalBytes === undefined ? {} : { totalBytes: options.totalBytes };
    const lane = makeSkipLane();
    this.#decoder = new RdbDecoder({ level: "skip", verifyChecksum: false, reuseKeys: true, lane, ...size });
  }

  /** What the file says about itself, as far as it was scanned. */
  get facts(): FileFacts {
    return this.#facts.facts;
  }

  /** Damage of the structure: nothing behind it can be cut. The section that holds it will meet it too. */
  get failure(): FormatError | undefined {
    return this.#failure;
  }

  /** Some piece of the last section was handed out, but not its last one. */
  get hasOpenSection(): boolean {
    return this.#isOpen;
  }

  /** What a decoder of the section that comes next would have to know; undefined at the start of the file. */
  get nextResume(): ResumePoint | undefined {
    return this.#resume;
  }

  /** Cuts the next chunk, which must stay as it is until the one after it is given. */
  cut(chunk: Uint8Array): Piece[] {
    this.#scan(chunk);
    const border = this.#border();
    const start = this.#offset;
    this.#offset += chunk.length;
    if (border === undefined) return [this.#piece(chunk, start, false)];
    const first = this.#piece(chunk.subarray(0, border.offset - start), start, true);
    this.#resume = border;
    this.#isOpen = false;
    this.#openBytes = 0;
    if (border.offset === this.#offset) return [first];
    return [first, this.#piece(chunk.subarray(border.offset - start), border.offset, false)];
  }

  #scan(chunk: Uint8Array): void {
    if (this.#failure !== undefined) return;
    try {
      this.#decoder.push(chunk);
      for (let event = this.#decoder.next(); event !== undefined; event = this.#decoder.next()) {
        if (event.kind === "key" || event.kind === "items") continue;
        if (event.kind === "end") this.#endOffset = event.endOffset;
        this.#facts.take(event);
      }
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      this.#failure = error;
    }
  }

  /** Where the chunk can be cut, if the open section is large enough by then. */
  #border(): ResumePoint | undefined {
    if (this.#failure !== undefined) return undefined;
    const border = this.#decoder.resumePoint;
    if (border === undefined || border.offset <= this.#offset) return undefined;
    const sectionBytes = this.#openBytes + border.offset - this.#offset;
    return sectionBytes >= this.#sectionBytes ? border : undefined;
  }

  #piece(bytes: Uint8Array, offset: number, closes: boolean): Piece {
    const opens = this.#isOpen ? undefined : { resume: this.#resume };
    this.#isOpen = true;
    this.#openBytes += bytes.length;
    const end = this.#endOffset ?? Number.POSITIVE_INFINITY;
    return { bytes, opens, closes, rdbBytes: Math.max(0, Math.min(bytes.length, end - offset)) };
  }
}

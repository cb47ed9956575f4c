/**
 * Runs a pass over one section: what a worker thread does, without the thread.
 *
 *   pieces of the section → decoder → pass → output
 *
 * It also computes the checksum of the section; whoever has them all in order can combine them.
 */
import { Crc64, FormatError } from "@holdfast/bytes";
import { RdbDecoder, type RecordLane, type ResumePoint } from "@holdfast/rdb";
import type { Pass } from "../pass.ts";

export interface SectionEnd {
  /** Why the section could not be decoded to its end. */
  readonly failure: FormatError | undefined;
  readonly keyCount: number;
  /** Where the decoder stood at the end. */
  readonly offset: number;
  /** CRC-64 of the section's bytes, starting at zero, and how many they are. */
  readonly checksum: bigint;
  readonly checksumBytes: number;
}

/** One section under way. */
export class SectionRunner {
  readonly #pass: Pass<unknown>;
  readonly #decoder: RdbDecoder;
  readonly #crc = new Crc64();
  readonly #emit: (output: Uint8Array) => void;
  #checksumBytes = 0;
  #failure: FormatError | undefined;

  /** `emit` gets what the pass writes, piece by piece, owned. */
  constructor(
    pass: Pass<unknown>,
    source: {
      readonly name: string;
      readonly totalBytes: number | undefined;
      readonly resume: ResumePoint | undefined;
    },
    lane: RecordLane | undefined,
    emit: (output: Uint8Array) => void,
  ) {
    this.#pass = pass;
    this.#emit = emit;
    const { name: path, totalBytes, resume } = source;
    this.#decoder = new RdbDecoder({
      path,
      verifyChecksum: false,
      reuseKeys: true,
      lane,
      ...(totalBytes === undefined ? {} : { totalBytes }),
      ...(resume === undefined ? {} : { resume }),
      ...this.#pass.decoder,
    });
  }

  /** Takes the next bytes, of which the first `rdbBytes` count for the checksum. They must stay as they are until the next call. */
  add(bytes: Uint8Array, rdbBytes: number): void {
    this.#crc.update(bytes, 0, rdbBytes);
    this.#checksumBytes += rdbBytes;
    if (this.#failure !== undefined) return;
    this.#guarded(() => {
      this.#decoder.push(bytes);
      this.#drain();
    });
  }

  /** `isLast`: the input ends with this section, so nothing may be missing. */
  finish(isLast: boolean): SectionEnd {
    if (isLast && this.#failure === undefined) {
      this.#guarded(() => {
        this.#decoder.end();
        this.#drain();
      });
    }
    this.#flush();
    return {
      failure: this.#failure,
      keyCount: this.#decoder.keyCount,
      offset: this.#decoder.offset,
      checksum: this.#crc.value,
      checksumBytes: this.#checksumBytes,
    };
  }

  #guarded(act: () => void): void {
    try {
      act();
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      this.#failure = error;
    }
  }

  #drain(): void {
    for (let event = this.#decoder.next(); event !== undefined; event = this.#decoder.next()) {
      this.#pass.consume(event);
      if (this.#pass.pendingBytes > outputBytesMax) this.#flush();
    }
    this.#flush();
  }

  #flush(): void {
    for (let output = this.#pass.takeOutput(); output !== undefined; output = this.#pass.takeOutput())
      this.#emit(output.slice());
  }
}

/** A pass that holds more output than this is emptied in the middle of a chunk. */
const outputBytesMax = 1 << 20;

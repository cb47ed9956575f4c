/**
 * The CRC-64 of a file while it is read: over every byte from the magic through the end opcode.
 *
 * Computed in long runs, when the window is about to move on, not record by record.
 */
import { type ByteWindow, Crc64, type Crc64Home, formatCrc64 } from "@holdfast/bytes";
import type { RdbCursor } from "./cursor.ts";

/** Much less than a core's own cache. */
const aheadBytes = 256 << 10;

export class ChecksumTracker {
  readonly #window: ByteWindow;
  readonly #crc: Crc64 | undefined;
  /** Stream offset up to which it was computed. */
  #offset: number;
  /** The checksum at a place that is decoded for good, from before it ran ahead. */
  readonly #known: Crc64;
  #knownOffset = 0;
  #isClosed = false;

  /** The checksum before a run that was asked for. */
  #before: Crc64 | undefined;

  /** `computes`: false leaves every stored checksum unchecked. `home`: where the window's bytes lie when they can. */
  constructor(window: ByteWindow, computes: boolean, home: Crc64Home | undefined) {
    this.#window = window;
    this.#crc = computes ? new Crc64(home) : undefined;
    this.#known = new Crc64(home);
    this.#offset = window.start;
  }

  /** Everything before this index of the window's buffer was decoded, and may soon be gone. */
  advance(to: number): void {
    const { start, buffer } = this.#window;
    if (this.#crc === undefined || this.#isClosed) return;
    if (this.#offset > start + to) {
      this.#known.update(buffer, this.#knownOffset - start, to);
      this.#knownOffset = start + to;
      return;
    }
    this.#crc.update(buffer, this.#offset - start, to);
    this.#offset = start + to;
  }

  /**
   * Bytes from this index on will be decoded now, by somebody who goes from record to record and would wait for each of them to come
   * from memory. The checksum goes through them in a row: done first, it fetches them for both.
   */
  runAhead(position: number): void {
    if (this.#crc === undefined || this.#offset > this.#window.start + position) return;
    this.#known.continueFrom(this.#crc);
    this.#knownOffset = this.#offset;
    this.advance(Math.min(position + aheadBytes, this.#window.limit));
  }

  /**
   * The checksum before and behind the bytes [start, end) of the window's buffer, which were decoded. Undefined when none is computed.
   * Valid until the next call of anything here. Not to be used beside runAhead().
   */
  around(start: number, end: number): { readonly before: Crc64; readonly after: Crc64 } | undefined {
    if (this.#crc === undefined) return undefined;
    this.advance(start);
    this.#before ??= new Crc64();
    this.#before.continueFrom(this.#crc);
    this.advance(end);
    return { before: this.#before, after: this.#crc };
  }

  /** The end opcode was read: nothing behind it counts. */
  close(to: number): void {
    if (this.#offset > this.#window.start + to) {
      this.#crc?.continueFrom(this.#known);
      this.#offset = this.#knownOffset;
    }
    this.advance(to);
    this.#isClosed = true;
  }

  /** Reads the stored checksum and compares. Throws Damage RDB_CHECKSUM_MISMATCH. */
  read(cursor: RdbCursor): { readonly stored: bigint; readonly state: "ok" | "off" | "unchecked" } {
    const at = cursor.window.position;
    const stored = BigInt.asUintN(64, cursor.exactInt64());
    if (stored === 0n) return { stored, state: "off" };
    const computed = this.#crc?.value;
    if (computed === undefined) return { stored, state: "unchecked" };
    if (computed !== stored) {
      const detail = `checksum is ${formatCrc64(stored)}, the bytes make ${formatCrc64(computed)}`;
      cursor.fail("RDB_CHECKSUM_MISMATCH", detail, at);
    }
    return { stored, state: "ok" };
  }
}

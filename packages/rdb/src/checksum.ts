/**
 * The CRC-64 of a file while it is read: over every byte from the magic through the end opcode.
 *
 * Computed in long runs, when the window is about to move on, not record by record.
 */
import { type ByteWindow, Crc64, formatCrc64 } from "@holdfast/bytes";
import type { RdbCursor } from "./cursor.ts";

export class ChecksumTracker {
  readonly #window: ByteWindow;
  readonly #crc: Crc64 | undefined;
  /** Stream offset up to which it was computed. */
  #offset: number;
  #isClosed = false;

  /** `computes`: false leaves every stored checksum unchecked. */
  constructor(window: ByteWindow, computes: boolean) {
    this.#window = window;
    this.#crc = computes ? new Crc64() : undefined;
    this.#offset = window.start;
  }

  /** Everything before this index of the window's buffer was decoded. */
  advance(to: number): void {
    if (this.#crc === undefined || this.#isClosed) return;
    const from = this.#offset - this.#window.start;
    this.#crc.update(this.#window.buffer, from, to);
    this.#offset += to - from;
  }

  /** The end opcode was read: nothing behind it counts. */
  close(to: number): void {
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

/**
 * String values: type 0. Short ones are one chunk; longer ones arrive in pieces and are never held.
 *
 *   raw   pieces as the window has them, up to `chunkBytes` each
 *   LZF   unpacked at once up to 1 MiB, above that piece by piece with 8 KiB of history
 */
import { LzfError, LzfStream } from "@holdfast/bytes";
import { Damage } from "../errors.ts";
import { lzfDamage } from "../strings.ts";
import type { ValueReader, ValueScan } from "./value-scan.ts";

const wholeLzfBytesMax = 1 << 20;

const phase = { head: 0, raw: 1, lzf: 2 } as const;

/** What is kept between pieces of a long LZF string. */
interface LongLzf {
  readonly stream: LzfStream;
  /** Stream offset of the string, for errors. */
  readonly offset: number;
  /** Stored bytes that the stream did not get yet. */
  left: number;
}

export const readStringValue: ValueReader = (scan) => {
  if (scan.phase === phase.head) {
    scan.itemCount = 1;
    if (!beginString(scan)) return true;
  }
  return scan.phase === phase.raw ? readRawPieces(scan) : readLzfPieces(scan);
};

/** Reads a short string at once; false when that was all, true when pieces follow. */
function beginString(scan: ValueScan): boolean {
  const { strings, cursor, limits } = scan;
  strings.head();
  cursor.mustExist(strings.storedBytes);
  if (strings.form === "lzf" && strings.textBytes > wholeLzfBytesMax) {
    beginLongLzf(scan);
    return true;
  }
  if (strings.form !== "raw" || strings.storedBytes <= limits.chunkBytes) {
    readWhole(scan);
    cursor.commit();
    return false;
  }
  scan.enter(phase.raw, strings.storedBytes);
  return true;
}

function readWhole(scan: ValueScan): void {
  const { strings } = scan;
  try {
    strings.body();
    if (scan.building) scan.addChunk(strings.view());
  } catch (error) {
    if (!(error instanceof Damage)) throw error;
    scan.cursor.window.position = strings.bodyAt;
    scan.cursor.skip(strings.storedBytes);
    scan.report(error.code, error.detail, error.at);
  }
}

function readRawPieces(scan: ValueScan): boolean {
  const { window } = scan.cursor;
  while (scan.left > 0) {
    if (scan.isBatchFull) return false;
    scan.cursor.need(1);
    const size = Math.min(window.limit - window.position, scan.left, scan.limits.chunkBytes);
    const piece = window.take(size);
    if (scan.building) scan.addChunk(piece);
    scan.left -= size;
    scan.cursor.commit();
  }
  return true;
}

function beginLongLzf(scan: ValueScan): void {
  const { strings, cursor, limits } = scan;
  const stream = new LzfStream({
    sourceBytes: strings.storedBytes,
    targetBytes: strings.textBytes,
    pieceBytes: limits.chunkBytes,
  });
  const memory: LongLzf = { stream, offset: cursor.window.start + strings.at, left: strings.storedBytes };
  scan.memory = memory;
  scan.enter(phase.lzf);
}

function readLzfPieces(scan: ValueScan): boolean {
  const memory = scan.memory as LongLzf;
  const { cursor } = scan;
  for (;;) {
    if (scan.isBatchFull) return false;
    const piece = nextPiece(scan, memory);
    if (piece !== undefined) {
      if (scan.building) scan.addChunk(piece.slice());
      continue;
    }
    if (memory.left === 0) return true;
    cursor.need(1);
    const size = Math.min(cursor.window.limit - cursor.window.position, memory.left);
    memory.stream.push(cursor.window.take(size));
    memory.left -= size;
    // The stream borrows what it got; the decoder drains it before the window moves on.
    cursor.commit();
  }
}

function nextPiece(scan: ValueScan, memory: LongLzf): Uint8Array | undefined {
  try {
    return memory.stream.next();
  } catch (error) {
    if (!(error instanceof LzfError)) throw error;
    throw lzfDamage(error, memory.offset - scan.cursor.window.start);
  }
}

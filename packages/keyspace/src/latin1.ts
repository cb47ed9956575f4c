/**
 * Bytes as text and back: how commands look at keys and strings, and how large collections hold elements, fields and members.
 *
 *   byte 00…FF  ↔  character U+0000…U+00FF, one byte of memory each
 *
 * Lossless, and what servers do to bytes works on such texts as it is: === is equality, < is memcmp, a text is the key of a Map. An
 * owned Uint8Array takes about 200 bytes beside its content and ten times as long to make; a text takes 16. A text is immutable, so
 * what shares it needs no copy.
 */
import { ByteSlice } from "@holdfast/rdb";
import { KeyspaceError } from "./errors.ts";

/** The longest text of the engine, in characters. */
const textBytesMax = 2 ** 29 - 24;

/**
 * What toString("latin1", start, end) ends in, and a third of its time: for short words the way there is longer than the work. Every
 * release of Node has it; it stands in no document.
 */
interface LatinReader {
  latin1Slice(start: number, end: number): string;
}

/** Bytes that are only looked at, or the same as text: what a value is asked for. */
export type Word = string | ByteSlice;

/** The same bytes with Node's methods. */
export function bufferOver(bytes: Uint8Array): Buffer {
  if (bytes instanceof Buffer) return bytes;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The text of bytes[start, end); nothing is shared with them. Throws KEYSPACE_TEXT_TOO_LONG. */
export function textIn(bytes: Buffer, start: number, end: number): string {
  if (end - start > textBytesMax)
    throw new KeyspaceError(
      "KEYSPACE_TEXT_TOO_LONG",
      `${end - start} bytes where at most ${textBytesMax} may be`,
    );
  return (bytes as unknown as LatinReader).latin1Slice(start, end);
}

export function textOf(bytes: Uint8Array): string {
  return textIn(bufferOver(bytes), 0, bytes.length);
}

export function textOfSlice({ buffer, start, end }: ByteSlice): string {
  return textIn(bufferOver(buffer), start, end);
}

export function textOfWord(word: Word): string {
  return typeof word === "string" ? word : textOfSlice(word);
}

export function sliceOfWord(word: Word): ByteSlice {
  return typeof word === "string" ? ByteSlice.of(Buffer.from(word, "latin1")) : word;
}

export function sizeOfWord(word: Word): number {
  return typeof word === "string" ? word.length : word.end - word.start;
}

/** The bytes of a text, owned by the caller. */
export function bytesOf(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  bufferOver(bytes).write(text, "latin1");
  return bytes;
}

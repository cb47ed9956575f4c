/**
 * Byte strings as JSON, reversibly: valid UTF-8 as a JSON string, anything else as `{"$base64":"…"}`.
 *
 * Nothing in RDB data can be mistaken for the marker: a string is never an object otherwise.
 *
 * Hot: the loops here see every byte of an NDJSON export. Short strings are copied while they are looked at, so
 * that plain ASCII is done in one pass; long ones are looked through four bytes at a time and then copied whole.
 */
import { isUtf8 } from "node:buffer";
import { type ByteSink, putPadded } from "./byte-sink.ts";

const quote = 0x22;
const backslash = 0x5c;

/** How a byte goes out: as it is, after the whole string was validated, as \u00XX, or as a backslash and this letter. */
const asItIs = 0;
const notAscii = 1;
const asNumber = 2;
const treatment = new Uint8Array(256).fill(notAscii, 0x80).fill(asNumber, 0, 0x20);
for (const [byte, letter] of ['""', "\\\\", "\bb", "\ff", "\nn", "\rr", "\tt"]) {
  treatment[byte.charCodeAt(0)] = letter.charCodeAt(0);
}

/** The most that stands for one byte: `\u001f`. */
const escapeBytesMax = 6;
/** Longer texts are looked through by words first: many have nothing to be escaped. */
const shortBytes = 2048;
/** Bytes of a longer text that are looked through and written at a time. */
const stretchBytes = 4096;
/** What stands around base64, which itself takes less room than escapes would. */
const base64Head = '{"$base64":"';
const base64Tail = '"}';
const hexDigits = "0123456789abcdef";

/** The most that `putJsonBytes` writes for strings of so many bytes in all. */
export function jsonRoom(strings: number, sizeBytes: number): number {
  return sizeBytes * escapeBytesMax + strings * (base64Head.length + base64Tail.length + 4);
}

/** True for strings that `putJsonBytes` is made for. */
export function isShortJson(sizeBytes: number): boolean {
  return sizeBytes <= shortBytes;
}

/** Writes bytes[start, end) as one JSON value. */
export function writeJsonBytes(sink: ByteSink, bytes: Uint8Array, start = 0, end = bytes.length): void {
  if (end - start <= shortBytes) {
    const buffer = sink.room(jsonRoom(1, end - start));
    sink.filledTo(putJsonBytes(buffer, sink.size, bytes, start, end));
  } else if (isUtf8(bytes.subarray(start, end))) {
    writeLongText(sink, bytes, start, end);
  } else {
    writeBase64Object(sink, bytes.subarray(start, end));
  }
}

/**
 * Puts bytes[start, end) as one JSON value at `to` and returns the index behind it. The caller has made room for
 * `jsonRoom()`; meant for short strings, several in one room.
 */
export function putJsonBytes(
  buffer: Uint8Array,
  to: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): number {
  buffer[to] = quote;
  let place = to + 1;
  for (let at = start; at < end; at++) {
    const byte = bytes[at];
    const how = treatment[byte];
    if (how === asItIs) buffer[place++] = byte;
    else if (how === notAscii) return putBeyondAscii(buffer, to, bytes, start, end);
    else place = putEscape(buffer, place, byte, how);
  }
  buffer[place] = quote;
  return place + 1;
}

function putEscape(buffer: Uint8Array, to: number, byte: number, how: number): number {
  buffer[to] = backslash;
  if (how !== asNumber) {
    buffer[to + 1] = how;
    return to + 2;
  }
  buffer[to + 1] = 0x75;
  buffer[to + 2] = buffer[to + 3] = 0x30;
  buffer[to + 4] = 0x30 + (byte >> 4);
  buffer[to + 5] = hexDigits.charCodeAt(byte & 15);
  return to + 6;
}

/** The same for a string that is not ASCII: text if it is valid UTF-8, else base64. */
function putBeyondAscii(
  buffer: Uint8Array,
  to: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): number {
  const view = bytes.subarray(start, end);
  if (!isUtf8(view)) {
    let place = putAscii(buffer, to, base64Head);
    place = putAscii(buffer, place, base64(view));
    return putAscii(buffer, place, base64Tail);
  }
  buffer[to] = quote;
  const behind = putText(buffer, to + 1, bytes, start, end);
  buffer[behind] = quote;
  return behind + 1;
}

/** Writes a text, known to be valid UTF-8: stretches without escapes are copied as they are. */
function writeLongText(sink: ByteSink, bytes: Uint8Array, start: number, end: number): void {
  const words = wordsOver(bytes);
  sink.byte(quote);
  for (let at = start; at < end; at += stretchBytes) {
    const behind = Math.min(end, at + stretchBytes);
    if (hasEscapes(bytes, words, at, behind)) {
      const buffer = sink.room((behind - at) * escapeBytesMax);
      sink.filledTo(putText(buffer, sink.size, bytes, at, behind));
    } else {
      sink.bytes(bytes, at, behind);
    }
  }
  sink.byte(quote);
}

/** The words of the memory that `bytes` lies in; the last word may be missing. */
function wordsOver(bytes: Uint8Array): Int32Array {
  return new Int32Array(bytes.buffer, 0, bytes.buffer.byteLength >> 2);
}

const everyByte = 0x01010101;
const highBits = -0x7f7f7f80;
const quotes = everyByte * quote;
const backslashes = everyByte * backslash;
const spaces = everyByte * 0x20;

/**
 * Whether a byte of bytes[start, end) has to be escaped, four bytes at a time.
 *
 * A byte below n sets the high bit of its place in (word - n of each) & ~word; a byte that is c is 0 in word ^ c of
 * each, which is below 1.
 */
function hasEscapes(bytes: Uint8Array, words: Int32Array, start: number, end: number): boolean {
  const { byteOffset } = bytes;
  let at = start;
  for (; at < end && ((byteOffset + at) & 3) !== 0; at++) if (treatment[bytes[at]] > notAscii) return true;
  const wordsEnd = (byteOffset + end) >> 2;
  for (let index = (byteOffset + at) >> 2; index < wordsEnd; index++) {
    const word = words[index];
    const quoteDistance = word ^ quotes;
    const backslashDistance = word ^ backslashes;
    const found =
      ((word - spaces) & ~word) |
      ((quoteDistance - everyByte) & ~quoteDistance) |
      ((backslashDistance - everyByte) & ~backslashDistance);
    if ((found & highBits) !== 0) return true;
  }
  for (at = Math.max(at, wordsEnd * 4 - byteOffset); at < end; at++)
    if (treatment[bytes[at]] > notAscii) return true;
  return false;
}

/** Puts the inside of a JSON string at `to`, escaping what JSON forbids; returns the index behind it. */
function putText(buffer: Uint8Array, to: number, bytes: Uint8Array, start: number, end: number): number {
  for (let at = start; at < end; at++) {
    const byte = bytes[at];
    const how = treatment[byte];
    if (how > notAscii) to = putEscape(buffer, to, byte, how);
    else buffer[to++] = byte;
  }
  return to;
}

function putAscii(buffer: Uint8Array, to: number, text: string): number {
  for (let at = 0; at < text.length; at++) buffer[to++] = text.charCodeAt(at);
  return to;
}

/** Writes `{"$base64":"…"}`. */
export function writeBase64Object(sink: ByteSink, bytes: Uint8Array): void {
  sink.ascii(base64Head);
  sink.ascii(base64(bytes));
  sink.ascii(base64Tail);
}

/** Base64 of a byte string that arrives in pieces: whole groups of three go out, the rest waits for the next piece. */
export class Base64Pieces {
  #rest = new Uint8Array(0);

  /** Writes what the pieces so far determine. */
  write(sink: ByteSink, piece: Uint8Array): void {
    const joined = this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece]);
    const wholeBytes = joined.length - (joined.length % 3);
    sink.ascii(base64(joined.subarray(0, wholeBytes)));
    this.#rest = joined.slice(wholeBytes);
  }

  /** Writes the rest with its padding. */
  end(sink: ByteSink): void {
    sink.ascii(base64(this.#rest));
    this.#rest = new Uint8Array(0);
  }
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}

/** A byte string as the value that JSON.stringify() turns into the same text as writeJsonBytes(). */
export function jsonValueOfBytes(bytes: Uint8Array): string | { readonly $base64: string } {
  return isUtf8(bytes) ? Buffer.from(bytes).toString("utf8") : { $base64: base64(bytes) };
}

/** Writes a sorted set's score: a number, or "inf" and "-inf", which JSON has no number for. */
export function writeJsonScore(sink: ByteSink, score: number): void {
  if (Number.isSafeInteger(score) && !Object.is(score, -0)) sink.integer(score);
  else if (Number.isFinite(score)) writeFraction(sink, score);
  else sink.ascii(score > 0 ? '"inf"' : '"-inf"');
}

/** Above it the division below is no longer one of integers. */
const hundredthsMax = 0x7fffffff;

/**
 * Scores with two decimals are many, and digits from an integer take a fraction of the time of String(). With so
 * few digits no two hundredths are the same double: what reads back as the score is the shortest text for it.
 */
function writeFraction(sink: ByteSink, score: number): void {
  const scaled = score * 100 + 0.5;
  const hundredths = scaled > 0 && scaled < hundredthsMax ? scaled | 0 : 0;
  if (hundredths === 0 || hundredths / 100 !== score) {
    sink.ascii(Object.is(score, -0) ? "-0" : String(score));
    return;
  }
  const whole = (hundredths / 100) | 0;
  const rest = hundredths - whole * 100;
  sink.integer(whole);
  sink.byte(0x2e);
  if (rest % 10 === 0) sink.byte(0x30 + ((rest / 10) | 0));
  else sink.filledTo(putPadded(sink.room(2), sink.size, rest, 2));
}

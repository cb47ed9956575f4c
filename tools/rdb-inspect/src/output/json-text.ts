/**
 * Byte strings as JSON, reversibly: valid UTF-8 as a JSON string, anything else as `{"$base64":"…"}`.
 *
 * Nothing in RDB data can be mistaken for the marker: a string is never an object otherwise.
 *
 * Hot: the loop of writeJsonBytes() sees every byte of an NDJSON export. Bytes are copied while they are
 * looked at, so that plain ASCII is done in one pass.
 */
import { isUtf8 } from "node:buffer";
import type { ByteSink } from "./byte-sink.ts";

const quote = 0x22;
const backslash = 0x5c;

/** 0: copied as it is; 1: not ASCII, has to be validated; 2: has to be escaped. */
const byteClass = new Uint8Array(256).fill(1, 0x80).fill(2, 0, 0x20);
byteClass[quote] = byteClass[backslash] = 2;

/** What stands for a byte that has to be escaped, as bytes. */
const escapes: readonly Uint8Array[] = Array.from({ length: 128 }, (_, byte) =>
  Buffer.from(JSON.stringify(String.fromCharCode(byte)).slice(1, -1), "latin1"),
);
/** The longest of them: `\u001f`. */
const escapeBytesMax = 6;
/** Bytes that are written at a time, with room for the case that all of them are escaped. */
const sliceBytes = 4096;

/** Writes bytes[start, end) as one JSON value. */
export function writeJsonBytes(sink: ByteSink, bytes: Uint8Array, start = 0, end = bytes.length): void {
  if (end - start > sliceBytes) {
    writeLong(sink, bytes.subarray(start, end));
    return;
  }
  const { buffer, at } = sink.reserve((end - start) * escapeBytesMax + 2);
  buffer[at] = quote;
  const to = putText(buffer, at + 1, bytes, start, end, false);
  if (to < 0) writeBase64Object(sink, bytes.subarray(start, end));
  else {
    buffer[to] = quote;
    sink.advance(to + 1 - at);
  }
}

function writeLong(sink: ByteSink, bytes: Uint8Array): void {
  if (!isUtf8(bytes)) {
    writeBase64Object(sink, bytes);
    return;
  }
  sink.byte(quote);
  for (let start = 0; start < bytes.length; start += sliceBytes) {
    const end = Math.min(bytes.length, start + sliceBytes);
    const { buffer, at } = sink.reserve((end - start) * escapeBytesMax);
    sink.advance(putText(buffer, at, bytes, start, end, true) - at);
  }
  sink.byte(quote);
}

/**
 * Puts the inside of a JSON string at `to`, escaping what JSON forbids; returns the index behind it, or -1 when
 * the bytes turn out to be no text. `isText`: they are known to be valid UTF-8.
 */
function putText(
  buffer: Uint8Array,
  to: number,
  bytes: Uint8Array,
  start: number,
  end: number,
  isText: boolean,
): number {
  for (let at = start; at < end; at++) {
    const byte = bytes[at];
    const kind = byteClass[byte];
    if (kind === 2) {
      const escaped = escapes[byte];
      for (let index = 0; index < escaped.length; index++) buffer[to++] = escaped[index];
      continue;
    }
    if (kind === 1 && !isText) {
      if (!isUtf8(bytes.subarray(start, end))) return -1;
      isText = true;
    }
    buffer[to++] = byte;
  }
  return to;
}

/** Writes `{"$base64":"…"}`. */
export function writeBase64Object(sink: ByteSink, bytes: Uint8Array): void {
  sink.ascii('{"$base64":"');
  sink.ascii(base64(bytes));
  sink.ascii('"}');
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
  else if (Number.isFinite(score)) sink.ascii(Object.is(score, -0) ? "-0" : String(score));
  else sink.ascii(score > 0 ? '"inf"' : '"-inf"');
}

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

/** What stands for a byte that has to be escaped. */
const escapes: readonly string[] = Array.from({ length: 128 }, (_, byte) =>
  JSON.stringify(String.fromCharCode(byte)).slice(1, -1),
);

/** Writes bytes[start, end) as one JSON value. */
export function writeJsonBytes(sink: ByteSink, bytes: Uint8Array, start = 0, end = bytes.length): void {
  const count = end - start;
  const room = sink.reserve(count + 2);
  const { buffer } = room;
  let to = room.at;
  buffer[to++] = quote;
  let at = start;
  let seen = 0;
  for (; at < end; at++) {
    const byte = bytes[at];
    seen |= byteClass[byte];
    if (seen !== 0) break;
    buffer[to++] = byte;
  }
  if (at === end) {
    buffer[to] = quote;
    sink.advance(count + 2);
  } else writeCarefully(sink, bytes, start, end);
}

function writeCarefully(sink: ByteSink, bytes: Uint8Array, start: number, end: number): void {
  const part = bytes.subarray(start, end);
  if (isUtf8(part)) {
    sink.byte(quote);
    writeEscaped(sink, part);
    sink.byte(quote);
  } else writeBase64Object(sink, part);
}

/** The inside of a JSON string: valid UTF-8 with what JSON forbids escaped. Runs are copied as they are. */
function writeEscaped(sink: ByteSink, bytes: Uint8Array): void {
  let runStart = 0;
  for (let at = 0; at < bytes.length; at++) {
    if (byteClass[bytes[at]] !== 2) continue;
    sink.bytes(bytes, runStart, at);
    sink.ascii(escapes[bytes[at]]);
    runStart = at + 1;
  }
  sink.bytes(bytes, runStart, bytes.length);
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

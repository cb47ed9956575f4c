/**
 * One field of CSV (RFC 4180) for bytes of any kind, reversibly.
 *
 * A key is first put into escaped text (escapeBytes() of @holdfast/bytes: \n, \\, \xNN for what is no visible
 * UTF-8), so that a row is always one line; then the field is quoted when it holds a comma or a quote, which is
 * doubled. Reading back: undo the CSV, then the escapes.
 */
import { escapeBytes } from "@holdfast/bytes";
import type { ByteSink } from "./byte-sink.ts";

const quote = 0x22;
const comma = 0x2c;
const backslash = 0x5c;

/** 1: the byte needs quotes, an escape, or a look at its neighbours. */
const isSpecial = new Uint8Array(256).fill(1, 0x7f).fill(1, 0, 0x20);
isSpecial[quote] = isSpecial[comma] = isSpecial[backslash] = 1;

/** Writes bytes[start, end) as one CSV field. */
export function writeCsvBytes(sink: ByteSink, bytes: Uint8Array, start = 0, end = bytes.length): void {
  const count = end - start;
  const room = sink.reserve(count);
  const { buffer } = room;
  let to = room.at;
  for (let at = start; at < end; at++) {
    const byte = bytes[at];
    if (isSpecial[byte] !== 0) {
      writeCarefully(sink, bytes.subarray(start, end));
      return;
    }
    buffer[to++] = byte;
  }
  sink.advance(count);
}

function writeCarefully(sink: ByteSink, bytes: Uint8Array): void {
  const text = escapeBytes(bytes);
  sink.text(/[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
}

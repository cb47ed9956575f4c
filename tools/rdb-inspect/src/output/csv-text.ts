/**
 * One field of CSV (RFC 4180) for bytes of any kind, reversibly.
 *
 * A key is first put into escaped text, so that a row is always one line and every byte can be read back:
 *
 *   \\   a backslash          \n \r \t   as in C          \xNN   a control byte, or one that is no valid UTF-8
 *
 * Valid UTF-8 stays as it is. The field is then quoted when it holds a comma or a quote, which is doubled.
 */
import { isUtf8 } from "node:buffer";
import type { ByteSink } from "./byte-sink.ts";

const quote = 0x22;
const comma = 0x2c;
const backslash = 0x5c;

/** 0: stays; 1: not ASCII; 2: needs quotes or an escape. */
const byteClass = new Uint8Array(256).fill(1, 0x80).fill(2, 0, 0x20);
byteClass[quote] = byteClass[comma] = byteClass[backslash] = byteClass[0x7f] = 2;

/** Writes bytes[start, end) as one CSV field. */
export function writeCsvBytes(sink: ByteSink, bytes: Uint8Array, start = 0, end = bytes.length): void {
  const count = end - start;
  const room = sink.reserve(count);
  const { buffer } = room;
  let to = room.at;
  for (let at = start; at < end; at++) {
    const byte = bytes[at];
    if (byteClass[byte] !== 0) {
      writeCarefully(sink, bytes.subarray(start, end));
      return;
    }
    buffer[to++] = byte;
  }
  sink.advance(count);
}

function writeCarefully(sink: ByteSink, bytes: Uint8Array): void {
  const isText = isUtf8(bytes);
  const needsQuotes = bytes.includes(quote) || bytes.includes(comma);
  if (needsQuotes) sink.byte(quote);
  for (const byte of bytes) {
    if (byte === quote) sink.ascii('""');
    else if (byte === backslash) sink.ascii("\\\\");
    else if (byte === 0x0a) sink.ascii("\\n");
    else if (byte === 0x0d) sink.ascii("\\r");
    else if (byte === 0x09) sink.ascii("\\t");
    else if (byte < 0x20 || byte === 0x7f || (byte >= 0x80 && !isText)) sink.ascii(hexEscapes[byte]);
    else sink.byte(byte);
  }
  if (needsQuotes) sink.byte(quote);
}

const hexEscapes: readonly string[] = Array.from(
  { length: 256 },
  (_, byte) => `\\x${byte.toString(16).padStart(2, "0")}`,
);

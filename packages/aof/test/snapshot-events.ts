/** Events of strings, as a keyspace would give them for a snapshot: made by writing an RDB by hand and decoding it. */
import type { FileSystem } from "@holdfast/platform";
import { decodeRdbBytes, type RdbEvent } from "@holdfast/rdb";
import { readStart } from "../src/read-whole.ts";

/** All in db 0. The events own what they show. */
export function snapshotEvents(entries: readonly (readonly [key: string, value: string])[]): RdbEvent[] {
  const parts: Uint8Array[] = [Buffer.from("REDIS0010", "latin1"), Buffer.of(0xfe, 0)];
  for (const [key, value] of entries) parts.push(Buffer.of(0), lengthPrefixed(key), lengthPrefixed(value));
  // Eight zero bytes: no checksum was computed.
  parts.push(Buffer.of(0xff), Buffer.alloc(8));
  return [...decodeRdbBytes(Buffer.concat(parts))];
}

function lengthPrefixed(text: string): Buffer {
  const bytes = Buffer.from(text, "latin1");
  const head = Buffer.alloc(5, 0x80);
  head.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}

/** A list in batches, one event at a time. */
export function* listEvents(key: string, elements: readonly string[]): Generator<RdbEvent[]> {
  const count = Buffer.alloc(5, 0x80);
  count.writeUInt32BE(elements.length, 1);
  // Type 1: the plain list of old servers, which needs no packing.
  const head = [Buffer.from("REDIS0006", "latin1"), Buffer.of(0xfe, 0, 1), lengthPrefixed(key), count];
  const bytes = Buffer.concat([...head, ...elements.map(lengthPrefixed), Buffer.of(0xff), Buffer.alloc(8)]);
  for (const event of decodeRdbBytes(bytes)) yield [event];
}

/** The elements of the only list in an RDB. */
export async function listIn(files: FileSystem, path: string): Promise<string[]> {
  const elements: string[] = [];
  for (const event of decodeRdbBytes(await readStart(files, path, 1 << 28))) {
    if (event.kind !== "key" && event.kind !== "items") continue;
    if (event.items.of !== "elements") continue;
    for (const element of event.items.elements) elements.push(Buffer.from(element.view()).toString("latin1"));
  }
  return elements;
}

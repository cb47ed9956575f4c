/**
 * Events as lines of text that do not depend on how the input was cut or on the size of batches: one for
 * each record, element and part, with everything that the event says.
 *
 * The bytes of strings and of raw values come as one line per value. Lines are made while the event is
 * fresh, so that borrowed bytes are used at once.
 */
import {
  ByteSlice,
  type ItemBatch,
  type RdbDecoderOptions,
  type RdbEvent,
  RdbFormatError,
} from "@holdfast/rdb";
import { eventsOf } from "./describe-file.ts";

export interface Run {
  readonly lines: string[];
  /** What the run threw; undefined for a clean end. */
  readonly error: RdbFormatError | undefined;
  /** Codes of damage events. */
  readonly damage: readonly string[];
  readonly end: Extract<RdbEvent, { kind: "end" }> | undefined;
  readonly trailingBytes: number;
}

/** Decodes and collects; anything thrown that is not an RdbFormatError is thrown on. */
export function runOf(chunks: Iterable<Uint8Array>, options: RdbDecoderOptions): Run {
  const lines: string[] = [];
  const damage: string[] = [];
  let end: Run["end"];
  let trailingBytes = 0;
  try {
    for (const event of eventsOf(chunks, options)) {
      addLines(lines, event);
      if (event.kind === "damage") damage.push(event.error.code);
      else if (event.kind === "end") end = event;
      else if (event.kind === "trailing") trailingBytes = event.sizeBytes;
    }
  } catch (error) {
    if (!(error instanceof RdbFormatError)) throw error;
    return { lines, error, damage, end, trailingBytes };
  }
  return { lines, error: undefined, damage, end, trailingBytes };
}

const bytesLine = "bytes ";

function addLines(lines: string[], event: RdbEvent): void {
  if (event.kind === "keys") {
    addRun(lines, event);
    return;
  }
  if (event.kind === "key") {
    const { db, type, encoding, row, expireAtMs, idleSec, frequency, meta, recordOffset, offset } = event;
    const name = latin1(event.key);
    const facts = [db, type, encoding, row.number, expireAtMs, idleSec, frequency, recordOffset, offset];
    lines.push(`key ${name} ${facts.join(" ")} ${meta === undefined ? "" : latin1(meta)}`);
  }
  if (event.kind === "key" || event.kind === "items") {
    if (event.items.of === "trace") lines.push(...traceLines(event.items));
    else addItems(lines, event.items);
    if (event.last) lines.push(`last ${event.itemCount} ${event.endOffset}`);
  } else {
    lines.push(JSON.stringify(event, plain));
  }
}

/** The same lines as the keys of the run would give one by one. */
function addRun(lines: string[], { db, keyCount, rows }: Extract<RdbEvent, { kind: "keys" }>): void {
  for (let index = 0; index < keyCount; index += 1) {
    const { type, number } = rows.row(index);
    const expireAtMs = rows.expireAtMs(index);
    const attributes = [
      Number.isNaN(expireAtMs) ? undefined : expireAtMs,
      rows.idleSec(index) < 0 ? undefined : rows.idleSec(index),
      rows.frequency(index) < 0 ? undefined : rows.frequency(index),
    ];
    const places = [rows.recordOffset(index), rows.offset(index)];
    const facts = [db, type, rows.encoding(index), number, ...attributes, ...places];
    lines.push(`key ${latin1(rows.key(index))} ${facts.join(" ")} `);
    const [start, end] = [rows.traceStart(index), rows.traceEnd(index)];
    lines.push(...traceLines({ trace: rows.trace, start, end }));
    lines.push(`last ${rows.itemCount(index)} ${rows.endOffset(index)}`);
  }
}

function traceLines(items: { trace: Float64Array; start: number; end: number }): string[] {
  return Array.from(items.trace.subarray(items.start, items.end), (number) => `trace ${number}`);
}

function addItems(lines: string[], items: ItemBatch): void {
  switch (items.of) {
    case "opaque":
      addBytes(lines, items.bytes);
      break;
    case "chunks":
      for (const chunk of items.chunks) addBytes(lines, chunk);
      break;
    case "elements":
      for (const element of items.elements) lines.push(`element ${latin1(element.view())}`);
      break;
    case "fields":
      for (const { field, value, expireAtMs } of items.fields)
        lines.push(`field ${expireAtMs} ${latin1(field.view())}=${latin1(value.view())}`);
      break;
    case "scored":
      for (const { member, score } of items.members)
        lines.push(`member ${Object.is(score, -0) ? "-0" : score} ${latin1(member.view())}`);
      break;
    case "stream":
      for (const part of items.parts) lines.push(JSON.stringify(part, plain));
      break;
    case "array":
      for (const slot of items.slots) lines.push(`${items.insertIndex} ${JSON.stringify(slot, plain)}`);
      break;
    default:
  }
}

/** Pieces of one value are one line. */
function addBytes(lines: string[], bytes: Uint8Array): void {
  const previous = lines.at(-1);
  if (previous?.startsWith(bytesLine)) lines[lines.length - 1] = previous + latin1(bytes);
  else if (bytes.length > 0) lines.push(bytesLine + latin1(bytes));
}

function plain(name: string, value: unknown): unknown {
  // The sentence of an error names places that depend on nothing but the file; the stack does not.
  if (name === "error") return (value as RdbFormatError).message;
  if (typeof value === "bigint") return String(value);
  if (value instanceof ByteSlice) return latin1(value.view());
  return value instanceof Uint8Array ? latin1(value) : value;
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}

/** Whether `part` says nothing but what `whole` begins with; the bytes of its last value may be cut short. */
export function isBeginningOf(part: readonly string[], whole: readonly string[]): boolean {
  const last = part.length - 1;
  return part.every((line, index) => {
    const line2 = whole[index];
    if (index === last && line.startsWith(bytesLine)) return line2?.startsWith(line) ?? false;
    return line === line2;
  });
}

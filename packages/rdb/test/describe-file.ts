/**
 * What a decoder says of a file, in the JSON shapes of the fixtures (fixtures/rdb/hex/README.md), so
 * that a test compares two documents.
 */
import {
  collectEntries,
  type EntryValue,
  moduleTypeOf,
  RdbDecoder,
  type RdbDecoderOptions,
  type RdbEntry,
  type RdbEvent,
  type StreamId,
  type StreamPart,
} from "@holdfast/rdb";

const valueLimitBytes = 1 << 30;

export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [name: string]: Json | undefined };

/** Feeds chunks, pulls what there is after each, and hands the events over one by one: a borrowed event is used at once. */
export function* eventsOf(chunks: Iterable<Uint8Array>, options: RdbDecoderOptions): Generator<RdbEvent> {
  const decoder = new RdbDecoder(options);
  for (const chunk of chunks) {
    decoder.push(chunk);
    for (let event = decoder.next(); event !== undefined; event = decoder.next()) yield event;
  }
  decoder.end();
  for (let event = decoder.next(); event !== undefined; event = decoder.next()) yield event;
}

export interface FileDescription {
  [name: string]: Json | undefined;
  dialect?: string;
  version?: number;
  keys: Json[];
  checksum?: string;
}

/** Decodes at level "items" and describes everything that was said. Throws what the decoder throws. */
export function describeFile(chunks: Iterable<Uint8Array>, options: RdbDecoderOptions): FileDescription {
  const facts = new Map<string, Json[]>();
  const description: FileDescription = { keys: [] };
  const note = (name: string, fact: Json) => facts.set(name, [...(facts.get(name) ?? []), fact]);
  const events = spy(eventsOf(chunks, { ...options, level: "items" }), (event) =>
    noteEvent(event, description, note),
  );
  for (const entry of collectEntries(events, { limitBytes: valueLimitBytes }))
    description.keys.push(describeEntry(entry));
  for (const [name, list] of facts) description[name] = list;
  return description;
}

function* spy(events: Iterable<RdbEvent>, see: (event: RdbEvent) => void): Generator<RdbEvent> {
  for (const event of events) {
    see(event);
    yield event;
  }
}

function noteEvent(
  event: RdbEvent,
  description: FileDescription,
  note: (name: string, fact: Json) => void,
): void {
  switch (event.kind) {
    case "header":
      description.dialect = event.dialect;
      description.version = event.version;
      break;
    case "aux":
      note("aux", [text(event.name), text(event.value)]);
      break;
    case "function":
      note("functions", describeFunction(event));
      break;
    case "slot-info":
      note("slotInfo", [event.slot, event.keyCount, event.expiryCount]);
      break;
    case "slot-import":
      note("slotImports", {
        job: text(event.job),
        ranges: event.ranges.map(({ start, end }) => [start, end]),
      });
      break;
    case "hash-template":
      note("hashTemplates", [event.id, event.fields.map(text)]);
      break;
    case "module-aux":
      note("moduleAux", {
        ...moduleName(event.moduleId),
        when: event.when === 1 ? "before" : "after",
        $base64: base64(event.payload),
      });
      break;
    case "trailing":
      description.trailingBytes = event.sizeBytes;
      break;
    case "end":
      description.checksum = event.checksum;
      break;
    default:
  }
}

function describeFunction(event: Extract<RdbEvent, { kind: "function" }>): Json {
  if (event.preGa === undefined) return text(event.code);
  const { name, engine, description } = event.preGa;
  const told = description === undefined ? {} : { description: text(description) };
  return { name: text(name), engine: text(engine), ...told, code: text(event.code) };
}

export function describeEntry(entry: RdbEntry): Json {
  const { db, type, encoding, expireAtMs = null, idleSec, frequency, meta, value } = entry;
  const insertIndex = value.of === "array" ? value.insertIndex : undefined;
  return {
    db,
    key: text(entry.key),
    type,
    encoding,
    expireAtMs,
    ...(idleSec === undefined ? {} : { idleSec }),
    ...(frequency === undefined ? {} : { frequency }),
    ...(meta === undefined ? {} : { meta: { $base64: base64(meta) } }),
    ...(insertIndex === undefined ? {} : { insertIndex: Number(insertIndex) }),
    value: describeValue(value),
  };
}

function describeValue(value: EntryValue): Json {
  switch (value.of) {
    case "string":
      return text(value.bytes);
    case "elements":
      return value.elements.map(text);
    case "fields":
      return value.fields.map(({ field, value: content, expireAtMs }) =>
        expireAtMs === undefined ? [text(field), text(content)] : [text(field), text(content), expireAtMs],
      );
    case "scored":
      return value.members.map(({ member, score }) => [text(member), scoreText(score)]);
    case "stream":
      return describeStream(value.parts);
    case "array":
      return value.slots.map(({ index, value: content }) => [Number(index), text(content)]);
    case "opaque":
      return describeModule(value.bytes);
  }
}

/** The id of a module value is a nine-byte length: 0x81 and eight bytes. */
function describeModule(bytes: Uint8Array): Json {
  const id = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(1, false);
  return { ...moduleName(id), $base64: base64(bytes.subarray(9)) };
}

function moduleName(id: bigint): { module: string; version: number } {
  const { name, version } = moduleTypeOf(id);
  return { module: name, version };
}

function scoreText(score: number): string {
  if (score === Number.POSITIVE_INFINITY) return "inf";
  if (score === Number.NEGATIVE_INFINITY) return "-inf";
  return Object.is(score, -0) ? "-0" : String(score);
}

interface GroupDescription {
  [name: string]: Json | undefined;
  pending: [string, Json, number, number][];
  consumers: { [name: string]: Json | undefined; pending: string[] }[];
  nacked?: string[];
}

/** Parts in file order to the nested shape of the sidecars. */
function describeStream(parts: readonly StreamPart<Uint8Array>[]): Json {
  const entries: Json[] = [];
  const info: { [name: string]: Json | undefined; groups: GroupDescription[] } = { groups: [] };
  const producers: { id: Json; entries: Json[] }[] = [];
  for (const part of parts) {
    const group = info.groups.at(-1) as GroupDescription;
    const consumer = group?.consumers.at(-1);
    switch (part.kind) {
      case "entry":
        entries.push([idText(part.id), pairs(part.fields)]);
        break;
      case "meta":
        info.length = part.length;
        info.lastId = idText(part.lastId);
        if (part.firstId !== undefined) info.firstId = idText(part.firstId);
        if (part.maxDeletedId !== undefined) info.maxDeletedId = idText(part.maxDeletedId);
        if (part.entriesAdded !== undefined) info.entriesAdded = Number(part.entriesAdded);
        info.hasCounters = part.entriesAdded !== undefined;
        break;
      case "group":
        info.groups.push({
          name: text(part.name),
          lastDeliveredId: idText(part.lastDeliveredId),
          ...(info.hasCounters === true
            ? { entriesRead: part.entriesRead === undefined ? null : Number(part.entriesRead) }
            : {}),
          pending: [],
          consumers: [],
        });
        break;
      case "pending":
        group.pending.push([idText(part.id), null, part.deliveredAtMs, part.deliveryCount]);
        break;
      case "consumer":
        group.consumers.push({
          name: text(part.name),
          seenAtMs: part.seenAtMs,
          ...(part.activeAtMs === undefined ? {} : { activeAtMs: part.activeAtMs }),
          pending: [],
        });
        break;
      case "owned":
        consumer?.pending.push(idText(part.id));
        own(group, idText(part.id), consumer?.name as Json);
        break;
      case "nacked":
        group.nacked = [...(group.nacked ?? []), idText(part.id)];
        break;
      case "idmp":
        info.idmp = { durationSec: part.durationSec, maxEntries: part.entriesMax, producers };
        break;
      case "producer":
        producers.push({ id: text(part.id), entries: [] });
        break;
      case "idempotency":
        producers.at(-1)?.entries.push([text(part.iid), idText(part.id)]);
        break;
      case "idmp-totals":
        info.idmp = {
          ...(info.idmp as object),
          idsAdded: Number(part.added),
          duplicates: Number(part.duplicates),
        };
        break;
    }
  }
  delete info.hasCounters;
  return { entries, info };
}

function own(group: GroupDescription, id: string, consumer: Json): void {
  const entry = group.pending.find(([pendingId]) => pendingId === id);
  if (entry !== undefined) entry[1] = consumer;
}

function pairs(fields: readonly Uint8Array[]): Json[] {
  const result: Json[] = [];
  for (let index = 0; index < fields.length; index += 2)
    result.push([text(fields[index]), text(fields[index + 1])]);
  return result;
}

export function idText(id: StreamId): string {
  return `${id.ms}-${id.seq}`;
}

const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A byte string as the sidecars have it: text where it is UTF-8, else base64. */
export function text(bytes: Uint8Array): Json {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return { $base64: base64(bytes) };
  }
}

export function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}

/** Small RDB files from plain descriptions of what they hold, for tests that need two files which differ in one thing. */
import {
  ByteSlice,
  type ItemBatch,
  type KeyEvent,
  RdbEncoder,
  type RdbEvent,
  rdbTarget,
  type StreamPart,
  typeRows,
} from "@holdfast/rdb";

export type Text = string | Uint8Array;

/** A value of each type; `row` names the form that it is decoded from, which decides what it may hold. */
export type Value =
  | { readonly string: Text }
  | { readonly list: readonly Text[] }
  | { readonly set: readonly Text[] }
  | { readonly hash: readonly (readonly [field: Text, value: Text, expireAtMs?: number | undefined])[] }
  | { readonly zset: readonly (readonly [member: Text, score: number])[] }
  | { readonly stream: readonly StreamPart[] }
  | { readonly array: readonly (readonly [index: bigint, value: Text])[]; readonly insertIndex?: bigint };

export interface Key {
  readonly key: Text;
  readonly db?: number;
  readonly expireAtMs?: number;
  readonly value: Value;
}

export interface FileOptions {
  readonly target?: string;
  /** Source code of function libraries. */
  readonly functions?: readonly string[];
}

/** The bytes of a file that holds these keys in this order; what the target cannot hold throws. */
export function fileOf(keys: readonly Key[], options: FileOptions = {}): Buffer {
  const target = rdbTarget(options.target ?? "redis-8.10");
  if (target === undefined) throw new Error(`no target ${options.target}`);
  const encoder = new RdbEncoder({
    target,
    onLoss: ({ kind }) => {
      throw new Error(`lost: ${kind}`);
    },
  });
  const chunks: Uint8Array[] = [];
  for (const event of eventsOf(keys, options)) {
    encoder.write(event);
    const chunk = encoder.take();
    if (chunk !== undefined) chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function eventsOf(keys: readonly Key[], { functions = [] }: FileOptions): RdbEvent[] {
  return [
    { kind: "header", dialect: "redis", version: 15 },
    ...functions.map((code): RdbEvent => ({ kind: "function", code: bytesOf(code) })),
    ...keys.map(keyEvent),
    { kind: "end", checksum: "ok", stored: 0n, endOffset: 0 },
  ];
}

function keyEvent({ key, db = 0, expireAtMs, value }: Key): KeyEvent {
  const { rowName, items, itemCount } = batchOf(value);
  const row = typeRows.find(({ name }) => name === rowName);
  if (row === undefined) throw new Error(`no row ${rowName}`);
  const keyBuffer = bytesOf(key);
  return {
    kind: "key",
    db,
    key: keyBuffer,
    keyBuffer,
    keyStart: 0,
    keyEnd: keyBuffer.length,
    type: row.type,
    encoding: row.encoding,
    row,
    expireAtMs,
    idleSec: undefined,
    frequency: undefined,
    meta: undefined,
    itemCount,
    items,
    last: true,
    recordOffset: 0,
    offset: 0,
    endOffset: 0,
  };
}

function batchOf(value: Value): { rowName: string; items: ItemBatch; itemCount: number | undefined } {
  if ("string" in value)
    return {
      rowName: "STRING",
      items: { of: "chunks", chunks: [bytesOf(value.string)] },
      itemCount: undefined,
    };
  if ("list" in value || "set" in value) {
    const elements = ("list" in value ? value.list : value.set).map(sliceOf);
    return {
      rowName: "list" in value ? "LIST" : "SET",
      items: { of: "elements", elements },
      itemCount: elements.length,
    };
  }
  if ("hash" in value) {
    const fields = value.hash.map(([field, text, expireAtMs]) => ({
      field: sliceOf(field),
      value: sliceOf(text),
      expireAtMs,
    }));
    const expires = fields.some((field) => field.expireAtMs !== undefined);
    return {
      rowName: expires ? "HASH_METADATA" : "HASH",
      items: { of: "fields", fields },
      itemCount: fields.length,
    };
  }
  if ("zset" in value) {
    const members = value.zset.map(([member, score]) => ({ member: sliceOf(member), score }));
    return { rowName: "ZSET_2", items: { of: "scored", members }, itemCount: members.length };
  }
  if ("stream" in value)
    return {
      rowName: "STREAM_LISTPACKS_5",
      items: { of: "stream", parts: value.stream },
      itemCount: undefined,
    };
  const slots = value.array.map(([index, text]) => ({
    index,
    value: sliceOf(text),
    stored: "string" as const,
  }));
  return {
    rowName: "ARRAY",
    items: { of: "array", slots, insertIndex: value.insertIndex },
    itemCount: slots.length,
  };
}

export function sliceOf(text: Text): ByteSlice {
  return ByteSlice.of(bytesOf(text));
}

function bytesOf(text: Text): Uint8Array {
  return typeof text === "string" ? Buffer.from(text, "utf8") : text;
}

/** What a stream of the tests holds; everything has a default. */
export interface StreamPlan {
  readonly entries: readonly (readonly [id: string, ...texts: string[]])[];
  readonly lastId?: string;
  readonly maxDeletedId?: string;
  readonly entriesAdded?: bigint;
  readonly groups?: readonly GroupPlan[];
  readonly idmp?: { readonly durationSec: number; readonly entriesMax: number };
  readonly producers?: readonly (readonly [producer: string, iid: string, id: string])[];
}

export interface GroupPlan {
  readonly name: string;
  readonly lastDeliveredId: string;
  readonly entriesRead?: bigint;
  /** Id, consumer (none: in the nack zone), time and count of deliveries. */
  readonly pending?: readonly (readonly [
    id: string,
    consumer: string | undefined,
    atMs: number,
    count: number,
  ])[];
  readonly consumers?: readonly (readonly [name: string, seenAtMs: number, activeAtMs: number])[];
}

export function streamOf(plan: StreamPlan): Value {
  const entries = plan.entries.map(
    ([id, ...texts]): StreamPart => ({ kind: "entry", id: idOf(id), fields: texts.map(sliceOf) }),
  );
  const first = plan.entries.at(0)?.[0] ?? "0-0";
  const meta: StreamPart = {
    kind: "meta",
    length: entries.length,
    lastId: idOf(plan.lastId ?? plan.entries.at(-1)?.[0] ?? "0-0"),
    firstId: idOf(first),
    maxDeletedId: idOf(plan.maxDeletedId ?? "0-0"),
    entriesAdded: plan.entriesAdded ?? BigInt(entries.length),
  };
  return { stream: [...entries, meta, ...(plan.groups ?? []).flatMap(groupParts), ...idmpParts(plan)] };
}

function groupParts({ name, lastDeliveredId, entriesRead, pending = [], consumers = [] }: GroupPlan) {
  const parts: StreamPart[] = [
    { kind: "group", name: sliceOf(name), lastDeliveredId: idOf(lastDeliveredId), entriesRead },
  ];
  for (const [id, , deliveredAtMs, deliveryCount] of pending)
    parts.push({ kind: "pending", id: idOf(id), deliveredAtMs, deliveryCount });
  for (const [consumer, seenAtMs, activeAtMs] of consumers) {
    parts.push({ kind: "consumer", name: sliceOf(consumer), seenAtMs, activeAtMs });
    for (const [id, owner] of pending) if (owner === consumer) parts.push({ kind: "owned", id: idOf(id) });
  }
  for (const [id, owner] of pending) if (owner === undefined) parts.push({ kind: "nacked", id: idOf(id) });
  return parts;
}

function idmpParts({ idmp, producers = [] }: StreamPlan): StreamPart[] {
  if (idmp === undefined) return [];
  const parts: StreamPart[] = [{ kind: "idmp", ...idmp }];
  for (const [producer, iid, id] of producers)
    parts.push(
      { kind: "producer", id: sliceOf(producer) },
      { kind: "idempotency", iid: sliceOf(iid), id: idOf(id) },
    );
  parts.push({ kind: "idmp-totals", added: BigInt(producers.length), duplicates: 0n });
  return parts;
}

function idOf(text: string): { ms: bigint; seq: bigint } {
  const [ms, seq] = text.split("-");
  return { ms: BigInt(ms), seq: BigInt(seq) };
}

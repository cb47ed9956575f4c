/**
 * Random keys as events, of every type and with everything that a key can have: what encoders are fed in properties.
 *
 * A value comes in batches cut at random; whether the count of its elements is said beforehand is drawn too.
 */
import {
  ByteSlice,
  type HashField,
  type ItemBatch,
  type KeyEvent,
  type RdbEvent,
  type StreamPart,
  typeRows,
} from "@holdfast/rdb";
import { type SeededRandom, seededRandom } from "@holdfast/testkit";

/** What to make; drawn by fast-check, which makes it smaller when a property fails. */
export interface EventPlan {
  readonly row: string;
  readonly size: number;
  readonly seed: number;
}

/** Each is the row of the source's type: what its events may hold follows from it. */
export const plannedRows = [
  "STRING",
  "LIST",
  "SET",
  "ZSET_2",
  "HASH",
  "HASH_METADATA",
  "HASH_2",
  "STREAM_LISTPACKS_3",
  "STREAM_LISTPACKS_5",
  "ARRAY",
] as const;

export function eventsOfPlan(plans: readonly EventPlan[]): RdbEvent[] {
  const keys = plans.flatMap((plan, index) => keyEvents(plan, index, seededRandom(plan.seed)));
  const end: RdbEvent = { kind: "end", checksum: "ok", stored: 0n, endOffset: 0 };
  return [{ kind: "header", dialect: "redis", version: 15 }, ...keys, end];
}

function keyEvents(plan: EventPlan, index: number, random: SeededRandom): RdbEvent[] {
  const row = typeRows.find((known) => known.name === plan.row)!;
  const items = itemsOf(plan, random);
  const batches = cut(items, random).map((part) => batchOf(plan.row, part, random.seed));
  const saysCount = plan.row !== "STRING" && !row.name.startsWith("STREAM") && random.below(2) === 0;
  const itemCount = saysCount ? items.length : undefined;
  const keyBuffer = Buffer.concat([textOf(random), Buffer.from(`:${index}`)]);
  const head = {
    kind: "key" as const,
    db: random.below(2) * 5,
    key: keyBuffer,
    keyBuffer,
    keyStart: 0,
    keyEnd: keyBuffer.length,
    type: row.type,
    encoding: row.encoding,
    row,
    expireAtMs: random.below(3) === 0 ? 1_700_000_000_000 + random.below(1e9) : undefined,
    idleSec: random.below(4) === 0 ? random.below(1e6) : undefined,
    frequency: random.below(4) === 0 ? random.below(256) : undefined,
    meta: undefined,
    recordOffset: 0,
    offset: 0,
    endOffset: 0,
  };
  return batches.map((batch, at): KeyEvent | RdbEvent => {
    const rest = { items: batch, itemCount, last: at === batches.length - 1 };
    return at === 0 ? { ...head, ...rest } : { kind: "items", endOffset: 0, ...rest };
  });
}

/** At least one batch; only the first may be empty. */
function cut<T>(items: readonly T[], random: SeededRandom): T[][] {
  const batches: T[][] = [];
  for (let at = 0; at < items.length; ) {
    const size = random.pick([items.length, 1 + random.below(items.length)]);
    batches.push(items.slice(at, at + size));
    at += size;
  }
  return batches.length === 0 ? [[]] : batches;
}

function batchOf(row: string, items: readonly unknown[], seed: number): ItemBatch {
  switch (row) {
    case "STRING":
      return { of: "chunks", chunks: (items as ByteSlice[]).map((item) => item.slice()) };
    case "LIST":
    case "SET":
      return { of: "elements", elements: items as ByteSlice[] };
    case "ZSET_2":
      return { of: "scored", members: items as { member: ByteSlice; score: number }[] };
    case "ARRAY":
      return { of: "array", slots: items as never[], insertIndex: seed % 2 === 0 ? undefined : BigInt(seed) };
    case "STREAM_LISTPACKS_3":
    case "STREAM_LISTPACKS_5":
      return { of: "stream", parts: items as StreamPart[] };
    default:
      return { of: "fields", fields: items as HashField[] };
  }
}

function itemsOf(plan: EventPlan, random: SeededRandom): unknown[] {
  const { row, size } = plan;
  switch (row) {
    case "STRING":
      return Array.from({ length: size }, () => slice(textOf(random)));
    case "LIST":
      return Array.from({ length: size }, () => slice(textOf(random)));
    case "ARRAY":
      return Array.from({ length: Math.max(1, size) }, (_, index) => slotOf(BigInt(index * 3), random));
    case "STREAM_LISTPACKS_3":
    case "STREAM_LISTPACKS_5":
      return streamParts(size, row.endsWith("5"), random);
    default:
  }
  const names = uniqueTexts(size, random);
  if (row === "SET") return names.map(slice);
  if (row === "ZSET_2") return names.map((name) => ({ member: slice(name), score: scoreOf(random) }));
  return names.map((name) => ({
    field: slice(name),
    value: slice(textOf(random)),
    expireAtMs: row !== "HASH" && random.below(3) === 0 ? 1_900_000_000_000 + random.below(1e12) : undefined,
  }));
}

function slotOf(index: bigint, random: SeededRandom) {
  switch (random.below(3)) {
    case 0:
      return { index, value: slice(Buffer.from(String(integerOf(random)))), stored: "integer" };
    case 1:
      return { index, value: slice(Buffer.from(String(random.below(1000) + 0.5))), stored: "double" };
    default:
      return { index, value: slice(textOf(random)), stored: "string" };
  }
}

/** Entries, counters, groups whose pending entries all have an owner or stand in the nack zone, idempotency ids. */
function streamParts(size: number, isNewest: boolean, random: SeededRandom): StreamPart[] {
  const id = (index: number) => ({
    ms: 1_700_000_000_000n + BigInt(index * 7),
    seq: BigInt(random.seed % 50),
  });
  const names = [slice(textOf(random)), slice(textOf(random))];
  const entries = Array.from({ length: size }, (_, index): StreamPart => {
    const fields = random.below(3) === 0 ? [slice(textOf(random)), slice(textOf(random))] : [];
    return { kind: "entry", id: id(index), fields: [names[0], slice(textOf(random)), ...fields] };
  });
  const first = size === 0 ? { ms: 0n, seq: 0n } : id(0);
  const meta: StreamPart = {
    kind: "meta",
    length: size,
    lastId: id(size),
    firstId: first,
    maxDeletedId: { ms: BigInt(random.below(1000)), seq: 2n ** 63n },
    entriesAdded: BigInt(size + random.below(1000)),
  };
  const groups = Array.from({ length: random.below(3) }, (_, group) =>
    groupParts(group, size, isNewest, id, random),
  );
  return [...entries, meta, ...groups.flat(), ...(isNewest ? idmpParts(id, random) : [])];
}

function groupParts(
  group: number,
  size: number,
  isNewest: boolean,
  id: (index: number) => { ms: bigint; seq: bigint },
  random: SeededRandom,
): StreamPart[] {
  const deliveredAtMs = 1_700_000_000_000 + random.below(1e6);
  const owners = Array.from({ length: size }, () => random.below(isNewest ? 4 : 3));
  const pending = owners.map(
    (_, index): StreamPart => ({
      kind: "pending",
      id: id(index),
      deliveredAtMs,
      deliveryCount: 1 + random.below(100),
    }),
  );
  const parts: StreamPart[] = [
    {
      kind: "group",
      name: slice(Buffer.from(`group${group}`)),
      lastDeliveredId: id(size),
      entriesRead: random.below(2) === 0 ? undefined : BigInt(random.below(1000)),
    },
    ...pending,
  ];
  for (let consumer = 0; consumer < 3; consumer += 1) {
    const activeAtMs = deliveredAtMs + random.below(1000);
    parts.push({
      kind: "consumer",
      name: slice(Buffer.from(`c${consumer}`)),
      seenAtMs: deliveredAtMs,
      activeAtMs,
    });
    for (const [index, owner] of owners.entries())
      if (owner === consumer) parts.push({ kind: "owned", id: id(index) });
  }
  for (const [index, owner] of owners.entries())
    if (owner === 3) parts.push({ kind: "nacked", id: id(index) });
  return parts;
}

function idmpParts(id: (index: number) => { ms: bigint; seq: bigint }, random: SeededRandom): StreamPart[] {
  const parts: StreamPart[] = [
    { kind: "idmp", durationSec: 1 + random.below(86400), entriesMax: 1 + random.below(10000) },
  ];
  for (let producer = 0; producer < random.below(4); producer += 1) {
    parts.push({ kind: "producer", id: slice(Buffer.from(`p${producer}`)) });
    for (let index = 0; index < random.below(4); index += 1)
      parts.push({ kind: "idempotency", iid: slice(textOf(random)), id: id(index) });
  }
  return [...parts, { kind: "idmp-totals", added: BigInt(random.below(1e6)), duplicates: 3n }];
}

function uniqueTexts(count: number, random: SeededRandom): Uint8Array[] {
  const texts = new Map<string, Uint8Array>();
  const onlyIntegers = random.below(3) === 0;
  for (let tries = 0; texts.size < count && tries < count * 4; tries += 1) {
    const text = onlyIntegers ? Buffer.from(String(integerOf(random))) : textOf(random);
    texts.set(Buffer.from(text).toString("latin1"), text);
  }
  return [...texts.values()];
}

function textOf(random: SeededRandom): Uint8Array {
  const size = random.below(random.pick([4, 20, 70, 70, random.below(60) === 0 ? 20_000 : 5]));
  const kind = random.below(4);
  if (kind === 0) return Buffer.from(String(integerOf(random)));
  if (kind === 1) return new Uint8Array(size).fill(0x61 + random.below(3));
  return random.bytes(size);
}

function integerOf(random: SeededRandom): bigint {
  const bits = random.pick([4, 7, 8, 13, 16, 24, 32, 53, 64]);
  return BigInt.asIntN(bits, BigInt(`0x${Buffer.from(random.bytes(8)).toString("hex")}`));
}

function scoreOf(random: SeededRandom): number {
  const { POSITIVE_INFINITY, NEGATIVE_INFINITY } = Number;
  return random.pick([
    0,
    -0,
    1.5,
    -3,
    1e300,
    5e-324,
    POSITIVE_INFINITY,
    NEGATIVE_INFINITY,
    random.below(1000),
    2 ** 60,
  ]);
}

function slice(bytes: Uint8Array): ByteSlice {
  return ByteSlice.of(bytes);
}

/**
 * Valkey since 8.1, with its own hash table and keys inside the object: models for 8.1 and 9.1.
 *
 *            8.1                                          9.1
 *   key      not counted, except in an embedded string    object 16 + expiry 8 + 1 + key string
 *   string   embedded if object, key, value fit in 64     embedded if they fit in 128; the value then takes
 *            bytes: the whole allocation is counted       the place of the object's pointer
 *   set      buckets + member strings                     the same
 *   hash     buckets + entries of field and value in one allocation up to 128 bytes; 9.1 with expiry 8
 *   zset     buckets + skip list + member strings         the member stands inside its skip list node
 *   stream   every node of every radix tree, as allocated
 *
 * Keys of 128 bytes and more always have room for the expiry.
 *
 * Source: object.c (objectComputeSize), hashtable.c, t_hash.c or entry.c, t_zset.c, vset.c, rax.c of
 * Valkey 8.1.1 and 9.1.2.
 */
import { ByLength } from "./by-length.ts";
import type { HashHistory, MemoryModel, PackedLimits, RadixShape, StreamSizes } from "./model.ts";
import { radixNodesBytes } from "./radix-shape.ts";
import { type Allocator, jemalloc530, jemalloc531 } from "./size-classes.ts";
import { expectedNodeBytes, levelBytes, levelsMax } from "./skip-list.ts";
import { embeddedHeaderBytes, stringBytes, wideStringBytes } from "./strings.ts";
import { grownValkeyBucketsBytes, valkeyBucketsBytes } from "./tables.ts";

const object = 16;
const pointer = 8;
const expiry = 8;
const keyBytesWithExpiry = 128;
const entryEmbeddedMax = 128;
const radixTree = 32;
const quicklist = 40;
const tableHead91 = 80;
const quicklistNode = 40;

const limits: PackedLimits = {
  hashEntriesMax: 512,
  setEntriesMax: 128,
  intsetEntriesMax: 512,
  zsetEntriesMax: 128,
  elementBytesMax: 64,
};

export const valkey81 = valkey81Model(jemalloc530);
export const valkey91 = valkey91Model(jemalloc531);

function valkey81Model(allocator: Allocator): MemoryModel {
  const text = new ByLength((length) => allocator.sizeOf(stringBytes(length)));
  const tableHead = 72;
  const table = (count: number) => tableHead + valkeyBucketsBytes(count);
  const field = fieldEntrySizer(allocator, text);
  const skipListNode = expectedNodeBytes(allocator, 24);
  const skipListHead = allocator.sizeOf(24 + levelsMax * levelBytes);
  const embeddedObjectMax = 64;
  const embeddedTextMax = 44;
  return {
    name: "valkey-8.1",
    label: `valkey-8.1 (${allocator.name})`,
    family: "valkey",
    version: "8.1",
    ...sharedSizes(allocator),
    stringKey: (keyBytes, expires, valueBytes, isInteger) => {
      if (isInteger) return object;
      const value = embeddedHeaderBytes + valueBytes + 1;
      const inObject = object + (expires ? expiry : 0) + keyBytes + 3 + value;
      if (valueBytes > embeddedTextMax || inObject > embeddedObjectMax) return object + text.of(valueBytes);
      return allocator.sizeOf(object + (expires ? expiry : 0) + 1 + stringBytes(keyBytes) + value);
    },
    objectKey: () => object,
    moduleKey: () => 0,
    set: { table, member: (bytes) => text.of(bytes) },
    hash: {
      table: (count, history) => tableHead + hashBucketsBytes(count, history),
      field: (fieldBytes, value) => field(fieldBytes, value, 0),
      expiringField: (f, v) => field(f, v, 0),
    },
    zset: {
      table: (count) => 16 + 32 + skipListHead + table(count),
      member: (bytes) => skipListNode + text.of(bytes),
    },
  };
}

function valkey91Model(allocator: Allocator): MemoryModel {
  const text = new ByLength((length) => allocator.sizeOf(stringBytes(length)));
  const table = (count: number) => tableHead91 + valkeyBucketsBytes(count);
  const field = fieldEntrySizer(allocator, text);
  const member = new ByLength((length) => expectedNodeBytes(allocator, 16 + 1 + stringBytes(length)));
  const embeddedObjectMax = 128;
  const objectKey = (keyBytes: number, expires: boolean) => {
    const room = expires || keyBytes >= keyBytesWithExpiry ? expiry : 0;
    return allocator.sizeOf(object + room + 1 + stringBytes(keyBytes));
  };
  return {
    name: "valkey-9.1",
    label: `valkey-9.1 (${allocator.name})`,
    family: "valkey",
    version: "9.1",
    ...sharedSizes(allocator),
    stringKey: (keyBytes, expires, valueBytes, isInteger) => {
      if (isInteger) return objectKey(keyBytes, expires);
      const value = embeddedHeaderBytes + valueBytes + 1;
      const head = object - pointer + (expires ? expiry : 0) + 1 + stringBytes(keyBytes);
      if (head + value > embeddedObjectMax) return objectKey(keyBytes, expires) + text.of(valueBytes);
      return allocator.sizeOf(head + Math.max(value, pointer));
    },
    objectKey,
    moduleKey: objectKey,
    set: { table, member: (bytes) => text.of(bytes) },
    hash: {
      table: (count, history) =>
        tableHead91 + pointer + hashBucketsBytes(count, history) + expiryBytes(history, allocator),
      field: (fieldBytes, valueBytes) => field(fieldBytes, valueBytes, 0),
      expiringField: (fieldBytes, valueBytes) => field(fieldBytes, valueBytes, expiry),
    },
    zset: {
      table: (count) => 16 + 32 + (levelsMax - 1) * levelBytes + table(count),
      member: (bytes) => member.of(bytes),
    },
  };
}

/** What both versions have in common. */
function sharedSizes(allocator: Allocator) {
  const stream: StreamSizes = {
    stream: 80,
    entries: (bytes) => allocator.sizeOf(bytes),
    group: 40,
    consumer: 32,
    consumerName: (bytes) => bytes,
    pendingEntry: 24,
    radixTree: (shape: RadixShape) => radixTree + radixNodesBytes(shape, allocator),
    countsNameTrees: false,
    hasPendingIndex: false,
  };
  return {
    allocator,
    limits,
    packedKind: "listpack" as const,
    packed: (bytes: number) => allocator.sizeOf(bytes),
    list: {
      quicklist,
      node: (entriesBytes: number) => quicklistNode + allocator.sizeOf(entriesBytes),
      nodeBytesMax: 8192,
      plainNodeAboveBytes: 8192,
      singleNodeIsListpack: true,
    },
    stream,
  };
}

/** A hash entry: field and value in one allocation if they fit, else the field with a pointer to the value. */
function fieldEntrySizer(allocator: Allocator, text: ByLength) {
  return (fieldBytes: number, valueBytes: number, expiryBytes: number): number => {
    const field = expiryBytes + (expiryBytes > 0 ? wideStringBytes(fieldBytes) : stringBytes(fieldBytes));
    const embedded = field + embeddedHeaderBytes + valueBytes + 1;
    if (embedded <= entryEmbeddedMax) return allocator.sizeOf(embedded);
    return allocator.sizeOf(pointer + expiryBytes + wideStringBytes(fieldBytes)) + text.of(valueBytes);
  };
}

/** A hash that was packed first grows by and by; any other is made in its final size. */
function hashBucketsBytes(count: number, { growth }: HashHistory): number {
  return growth === undefined ? valkeyBucketsBytes(count) : grownValkeyBucketsBytes(count, growth);
}

const vectorEntriesMax = 127;
/** A full vector is split in halves, so vectors are this full on average. */
const vectorFill = 0.7;
const widestWindowMs = 8192;
const narrowestWindowMs = 16;
/** The tree's leaf for one window, and the bytes of its time before it. */
const windowNodesBytes = 48;

/**
 * 9.1 also keeps the fields that expire in order: one alone for free, up to 127 in a sorted vector, more in
 * a radix tree of time windows with a vector each (or a table, where a vector cannot be split by time).
 */
function expiryBytes(history: HashHistory, allocator: Allocator): number {
  const { expiringCount: count, leastExpiryMs, greatestExpiryMs } = history;
  if (count <= 1) return 0;
  const vector = (entries: number) => (entries <= 1 ? 0 : allocator.sizeOf(pointer + entries * pointer));
  if (count <= vectorEntriesMax) return vector(count);
  const spanMs = greatestExpiryMs - leastExpiryMs;
  if (spanMs < narrowestWindowMs)
    return radixTree + windowNodesBytes + tableHead91 + valkeyBucketsBytes(count);
  const windows = spanMs / widestWindowMs + 1;
  const usedWindows = windows * (1 - Math.exp(-count / windows));
  const vectors = Math.max(usedWindows, count / (vectorEntriesMax * vectorFill));
  return radixTree + vectors * (windowNodesBytes + vector(Math.round(count / vectors)));
}

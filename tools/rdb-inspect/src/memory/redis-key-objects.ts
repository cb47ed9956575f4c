/**
 * Redis since 8.2, where key, expiry and object are one allocation ("kvobj"): the model for 8.6.
 *
 *   | metadata slots 8 each | object 16 | 1 | key string | value string if embedded |
 *
 *   slots        the expiry is one; keys of 128 bytes and more always have it
 *   string       embedded if object + key + value stay within 64 bytes
 *   hash         table + per field a dict entry 24 and one allocation of field and value, up to 128 bytes
 *   zset         the member stands inside its skip list node
 *
 * The server adds up as it allocates: in sizes asked for where it writes into a buffer of its own
 * (packed values, hash fields, members below 32 bytes), in sizes got elsewhere.
 *
 * Source: object.c (kvobjAllocSize), entry.c, t_zset.c, t_stream.c of 8.6.3.
 */
import { ByLength } from "./by-length.ts";
import type { MemoryModel, RadixShape } from "./model.ts";
import { radixNodesBytes } from "./radix-shape.ts";
import { jemalloc531 } from "./size-classes.ts";
import { expectedNodeBytes, levelBytes, levelsMax } from "./skip-list.ts";
import { embeddedHeaderBytes, stringBytes, wideStringBytes } from "./strings.ts";
import { dictBucketBytes, hashBucketBytes } from "./tables.ts";

const allocator = jemalloc531;
const object = 16;
const slot = 8;
const keyBytesWithSlot = 128;
const embeddedTextMax = 44;
const embeddedObjectMax = 64;
const dict = 56;
const dictEntry = 24;
const quicklist = 48;
const quicklistNode = 48;
const skipListNodeFixed = 16;
/** The sorted set's two pointers and the skip list's own structure. */
const zsetFixed = 16 + 48;
const entryEmbeddedMax = 128;
const expireMeta = 16;
const pointer = 8;
const listpackEx = 24;
const radixTree = 32;

/** A string as the server counts it: short ones by what they asked for, others by what they got. */
const text = new ByLength((length) => {
  const bytes = stringBytes(length);
  return length > 0 && length < 32 ? bytes : allocator.sizeOf(bytes);
});

function keyBytes(length: number, expires: boolean): number {
  const slots = expires || length >= keyBytesWithSlot ? slot : 0;
  return slots + object + 1 + stringBytes(length);
}

function objectKey(length: number, expires: boolean): number {
  return allocator.sizeOf(keyBytes(length, expires));
}

function stringKey(length: number, expires: boolean, valueBytes: number, isInteger: boolean): number {
  if (isInteger) return objectKey(length, expires);
  const fitsInObject = object + length + 3 + valueBytes + embeddedHeaderBytes + 1 <= embeddedObjectMax;
  if (valueBytes > embeddedTextMax || !fitsInObject) return objectKey(length, expires) + text.of(valueBytes);
  const slots = expires ? slot : 0;
  return allocator.sizeOf(slots + object + 1 + stringBytes(length) + embeddedHeaderBytes + valueBytes + 1);
}

function fieldEntry(fieldBytes: number, valueBytes: number): number {
  const embedded = stringBytes(fieldBytes) + wideStringBytes(valueBytes);
  if (embedded <= entryEmbeddedMax) return dictEntry + embedded;
  return dictEntry + pointer + wideStringBytes(fieldBytes) + text.of(valueBytes);
}

function expiringFieldEntry(fieldBytes: number, valueBytes: number): number {
  const field = expireMeta + wideStringBytes(fieldBytes);
  const embedded = field + wideStringBytes(valueBytes);
  if (embedded <= entryEmbeddedMax) return dictEntry + embedded;
  return dictEntry + pointer + field + text.of(valueBytes);
}

const member = new ByLength(
  (length) => dictEntry + expectedNodeBytes(allocator, skipListNodeFixed + stringBytes(length)),
);
const skipListHead = allocator.sizeOf(skipListNodeFixed + levelsMax * levelBytes + stringBytes(0));

function radixTreeBytes(shape: RadixShape): number {
  return radixTree + radixNodesBytes(shape, allocator);
}

export const redis86: MemoryModel = {
  name: "redis-8.6",
  label: `redis-8.6 (${allocator.name})`,
  family: "redis",
  version: "8.6",
  allocator,
  limits: {
    hashEntriesMax: 512,
    setEntriesMax: 128,
    intsetEntriesMax: 512,
    zsetEntriesMax: 128,
    elementBytesMax: 64,
  },
  packedKind: "listpack",
  stringKey,
  objectKey,
  moduleKey: objectKey,
  packed: (bytes) => bytes,
  packedWithExpiry: (bytes) => listpackEx + bytes,
  set: {
    table: (count) => dict + dictBucketBytes(count),
    member: (bytes) => dictEntry + text.of(bytes),
  },
  hash: {
    table: (count, history) => dict + hashBucketBytes(count, history),
    field: fieldEntry,
    expiringField: expiringFieldEntry,
  },
  zset: {
    table: (count) => zsetFixed + skipListHead + dict + dictBucketBytes(count),
    member: (bytes) => member.of(bytes),
  },
  list: {
    quicklist,
    node: (entriesBytes) => quicklistNode + entriesBytes,
    nodeBytesMax: 8192,
    plainNodeAboveBytes: 8192,
    singleNodeIsListpack: true,
  },
  stream: {
    stream: allocator.sizeOf(160),
    entries: (bytes) => bytes,
    group: 64,
    consumer: 32,
    consumerName: (bytes) => text.of(bytes),
    pendingEntry: 64,
    radixTree: radixTreeBytes,
    countsNameTrees: true,
    hasPendingIndex: true,
  },
};

/**
 * Redis up to 8.1, where a key is a dict entry, a string and an object: models for 6.0, 7.0 and 8.0.
 *
 *   key          dict entry 24 + key string + object 16 + value
 *   string       integer: in the object; up to 44 bytes: in the object's allocation; else a string of its own
 *   hash, set    table + per element a dict entry 24 + string(s)
 *   zset         the same table + skip list; the member string is shared by both
 *   list         quicklist 40 + per node 32 or 40 + listpack; one node alone is just a listpack since 7.2
 *
 * The entry in the table of expiries is not in the server's answer. For sets the server counts a full
 * dict entry per member, although it has none.
 *
 * Source: object.c (objectComputeSize) of 6.0.16, 7.0.15 and 8.0.6.
 */
import { ByLength } from "./by-length.ts";
import type { MemoryModel, PackedLimits, RadixShape } from "./model.ts";
import { radixNodeCount } from "./radix-shape.ts";
import type { Allocator } from "./size-classes.ts";
import { jemalloc521, jemalloc530, jemalloc531 } from "./size-classes.ts";
import { expectedNodeBytes, levelBytes, levelsMax } from "./skip-list.ts";
import { embeddedHeaderBytes, stringBytes } from "./strings.ts";
import { dictBucketBytes, hashBucketBytes } from "./tables.ts";

const dictEntry = 24;
const object = 16;
const embeddedStringMax = 44;
const quicklist = 40;
const skipListNodeFixed = 24;
/** The sorted set's two pointers and the skip list's own structure. */
const zsetFixed = 16 + 32;

interface Differences {
  readonly version: string;
  readonly allocator: Allocator;
  readonly limits: PackedLimits;
  /** 6.0 adds up the bytes in use where later versions ask the allocator. */
  readonly countsBlobsExactly: boolean;
  readonly dict: number;
  /** Hash fields are their own kind of string, with room for an expiry, since 7.4. */
  readonly hasFieldExpiry: boolean;
  readonly quicklistNode: number;
  readonly singleNodeIsListpack: boolean;
  readonly plainNodeAboveBytes: number;
  readonly stream: number;
  readonly group: number;
  readonly consumer: number;
}

const limits: PackedLimits = {
  hashEntriesMax: 512,
  setEntriesMax: 128,
  intsetEntriesMax: 512,
  zsetEntriesMax: 128,
  elementBytesMax: 64,
};

export const redis60 = dictEntryModel({
  version: "6.0",
  allocator: jemalloc521,
  limits: { ...limits, setEntriesMax: 0 },
  countsBlobsExactly: true,
  dict: 96,
  hasFieldExpiry: false,
  quicklistNode: 32,
  singleNodeIsListpack: false,
  plainNodeAboveBytes: Number.POSITIVE_INFINITY,
  stream: 0,
  group: 32,
  consumer: 24,
});

export const redis70 = dictEntryModel({
  version: "7.0",
  allocator: jemalloc530,
  limits: { ...limits, setEntriesMax: 0 },
  countsBlobsExactly: false,
  dict: 56,
  hasFieldExpiry: false,
  quicklistNode: 40,
  singleNodeIsListpack: false,
  plainNodeAboveBytes: 2 ** 30,
  stream: 80,
  group: 40,
  consumer: 24,
});

export const redis80 = dictEntryModel({
  version: "8.0",
  allocator: jemalloc531,
  limits,
  countsBlobsExactly: false,
  dict: 56,
  hasFieldExpiry: true,
  quicklistNode: 40,
  singleNodeIsListpack: true,
  plainNodeAboveBytes: 8192,
  stream: 80,
  group: 40,
  consumer: 32,
});

function dictEntryModel(server: Differences): MemoryModel {
  const { allocator, version } = server;
  const text = new ByLength((length) => allocator.sizeOf(stringBytes(length)));
  const key = new ByLength((length) => dictEntry + allocator.sizeOf(stringBytes(length)));
  const value = new ByLength((length) => {
    if (length > embeddedStringMax) return object + allocator.sizeOf(stringBytes(length));
    if (server.countsBlobsExactly) return object + length + 2;
    return allocator.sizeOf(object + embeddedHeaderBytes + length + 1);
  });
  const blob = (bytes: number) => (server.countsBlobsExactly ? bytes : allocator.sizeOf(bytes));
  const dict = (count: number) => server.dict + dictBucketBytes(count);
  const skipListNode = expectedNodeBytes(allocator, skipListNodeFixed);
  const skipListHead = allocator.sizeOf(skipListNodeFixed + levelsMax * levelBytes);
  return {
    name: `redis-${version}`,
    label: `redis-${version} (${allocator.name})`,
    family: "redis",
    version,
    allocator,
    limits: server.limits,
    packedKind: server.countsBlobsExactly ? "ziplist" : "listpack",
    stringKey: (keyBytes, _expires, valueBytes, isInteger) =>
      key.of(keyBytes) + (isInteger ? object : value.of(valueBytes)),
    objectKey: (keyBytes) => key.of(keyBytes) + object,
    moduleKey: (keyBytes) => key.of(keyBytes),
    packed: blob,
    ...(server.hasFieldExpiry ? { packedWithExpiry: (bytes: number) => listpackEx + blob(bytes) } : {}),
    set: { table: dict, member: (bytes) => dictEntry + text.of(bytes) },
    hash: {
      table: (count, history) => server.dict + hashBucketBytes(count, history),
      field: (fieldBytes, valueBytes) => dictEntry + text.of(fieldBytes) + text.of(valueBytes),
      expiringField: (fieldBytes, valueBytes) =>
        dictEntry + allocator.sizeOf(expiringFieldBytes(fieldBytes)) + text.of(valueBytes),
    },
    zset: {
      table: (count) => dict(count) + zsetFixed + skipListHead,
      member: (bytes) => dictEntry + skipListNode + text.of(bytes),
    },
    list: {
      quicklist,
      node: (entriesBytes) => server.quicklistNode + blob(entriesBytes),
      nodeBytesMax: 8192,
      plainNodeAboveBytes: server.plainNodeAboveBytes,
      singleNodeIsListpack: server.singleNodeIsListpack,
    },
    stream: {
      stream: server.stream,
      entries: blob,
      group: server.group,
      consumer: server.consumer,
      consumerName: (bytes) => bytes,
      pendingEntry: 24,
      radixTree: radixTreeFormula,
      countsNameTrees: false,
      hasPendingIndex: false,
    },
  };
}

const listpackEx = 32;
/** Expiry and list pointer, then two bytes of flags, in front of the field's text. */
const fieldExpiryBytes = 16 + 2;

function expiringFieldBytes(fieldBytes: number): number {
  return fieldExpiryBytes + stringBytes(fieldBytes);
}

/** The server's own estimate: sixteen bytes per key, and thirty pointers with a header per node. */
function radixTreeFormula(shape: RadixShape): number {
  return shape.keys * 16 + radixNodeCount(shape) * (4 + 30 * 8);
}

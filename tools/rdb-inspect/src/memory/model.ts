/**
 * What a memory model says: the sizes of one server version's structures, as data and small formulas.
 *
 * A model answers "how many bytes would `MEMORY USAGE key SAMPLES 0` say", after a server of this
 * version with its default settings has loaded the file. Lengths are of texts, in bytes. Costs may be
 * fractions where the server's own choice is random (heights in a skip list, collisions in a table).
 */
import type { Allocator } from "./size-classes.ts";
import type { Growth } from "./tables.ts";

export interface MemoryModel {
  /** For options and machines: "redis-7.0". */
  readonly name: string;
  /** For people: "redis-7.0 (jemalloc 5.3.0)". */
  readonly label: string;
  readonly family: "redis" | "valkey";
  /** Major and minor version: "7.0". */
  readonly version: string;
  readonly allocator: Allocator;
  readonly limits: PackedLimits;
  /** How the server packs small values that it does not take over as they are in the file. */
  readonly packedKind: "listpack" | "ziplist";

  /** A string with its key. `isInteger`: the text is a canonical 64-bit integer. */
  stringKey(keyBytes: number, expires: boolean, valueBytes: number, isInteger: boolean): number;
  /** A key with the object header of a value that is no string. */
  objectKey(keyBytes: number, expires: boolean): number;
  /** A key whose value belongs to a module. */
  moduleKey(keyBytes: number, expires: boolean): number;

  /** A listpack, ziplist or intset that an object points to. */
  packed(sizeBytes: number): number;
  /** A listpack with field expiry; undefined where such hashes are tables. */
  readonly packedWithExpiry?: (sizeBytes: number) => number;

  readonly set: { table(count: number): number; member(bytes: number): number };
  readonly hash: {
    table(count: number, history: HashHistory): number;
    field(fieldBytes: number, valueBytes: number): number;
    expiringField(fieldBytes: number, valueBytes: number): number;
  };
  readonly zset: { table(count: number): number; member(bytes: number): number };
  readonly list: ListSizes;
  readonly stream: StreamSizes;
}

/** How the table of a hash came about, as far as its size depends on that. */
export interface HashHistory {
  /** How it grew after it stopped being packed; undefined: it was never packed. */
  readonly growth: Growth | undefined;
  /** Fields with an expiry, and the times between which they expire. */
  readonly expiringCount: number;
  readonly leastExpiryMs: number;
  readonly greatestExpiryMs: number;
}

/** The server's defaults, applied again when a value is loaded. 0: never packed. */
export interface PackedLimits {
  readonly hashEntriesMax: number;
  readonly setEntriesMax: number;
  readonly intsetEntriesMax: number;
  readonly zsetEntriesMax: number;
  /** Longest field, value or member in a packed hash, set or zset. */
  readonly elementBytesMax: number;
}

interface ListSizes {
  /** The quicklist itself. */
  readonly quicklist: number;
  /** A node with its entries. */
  node(entriesBytes: number): number;
  /** Entries of a node as the list is rebuilt element by element, in bytes. */
  readonly nodeBytesMax: number;
  /** An element above this many bytes gets a node of its own. */
  readonly plainNodeAboveBytes: number;
  /** True since 7.2: a list of one packed node is a listpack without quicklist. */
  readonly singleNodeIsListpack: boolean;
}

export interface StreamSizes {
  /** The stream itself, without the tree of its entries. */
  readonly stream: number;
  /** A node's listpack. */
  entries(sizeBytes: number): number;
  readonly group: number;
  readonly consumer: number;
  consumerName(bytes: number): number;
  readonly pendingEntry: number;
  /** A radix tree with its keys, as this server counts it. */
  radixTree(shape: RadixShape): number;
  /** True when the tree of groups and those of consumers are counted. */
  readonly countsNameTrees: boolean;
  /** True since Redis 8.2: one more tree of all pending ids. */
  readonly hasPendingIndex: boolean;
}

/** Radix tree of ids, by number of nodes of each kind; see radix-shape.ts. */
export interface RadixShape {
  readonly keys: number;
  readonly leaves: number;
  /** Nodes that hold a run of bytes, and the mean length of the run. */
  readonly runs: number;
  readonly meanRunBytes: number;
  /** Nodes with several children, by group: how many nodes, and how many children each has. */
  readonly branches: readonly { readonly nodes: number; readonly children: number }[];
}

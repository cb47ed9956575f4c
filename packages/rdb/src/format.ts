/**
 * Every number of the RDB format in one place: magics, versions, opcodes, value types.
 *
 * A number alone says little: 22 is a hash with field expiry in Valkey 9 and another one in the
 * release candidates of Redis 7.4; 243 is key metadata in Redis and a slot import in Valkey. So the
 * dialect comes first (from the magic of a file, from the footer of a DUMP payload), then the table.
 *
 * Source: rdb.h of Redis 8.x and Valkey 9.x, and files written by real servers (fixtures/rdb).
 */

/** Which family wrote the bytes. Common ground (versions 1 to 11) counts as "redis". */
export type RdbDialect = "redis" | "valkey";

export type RdbType = "string" | "list" | "set" | "hash" | "zset" | "stream" | "array" | "module";

/** How a value is stored in the file, by the field's own names. */
export type RdbEncoding =
  | "raw"
  | "int"
  | "lzf"
  | "plain"
  | "hashtable"
  | "skiplist"
  | "listpack"
  | "ziplist"
  | "quicklist"
  | "intset"
  | "zipmap"
  | "template"
  | "array"
  | "module";

/** Highest RDB version that this code knows, by dialect; the first is the lowest. */
export const knownVersions = {
  redis: { first: 1, last: 15 },
  valkey: { first: 80, last: 80 },
} as const;

/** Versions up to here have no checksum behind the end opcode. */
export const lastVersionWithoutChecksum = 4;

/** Bytes of magic plus version digits: `REDIS0011` or `VALKEY080`. */
export const headerBytes = 9;

export const opcode = {
  hashTemplate: 242, // Redis 15
  keyMeta: 243, // Redis 13
  slotImport: 243, // Valkey 80
  slotInfo: 244, // Redis 12, read by Valkey 80
  function: 245, // 10
  functionPreGa: 246, // Redis 7.0 release candidates
  moduleAux: 247, // 9
  freq: 249, // 9
  idle: 248, // 9
  aux: 250, // 7
  resizeDb: 251, // 7
  expireTimeMs: 252, // 3
  expireTime: 253, // 1
  selectDb: 254, // 1
  end: 255, // 1
  enterpriseRamLru: 107, // Redis Enterprise only
  enterpriseSlot: 121, // Redis Enterprise only
} as const;

export const moduleOpcode = { end: 0, signed: 1, unsigned: 2, float: 3, double: 4, string: 5 } as const;

/** Packed encodings: one string of the file that holds many entries. */
export type PackedKind = "listpack" | "ziplist" | "intset" | "zipmap";

/**
 * One value type of the format.
 *
 * `layout` is the shape of the stored value, enough to step over it without knowing what it means
 * (read by walker.ts):
 *
 *   s   string                         p   string that holds a packed encoding
 *   S   the string that is the value   e   int64, a time in ms
 *   l   length                         L   length that is the number of elements
 *   d   ASCII double                   8   binary double      r   raw stream id, sixteen bytes
 *   n(  count, then so many times      N(  the same, and the count is the number of elements
 *   q   quicklist node: container, then a plain or a packed string
 *   i   module id                      m   module opcodes up to the end opcode
 *   c   count of elements kept for     *(  so many times as the count kept
 *   o   flag, then a length if it is 1
 *   t   tagged array element
 *   T   template fields; their number is kept      R   template id; the number of its fields is kept
 */
export interface TypeRow {
  readonly number: number;
  readonly name: string;
  readonly type: RdbType;
  readonly encoding: RdbEncoding;
  readonly dialect: RdbDialect | "both";
  /** First RDB version that a server wrote it in. */
  readonly since: number;
  readonly layout: string;
  readonly packed?: PackedKind;
  /** Entries of the packed encoding that make one element: 2 for a field and its value. */
  readonly entriesPerItem?: number;
  /** Entries of the packed encoding in front of the elements. */
  readonly leadingEntries?: number;
}

const streamHead = "n(ss)Lll";
const streamCounters = "lllll";
const pendingList = "n(rel)";

export const typeRows: readonly TypeRow[] = [
  { number: 0, name: "STRING", type: "string", encoding: "raw", dialect: "both", since: 1, layout: "S" },
  { number: 1, name: "LIST", type: "list", encoding: "plain", dialect: "both", since: 1, layout: "N(s)" },
  { number: 2, name: "SET", type: "set", encoding: "hashtable", dialect: "both", since: 1, layout: "N(s)" },
  { number: 3, name: "ZSET", type: "zset", encoding: "skiplist", dialect: "both", since: 1, layout: "N(sd)" },
  {
    number: 4,
    name: "HASH",
    type: "hash",
    encoding: "hashtable",
    dialect: "both",
    since: 1,
    layout: "N(ss)",
  },
  {
    number: 5,
    name: "ZSET_2",
    type: "zset",
    encoding: "skiplist",
    dialect: "both",
    since: 8,
    layout: "N(s8)",
  },
  {
    number: 7,
    name: "MODULE_2",
    type: "module",
    encoding: "module",
    dialect: "both",
    since: 8,
    layout: "im",
  },
  {
    number: 9,
    name: "HASH_ZIPMAP",
    type: "hash",
    encoding: "zipmap",
    dialect: "both",
    since: 2,
    layout: "p",
    packed: "zipmap",
    entriesPerItem: 2,
  },
  {
    number: 10,
    name: "LIST_ZIPLIST",
    type: "list",
    encoding: "ziplist",
    dialect: "both",
    since: 2,
    layout: "p",
    packed: "ziplist",
  },
  {
    number: 11,
    name: "SET_INTSET",
    type: "set",
    encoding: "intset",
    dialect: "both",
    since: 2,
    layout: "p",
    packed: "intset",
  },
  {
    number: 12,
    name: "ZSET_ZIPLIST",
    type: "zset",
    encoding: "ziplist",
    dialect: "both",
    since: 2,
    layout: "p",
    packed: "ziplist",
    entriesPerItem: 2,
  },
  {
    number: 13,
    name: "HASH_ZIPLIST",
    type: "hash",
    encoding: "ziplist",
    dialect: "both",
    since: 4,
    layout: "p",
    packed: "ziplist",
    entriesPerItem: 2,
  },
  {
    number: 14,
    name: "LIST_QUICKLIST",
    type: "list",
    encoding: "quicklist",
    dialect: "both",
    since: 7,
    layout: "n(p)",
    packed: "ziplist",
  },
  {
    number: 15,
    name: "STREAM_LISTPACKS",
    type: "stream",
    encoding: "listpack",
    dialect: "both",
    since: 9,
    layout: `${streamHead}n(sll${pendingList}n(sen(r)))`,
  },
  {
    number: 16,
    name: "HASH_LISTPACK",
    type: "hash",
    encoding: "listpack",
    dialect: "both",
    since: 10,
    layout: "p",
    packed: "listpack",
    entriesPerItem: 2,
  },
  {
    number: 17,
    name: "ZSET_LISTPACK",
    type: "zset",
    encoding: "listpack",
    dialect: "both",
    since: 10,
    layout: "p",
    packed: "listpack",
    entriesPerItem: 2,
  },
  {
    number: 18,
    name: "LIST_QUICKLIST_2",
    type: "list",
    encoding: "quicklist",
    dialect: "both",
    since: 10,
    layout: "n(q)",
    packed: "listpack",
  },
  {
    number: 19,
    name: "STREAM_LISTPACKS_2",
    type: "stream",
    encoding: "listpack",
    dialect: "both",
    since: 10,
    layout: `${streamHead}${streamCounters}n(slll${pendingList}n(sen(r)))`,
  },
  {
    number: 20,
    name: "SET_LISTPACK",
    type: "set",
    encoding: "listpack",
    dialect: "both",
    since: 11,
    layout: "p",
    packed: "listpack",
  },
  {
    number: 21,
    name: "STREAM_LISTPACKS_3",
    type: "stream",
    encoding: "listpack",
    dialect: "both",
    since: 11,
    layout: `${streamHead}${streamCounters}n(slll${pendingList}n(seen(r)))`,
  },
  {
    number: 22,
    name: "HASH_METADATA_PRE_GA",
    type: "hash",
    encoding: "hashtable",
    dialect: "redis",
    since: 12,
    layout: "N(lss)",
  },
  {
    number: 22,
    name: "HASH_2",
    type: "hash",
    encoding: "hashtable",
    dialect: "valkey",
    since: 80,
    layout: "N(sse)",
  },
  {
    number: 23,
    name: "HASH_LISTPACK_EX_PRE_GA",
    type: "hash",
    encoding: "listpack",
    dialect: "redis",
    since: 12,
    layout: "p",
    packed: "listpack",
    entriesPerItem: 3,
  },
  {
    number: 24,
    name: "HASH_METADATA",
    type: "hash",
    encoding: "hashtable",
    dialect: "redis",
    since: 12,
    layout: "eN(lss)",
  },
  {
    number: 25,
    name: "HASH_LISTPACK_EX",
    type: "hash",
    encoding: "listpack",
    dialect: "redis",
    since: 12,
    layout: "ep",
    packed: "listpack",
    entriesPerItem: 3,
  },
  {
    number: 26,
    name: "STREAM_LISTPACKS_4",
    type: "stream",
    encoding: "listpack",
    dialect: "redis",
    since: 13,
    layout: `${streamHead}${streamCounters}n(slll${pendingList}n(seen(r)))lln(sn(sll))ll`,
  },
  {
    number: 27,
    name: "STREAM_LISTPACKS_5",
    type: "stream",
    encoding: "listpack",
    dialect: "redis",
    since: 14,
    layout: `${streamHead}${streamCounters}n(slll${pendingList}n(seen(r))n(r))lln(sn(sll))ll`,
  },
  {
    number: 28,
    name: "ARRAY",
    type: "array",
    encoding: "array",
    dialect: "redis",
    since: 14,
    layout: "co*(t)",
  },
  {
    number: 29,
    name: "HASH_TMPL_LP",
    type: "hash",
    encoding: "template",
    dialect: "redis",
    since: 15,
    layout: "Tp",
    packed: "listpack",
    leadingEntries: 1,
  },
  {
    number: 30,
    name: "HASH_LP_REF",
    type: "hash",
    encoding: "template",
    dialect: "redis",
    since: 15,
    layout: "p",
    packed: "listpack",
    leadingEntries: 1,
  },
  {
    number: 31,
    name: "HASH_TMPL_ARRAY",
    type: "hash",
    encoding: "template",
    dialect: "redis",
    since: 15,
    layout: "T*(s)",
  },
  {
    number: 32,
    name: "HASH_ARRAY_REF",
    type: "hash",
    encoding: "template",
    dialect: "redis",
    since: 15,
    layout: "R*(s)",
  },
];

/** Numbers that stand for something, but for nothing that can be walked; with the reason for people. */
export const unwalkableTypes: ReadonlyMap<number, string> = new Map([
  [
    6,
    "a module value of a Redis 4.0 release candidate; no server reads it and it does not say how long it is",
  ],
]);

/**
 * Numbers that stand for different things in Redis and Valkey, in a release candidate, or in a build
 * that was never released. They are taken only from the version on that wrote them.
 */
const ambiguousTypes: ReadonlySet<number> = new Set([22, 23, 29, 30, 31, 32]);

/** The same for opcodes: the first version of each dialect that has it. */
export const ambiguousOpcodes: ReadonlyMap<
  number,
  Readonly<Record<RdbDialect, number | undefined>>
> = new Map([
  [opcode.hashTemplate, { redis: 15, valkey: undefined }],
  [opcode.keyMeta, { redis: 13, valkey: 80 }],
]);

/**
 * The types of one dialect and version, by number; undefined where the number means nothing there.
 *
 * A type newer than the header says is accepted, as servers do, unless its number is ambiguous.
 */
export function typeTable(dialect: RdbDialect, version: number): readonly (TypeRow | undefined)[] {
  const table = new Array<TypeRow | undefined>(256).fill(undefined);
  for (const row of typeRows) {
    const isTooEarly = ambiguousTypes.has(row.number) && version < row.since;
    if ((row.dialect === "both" || row.dialect === dialect) && !isTooEarly) table[row.number] = row;
  }
  return table;
}

/** Hash field expiry: the greatest absolute time that Redis loads, 2^48 - 1 ms. */
export const fieldExpiryMaxMs = 2 ** 48 - 1;

/** Limits of the idempotency part of streams (Redis 8.6). */
export const idmpLimits = { durationSecMax: 86400, entriesMax: 10000 } as const;

/**
 * Most field names and values of one stream entry, and most field names of one hash template: a command
 * has at most so many arguments. Above it is RDB_LIMIT; each costs far more memory than the byte it may
 * take in a listpack.
 */
export const textsOfOneItemMax = 2 ** 20;

/** Longest text of an array element that is stored under the small-string tag. */
export const arraySmallStringMax = 7;

export const arrayTag = { string: 0, integer: 1, double: 2, smallString: 3 } as const;

export const clusterSlots = 16384;

const moduleNameAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** A module type id as people know it: nine characters of six bits each, then ten bits of version. */
export function moduleTypeOf(id: bigint): { readonly name: string; readonly version: number } {
  let name = "";
  for (let shift = 58n; shift >= 10n; shift -= 6n) name += moduleNameAlphabet[Number((id >> shift) & 63n)];
  return { name, version: Number(id & 1023n) };
}

/**
 * What an encoder writes for: the servers by name, with the RDB version that each writes and what it can hold.
 *
 *   redis-7.0, redis-7.0.15    a known release
 *   redis-8, valkey-9          every release of that series: what the oldest of them loads
 *   rdb:11, or the number 11   any server that reads this version
 *
 * A type is held by every target of its dialect from the version on that brought it (format.ts). What the version does not
 * say stands here: vector sets have no version of their own, and the width of large listpack entries changed without one.
 *
 * Source: rdb.h and config.c of the releases; versions checked against files of real servers (fixtures/rdb).
 */
import { knownVersions, type RdbDialect, type TypeRow } from "../format.ts";
import type { PackingLimits } from "./packing-limits.ts";
import { packingLimitsOf } from "./packing-limits.ts";

/** A server as far as writing for it goes. */
export interface RdbTarget {
  /** `redis-7.0`, or `rdb:10` for a bare version. */
  readonly name: string;
  readonly dialect: RdbDialect;
  /** Which server it is; "any" for a bare version, where `dialect` only says whose magic and types it has. */
  readonly family: RdbDialect | "any";
  readonly rdbVersion: number;
  /** Vector sets are module values, from Redis 8.0 on. A bare version that such a server reads counts as able. */
  readonly hasVectorSets: boolean;
  /** The stricter loaders (Redis 8.8, Valkey 9) refuse a stream whose stated length is not the sum of its nodes. */
  readonly checksStreamLength: boolean;
  /** First size of a listpack entry whose own size takes three bytes: Redis 8.8 moved it by one. */
  readonly wideEntryBytes: 16383 | 16384;
  /** When this server prefers a packed encoding, by its default configuration. */
  readonly packing: PackingLimits;
}

const releases: readonly (readonly [name: string, rdbVersion: number])[] = [
  ["redis-2.4", 2],
  ["redis-2.6", 6],
  ["redis-2.8", 6],
  ["redis-3.0", 6],
  ["redis-3.2", 7],
  ["redis-4.0", 8],
  ["redis-5.0", 9],
  ["redis-6.0", 9],
  ["redis-6.2", 9],
  ["redis-7.0", 10],
  ["redis-7.2", 11],
  ["redis-7.4", 12],
  ["redis-8.0", 12],
  ["redis-8.2", 12],
  ["redis-8.4", 12],
  ["redis-8.6", 13],
  ["redis-8.8", 14],
  ["redis-8.10", 15],
  ["valkey-7.2", 11],
  ["valkey-8.0", 11],
  ["valkey-8.1", 11],
  ["valkey-9.0", 80],
  ["valkey-9.1", 80],
];

/** First version that only servers with vector sets may write; 12 is Redis 7.4 and 8.0 alike. */
const vectorSetsPossibleFrom = 12;
const strictLengthFrom = { redis: 14, valkey: 80 } as const;

/** All targets that have a name of their own, oldest of each family first. */
export const rdbTargetNames: readonly string[] = releases.map(([name]) => name);

/** The target of this name or number; undefined for one that is not known. */
export function rdbTarget(wanted: string | number): RdbTarget | undefined {
  const number = typeof wanted === "number" ? wanted : Number(/^(?:rdb:)?(\d+)$/.exec(wanted)?.[1]);
  if (!Number.isNaN(number)) return bareTarget(number);
  const found =
    releases.findLast(([name]) => name === wanted || String(wanted).startsWith(`${name}.`)) ??
    releases.find(([name]) => name.startsWith(`${wanted}.`));
  if (found === undefined) return undefined;
  const [name, rdbVersion] = found;
  const [family, release] = name.split("-") as [RdbDialect, string];
  const hasVectorSets = family === "redis" && Number(release.split(".")[0]) >= 8;
  return makeTarget(name, family, rdbVersion, hasVectorSets);
}

function bareTarget(rdbVersion: number): RdbTarget | undefined {
  const dialect: RdbDialect = rdbVersion >= knownVersions.valkey.first ? "valkey" : "redis";
  const { first, last } = knownVersions[dialect];
  if (rdbVersion < first || rdbVersion > last) return undefined;
  return makeTarget(
    `rdb:${rdbVersion}`,
    "any",
    rdbVersion,
    dialect === "redis" && rdbVersion >= vectorSetsPossibleFrom,
  );
}

function makeTarget(
  name: string,
  family: RdbTarget["family"],
  rdbVersion: number,
  hasVectorSets: boolean,
): RdbTarget {
  const dialect: RdbDialect = rdbVersion >= knownVersions.valkey.first ? "valkey" : "redis";
  return {
    name,
    dialect,
    family,
    rdbVersion,
    hasVectorSets,
    checksStreamLength: rdbVersion >= strictLengthFrom[dialect],
    wideEntryBytes: dialect === "redis" && rdbVersion >= strictLengthFrom.redis ? 16384 : 16383,
    packing: packingLimitsOf(rdbVersion),
  };
}

/** Versions of things that are no value types, by the dialect that has them; undefined: never came. */
const features = {
  expireAtMs: { redis: 3, valkey: 80 },
  checksum: { redis: 5, valkey: 80 },
  aux: { redis: 7, valkey: 80 },
  longLengths: { redis: 8, valkey: 80 },
  module: { redis: 8, valkey: 80 },
  evictionHints: { redis: 9, valkey: 80 },
  stream: { redis: 9, valkey: 80 },
  streamCounters: { redis: 10, valkey: 80 },
  functions: { redis: 10, valkey: 80 },
  consumerActiveTime: { redis: 11, valkey: 80 },
  fieldExpiry: { redis: 12, valkey: 80 },
  slotInfo: { redis: 12, valkey: 80 },
  idempotency: { redis: 13, valkey: undefined },
  keyMeta: { redis: 13, valkey: undefined },
  nackZone: { redis: 14, valkey: undefined },
  array: { redis: 14, valkey: undefined },
  slotImport: { redis: undefined, valkey: 80 },
} as const;

export type RdbFeature = keyof typeof features;

/** Whether the target reads files with this in them. */
export function targetHas(target: RdbTarget, feature: RdbFeature): boolean {
  const since = features[feature][target.dialect];
  return since !== undefined && target.rdbVersion >= since;
}

/** Types that are never written: numbers of release candidates, and references to templates of the file they were in. */
const unwritableTypes: ReadonlySet<string> = new Set([
  "HASH_METADATA_PRE_GA",
  "HASH_LISTPACK_EX_PRE_GA",
  "HASH_LP_REF",
  "HASH_ARRAY_REF",
]);

/**
 * Whether a value can be copied as it is stored. Before RDB 8 only strings are: a newer writer may have used lengths or
 * packed integers that such a server does not know. A stream is decoded for the loaders that check its length, because
 * files of early Redis 5.0 state a wrong one, and later servers carried it on.
 */
export function holdsAsStored(target: RdbTarget, row: TypeRow): boolean {
  if (unwritableTypes.has(row.name)) return false;
  if (row.dialect !== "both" && row.dialect !== target.dialect) return false;
  if (row.since > target.rdbVersion) return false;
  if (row.type === "stream" && target.checksStreamLength) return false;
  return row.type === "string" || targetHas(target, "longLengths");
}

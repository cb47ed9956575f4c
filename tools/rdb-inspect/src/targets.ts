/**
 * The servers that an export can be meant for: which commands they have and which RDB version they read.
 *
 *   --target redis-7.0       a known server
 *   --target valkey-9        the newest known one of that series
 *
 * Source: release notes and RESTORE of the servers; RDB versions as in the format's version table.
 */
import { acceptsDumpVersion, type RdbDialect, type TypeRow } from "@holdfast/rdb";
import { type FileFacts, serverOf } from "./file-facts.ts";
import { UsageError } from "./problems.ts";

export interface Target {
  readonly name: string;
  readonly family: RdbDialect;
  /** Major and minor version as one number that can be compared: 7.2 is 702, 8.10 is 810. */
  readonly release: number;
  readonly rdbVersion: number;
}

const knownTargets: readonly Target[] = [
  { name: "redis-6.0", family: "redis", release: 600, rdbVersion: 9 },
  { name: "redis-6.2", family: "redis", release: 602, rdbVersion: 9 },
  { name: "redis-7.0", family: "redis", release: 700, rdbVersion: 10 },
  { name: "redis-7.2", family: "redis", release: 702, rdbVersion: 11 },
  { name: "redis-7.4", family: "redis", release: 704, rdbVersion: 12 },
  { name: "redis-8.0", family: "redis", release: 800, rdbVersion: 12 },
  { name: "redis-8.2", family: "redis", release: 802, rdbVersion: 12 },
  { name: "redis-8.4", family: "redis", release: 804, rdbVersion: 12 },
  { name: "redis-8.6", family: "redis", release: 806, rdbVersion: 13 },
  { name: "redis-8.8", family: "redis", release: 808, rdbVersion: 14 },
  { name: "redis-8.10", family: "redis", release: 810, rdbVersion: 15 },
  { name: "valkey-7.2", family: "valkey", release: 702, rdbVersion: 11 },
  { name: "valkey-8.0", family: "valkey", release: 800, rdbVersion: 11 },
  { name: "valkey-8.1", family: "valkey", release: 801, rdbVersion: 11 },
  { name: "valkey-9.0", family: "valkey", release: 900, rdbVersion: 80 },
  { name: "valkey-9.1", family: "valkey", release: 901, rdbVersion: 80 },
];

export const targetNames: readonly string[] = knownTargets.map((target) => target.name);

/** The target of this name. Throws UsageError for one that is not known. */
export function targetOf(name: string): Target {
  const target = knownTargets.findLast((known) => known.name === name || known.name.startsWith(`${name}.`));
  if (target === undefined) throw new UsageError(`--target knows ${targetNames.join(", ")}; not "${name}"`);
  return target;
}

/** The server that wrote a file, as a target: the newest known one that is not newer. */
export function targetOfFile(facts: FileFacts): Target {
  const { family, version } = serverOf(facts);
  const release = releaseOf(version);
  const ofFamily = knownTargets.filter((target) => target.family === family);
  const byRelease = ofFamily.findLast((target) => release !== undefined && target.release <= release);
  if (byRelease !== undefined) return byRelease;
  // Files older than RDB 7 name no server: the oldest known one reads them all.
  return (
    ofFamily.find((target) => target.rdbVersion >= (facts.version ?? 0)) ?? ofFamily[ofFamily.length - 1]
  );
}

function releaseOf(version: string | undefined): number | undefined {
  const match = /^(\d+)\.(\d+)/.exec(version ?? "");
  return match === null ? undefined : Number(match[1]) * 100 + Number(match[2]);
}

/** Whether the target has what came with this release of Redis, or of Valkey. Undefined: never came. */
function since(target: Target, redis: number, valkey: number | undefined): boolean {
  if (target.family === "redis") return target.release >= redis;
  return valkey !== undefined && target.release >= valkey;
}

export function hasFunctions(target: Target): boolean {
  return since(target, 700, 702);
}

/** XSETID with counters, XGROUP CREATE with ENTRIESREAD; pending entries only of entries that exist. */
export function hasStreamCounters(target: Target): boolean {
  return since(target, 700, 702);
}

export function hasConsumerCreation(target: Target): boolean {
  return since(target, 602, 702);
}

export function hasFieldExpiry(target: Target): boolean {
  return since(target, 704, 900);
}

export function hasIdempotency(target: Target): boolean {
  return since(target, 806, undefined);
}

export function hasVectorSets(target: Target): boolean {
  return since(target, 800, undefined);
}

/** Types of a file that servers write but do not take in RESTORE: they refer to templates of the file. */
const fileOnlyTypes: ReadonlySet<string> = new Set(["HASH_LP_REF", "HASH_ARRAY_REF"]);

/**
 * The footer version of a payload of this type that the target takes; undefined when there is none.
 * The file's own version is kept when the target takes it.
 */
export function footerVersion(
  target: Target,
  row: TypeRow,
  file: { dialect: RdbDialect; version: number },
): number | undefined {
  if (fileOnlyTypes.has(row.name)) return undefined;
  const server = { family: target.family, rdbVersion: target.rdbVersion };
  const isForeign = file.dialect !== dialectOf(target.rdbVersion) && row.dialect !== "both";
  if (isForeign) return undefined;
  if (acceptsDumpVersion(server, file.version)) return file.version;
  // A lower footer is honest as long as the type itself is as old.
  const lowered =
    target.rdbVersion >= 80 && row.since <= lastCommonVersion ? lastCommonVersion : target.rdbVersion;
  return row.since <= lowered && (row.dialect === "both" || row.dialect === dialectOf(lowered))
    ? lowered
    : undefined;
}

const lastCommonVersion = 11;

function dialectOf(rdbVersion: number): RdbDialect {
  return rdbVersion >= 80 ? "valkey" : "redis";
}

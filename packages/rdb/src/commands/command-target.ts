/**
 * The servers that commands can be meant for: which commands they have and which RDB version RESTORE takes.
 *
 *   redis-7.0       a known server
 *   valkey-9        the newest known one of that series
 *
 * Source: release notes and RESTORE of the servers; RDB versions as in the format's version table.
 */
import { acceptsDumpVersion } from "../dump-payload.ts";
import type { RdbDialect, TypeRow } from "../format.ts";

export interface CommandTarget {
  readonly name: string;
  readonly family: RdbDialect;
  /** Major and minor version as one number that can be compared: 7.2 is 702, 8.10 is 810. */
  readonly release: number;
  readonly rdbVersion: number;
}

/** What decides how a stored value can be restored: whose file it is in, and of which version. */
export interface FileOrigin {
  readonly dialect: RdbDialect;
  readonly version: number;
}

const knownTargets: readonly CommandTarget[] = [
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

/** All names, oldest of each family first. */
export const commandTargetNames: readonly string[] = knownTargets.map((target) => target.name);

/** The target of this name; undefined for one that is not known. */
export function commandTarget(name: string): CommandTarget | undefined {
  return knownTargets.findLast((known) => known.name === name || known.name.startsWith(`${name}.`));
}

/** The server that wrote a file: the newest known one that is not newer. Versions as the file says them, if it does. */
export function commandTargetOfFile(
  family: RdbDialect,
  serverVersion: string | undefined,
  rdbVersion: number | undefined,
): CommandTarget {
  const release = releaseOf(serverVersion);
  const ofFamily = knownTargets.filter((target) => target.family === family);
  const byRelease = ofFamily.findLast((target) => release !== undefined && target.release <= release);
  if (byRelease !== undefined) return byRelease;
  // Files older than RDB 7 name no server: the oldest known one reads them all.
  return ofFamily.find((target) => target.rdbVersion >= (rdbVersion ?? 0)) ?? ofFamily[ofFamily.length - 1];
}

function releaseOf(version: string | undefined): number | undefined {
  const match = /^(\d+)\.(\d+)/.exec(version ?? "");
  return match === null ? undefined : Number(match[1]) * 100 + Number(match[2]);
}

/** The release of each family that brought it; undefined: never came. */
const features = {
  consumerCreation: { redis: 602, valkey: 702 },
  fieldExpiry: { redis: 704, valkey: 900 },
  functions: { redis: 700, valkey: 702 },
  /** XCFGSET since 8.6.0, XIDMPRECORD since 8.6.2; servers before that could not write records either. */
  idempotency: { redis: 806, valkey: undefined },
  /** XSETID with counters, XGROUP CREATE with ENTRIESREAD; pending entries only of entries that exist. */
  streamCounters: { redis: 700, valkey: 702 },
  vectorSets: { redis: 800, valkey: undefined },
} as const;

export type CommandFeature = keyof typeof features;

export function commandTargetHas(target: CommandTarget, feature: CommandFeature): boolean {
  const since = features[feature][target.family];
  return since !== undefined && target.release >= since;
}

/** Types of a file that servers write but do not take in RESTORE: they refer to templates of the file. */
const fileOnlyTypes: ReadonlySet<string> = new Set(["HASH_LP_REF", "HASH_ARRAY_REF"]);

/**
 * The footer version of a payload of this type that the target takes; undefined when there is none.
 * The file's own version is kept when the target takes it.
 */
export function footerVersion(target: CommandTarget, row: TypeRow, file: FileOrigin): number | undefined {
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

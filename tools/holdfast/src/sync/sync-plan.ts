/** What `holdfast sync` is asked for: options and URLs of the command line, checked, before anything is connected to. */
import { join } from "node:path";
import { crc64, formatCrc64 } from "@holdfast/bytes";
import {
  type FilterNames,
  type FilterSettings,
  type ProgressChoice,
  parseCount,
  parseDuration,
  parseFilters,
  parseRename,
  type Rename,
  UsageError,
} from "@holdfast/command-line";
import type { CredentialOptions } from "../credentials.ts";
import type { Host } from "../host.ts";
import type { ServerUrl } from "../server-url.ts";
import { parseServerPlace, type ServerPlace } from "../servers/read-access.ts";
import type { ServerAccess } from "../servers/server-access.ts";
import type { TlsFlags } from "../tls-settings.ts";
import { CHECKPOINT_KEY } from "./checkpoint.ts";
import type { OnExists } from "./copy/key-copier.ts";
import { KeyRules } from "./key-rules.ts";

/** What a name and a database can answer; --key is of TLS, as in redis-cli. */
export const syncFilters: FilterNames = { db: "db", key: "match", "key-regex": "match-regex", slot: "slot" };

export interface SyncCommandOptions extends CredentialOptions, TlsFlags {
  readonly targetPassFile?: string;
  readonly once?: boolean;
  readonly restart?: boolean;
  readonly verify?: boolean;
  readonly verifyOnly?: boolean;
  readonly onExists: OnExists;
  readonly onRefused: "stop" | "skip";
  readonly allowLoss?: boolean;
  readonly rename?: readonly string[];
  readonly spool?: string;
  readonly timeout: string;
  readonly retries: string;
  readonly json?: boolean;
  readonly progress: ProgressChoice;
  readonly [filter: string]: unknown;
}

export interface SyncPlan {
  readonly source:
    | { readonly kind: "server"; readonly access: ServerAccess }
    | { readonly kind: "file"; readonly path: string };
  readonly target: readonly ServerAccess[];
  readonly rules: KeyRules;
  /** As text: a checkpoint is of no use under other rules. */
  readonly rulesText: string;
  readonly checkpointDb: number;
  readonly onExists: OnExists;
  readonly onRefused: "stop" | "skip";
  readonly isOnce: boolean;
  readonly isRestart: boolean;
  readonly allowsLoss: boolean;
  readonly spoolDirectory: string;
  readonly timeoutMs: number;
  readonly retriesMax: number;
  readonly progress: ProgressChoice;
}

/** Throws UsageError. */
export async function readSyncPlan(
  host: Host,
  { source, target }: { readonly source: string; readonly target: string },
  options: SyncCommandOptions,
): Promise<SyncPlan> {
  const filters = parseFilters(options, host.clock.nowMs(), syncFilters);
  const renames = (options.rename ?? []).map(parseRename);
  const place = parseServerPlace(target);
  const { url } = place;
  const timeoutMs = parseTimeout(options.timeout);
  const intoDb = url.db;
  if (intoDb !== undefined) refuseManyDbs(filters, intoDb);
  const rulesText = rulesAsText(filters, renames, intoDb);
  const ownPrefix = Buffer.from(CHECKPOINT_KEY);
  const from = await sourceOf(host, source, options, timeoutMs);
  return {
    source: from,
    target: await targetOf(host, place, options, timeoutMs),
    rules: new KeyRules({ filters, renames, intoDb, ownPrefix }),
    rulesText,
    checkpointDb: intoDb ?? 0,
    onExists: options.onExists,
    onRefused: options.onRefused,
    isOnce: options.once === true || from.kind === "file",
    isRestart: options.restart === true,
    allowsLoss: options.allowLoss === true,
    spoolDirectory: options.spool ?? defaultSpool(from, url, rulesText),
    timeoutMs,
    retriesMax: parseCount("--retries", options.retries),
    progress: options.progress,
  };
}

async function sourceOf(
  host: Host,
  text: string,
  options: SyncCommandOptions,
  timeoutMs: number,
): Promise<SyncPlan["source"]> {
  if (!/^[a-z+]+:\/\//i.test(text)) {
    if (options.passFile !== undefined)
      throw new UsageError("--pass-file is for a source that is a server", {
        nextStep: "the target's password goes into --target-pass-file",
      });
    return { kind: "file", path: text };
  }
  const place = parseServerPlace(text);
  const { url } = place;
  if (place.isCluster)
    throw new UsageError("a cluster as a source is synced shard by shard", {
      nextStep: "give the URL of one primary after the other, each with a --spool of its own",
    });
  if (url.db !== undefined)
    throw new UsageError(`a source has all its databases, not only ${url.db}`, {
      nextStep: `leave it out of the URL and give --db ${url.db}`,
    });
  const { passFile } = options;
  const own = { ...tlsFor(url, options), ...(passFile === undefined ? {} : { passFile }), timeoutMs };
  const [access] = await place.access(host, own);
  return { kind: "server", access };
}

async function targetOf(
  host: Host,
  place: ServerPlace,
  options: SyncCommandOptions,
  timeoutMs: number,
): Promise<readonly ServerAccess[]> {
  const { targetPassFile } = options;
  const { target, sentinel } = host.passwords;
  const passwords = target === undefined ? host.passwords : { redis: target, sentinel };
  const own = targetPassFile === undefined ? {} : { passFile: targetPassFile };
  return place.access({ ...host, passwords }, { ...tlsFor(place.url, options), ...own, timeoutMs });
}

/** Flags of TLS are for whichever side speaks it. */
function tlsFor(url: ServerUrl, { tls, sni, cacert, cert, key, insecure }: SyncCommandOptions): TlsFlags {
  if (!url.isTls && tls !== true) return {};
  return {
    ...(tls === undefined || "path" in url.address ? {} : { tls }),
    ...(sni === undefined ? {} : { sni }),
    ...(cacert === undefined ? {} : { cacert }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(insecure === undefined ? {} : { insecure }),
  };
}

function refuseManyDbs(filters: FilterSettings, intoDb: number): void {
  const only = filters.find(({ option, isNegated }) => option === "db" && !isNegated);
  if (only?.values.length === 1) return;
  throw new UsageError(`the target's URL names db ${intoDb}, and the source has several databases`, {
    nextStep:
      "say which one is meant with --db N, or leave the database out of the URL: each goes into its own",
  });
}

function rulesAsText(
  filters: FilterSettings,
  renames: readonly Rename[],
  intoDb: number | undefined,
): string {
  const names = renames.map(({ from, to }) => [
    Buffer.from(from).toString("latin1"),
    Buffer.from(to).toString("latin1"),
  ]);
  return JSON.stringify({ filters, renames: names, intoDb: intoDb ?? null });
}

/** The same for the same two sides and rules, so that a run finds what the one before it left. */
function defaultSpool(source: SyncPlan["source"], target: ServerUrl, rulesText: string): string {
  const from = source.kind === "server" ? source.access.shown : source.path;
  const name = formatCrc64(crc64(Buffer.from(JSON.stringify([from, target.shown, rulesText]))));
  return join(".", `holdfast-sync-${name}`);
}

/** Timers of Node hold 31 bits of ms. */
const LONGEST_TIMEOUT_MS = 24 * 86_400_000;

function parseTimeout(text: string): number {
  const timeoutMs = parseDuration(text);
  if (timeoutMs === undefined || timeoutMs < 1 || timeoutMs > LONGEST_TIMEOUT_MS)
    throw new UsageError(`--timeout wants a duration such as 60s, up to 24d, not "${text}"`);
  return timeoutMs;
}

/**
 * A keyspace against real servers: commands go to a server that keeps a log, the log goes to a keyspace, and both must hold the same.
 *
 *   commands → server → base and log → keyspace → events → digest      = DEBUG DIGEST
 *                     → its own dump.rdb → entries                     = entries of the keyspace, with every expiry
 *   keyspace → RDB as base of the same server, which loads it → DEBUG DIGEST, once more
 *
 * A family adds a list of makers of commands; which of them a server knows does not matter, because what it refuses it does not log.
 */
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import {
  DatasetDigest,
  type DigestRules,
  decodeRdbBytes,
  type HashField,
  RdbEncoder,
  type RdbEvent,
  rdbTarget,
} from "@holdfast/rdb";
import { type CommandBatch, CommandDecoder } from "@holdfast/resp";
import { type SeededRandom, type ServerClient, withServer } from "@holdfast/testkit";
import { expect } from "vitest";
import { type ClaimRules, Keyspace, type Snapshot, SnapshotLoader } from "../src/index.ts";
import { entryLines } from "./entry-lines.ts";

export const servers = [
  "redis-6.0",
  "redis-7.0",
  "redis-8.0",
  "redis-8.6",
  "valkey-8.1",
  "valkey-9.1",
] as const;
export type ServerId = (typeof servers)[number];

export type Word = string | number | Uint8Array;
/** Makes one command from chance. */
export type CommandMaker = (random: SeededRandom) => readonly Word[];

const pipelined = 200;

export interface Replayed {
  readonly keyspace: Keyspace;
  /** How many of the commands the server did not refuse. */
  readonly acceptedCount: number;
  /** Names of commands in the log, in capitals. */
  readonly logged: ReadonlySet<string>;
}

export interface DifferentialOptions {
  /** The server loads its own log before it is asked: for data of which it does not log every change. Default false. */
  readonly serverReloads?: boolean;
  /** What a rewrite makes: an RDB, or commands. Default "rdb". */
  readonly base?: "rdb" | "commands";
  /** How many commands come before the rewrite: not inside MULTI. Default half of them. */
  readonly rewriteAt?: number;
}

/**
 * Runs the commands, with a rewrite among them, replays the server's base and log, and expects the same data. Commands are sent in order;
 * a word that is a number is sent as its decimals.
 */
export async function expectSameAsServer(
  id: ServerId,
  commands: readonly (readonly Word[])[],
  { rewriteAt = commands.length >> 1, serverReloads = false, base = "rdb" }: DifferentialOptions = {},
): Promise<Replayed> {
  const args = ["--appendonly", "yes", "--appendfsync", "always", "--databases", "16"];
  if (id !== "redis-6.0") args.push("--enable-debug-command", "yes");
  if (base === "commands") args.push("--aof-use-rdb-preamble", "no");
  return withServer(id, { args }, async ({ server, client }) => {
    let acceptedCount = await send(client, commands.slice(0, rewriteAt));
    await rewrite(client);
    acceptedCount += await send(client, commands.slice(rewriteAt));
    await ask(client, "DEBUG", "SET-ACTIVE-EXPIRE", "0");
    if (serverReloads) await ask(client, "DEBUG", "LOADAOF");
    const nowMs = await untilShortLivedAreOver(client);
    const digest = String(await ask(client, "DEBUG", "DIGEST"));
    await ask(client, "SAVE");
    const { keyspace, logged } = await replay(server.directory, claimRulesOf(id));
    const saved = await readFile(join(server.directory, "dump.rdb"));
    const snapshot = keyspace.freeze();
    const header = { dialect: "redis", version: 11 } as const;
    const lines = { omitsStreamCounters: id === "redis-6.0" };
    expect(entryLines(snapshot.events(header), lines)).toEqual(entryLines(decodeRdbBytes(saved), lines));
    const digested = id.startsWith("valkey")
      ? withoutExpiredFields(snapshot.events(header), nowMs)
      : snapshot.events(header);
    expect(digestOf(digested, rulesOf(id))).toBe(digest);
    await loadInstead(client, server.directory, encoded(snapshot, id));
    expect(String(await ask(client, "DEBUG", "DIGEST")), "of what we wrote").toBe(digest);
    snapshot.release();
    return { keyspace, acceptedCount, logged };
  });
}

/** What a keyspace knows of streams, and servers of that release do not. */
const unknownToOld = ["consumer-active-time", "stream-counters"];

/** What a rewrite writes: nothing that the server had may be left out. */
function encoded(snapshot: Snapshot, id: ServerId): Uint8Array {
  const target = rdbTarget(id)!;
  const encoder = new RdbEncoder({ target, onLoss: ({ kind }) => expect(unknownToOld).toContain(kind) });
  const header = { dialect: target.dialect, version: target.rdbVersion };
  for (const event of snapshot.events(header)) encoder.write(event);
  return encoder.take() ?? new Uint8Array(0);
}

/** Has the server load this RDB as the base of its log, with nothing behind it. */
async function loadInstead(client: ServerClient, directory: string, rdb: Uint8Array): Promise<void> {
  const { base, incr } = await aofNames(directory);
  await writeFile(join(directory, base), rdb);
  if (incr !== undefined) await writeFile(join(directory, incr), "");
  await ask(client, "DEBUG", "LOADAOF");
}

/** Longest life that commands give to what is meant to expire within a test. */
export const shortLifeMs = 20;

/** Answers a time by the server's clock, when everything short-lived has expired, whether it is gone or not. */
async function untilShortLivedAreOver(client: ServerClient): Promise<number> {
  const timeMs = async () => {
    const [seconds, micros] = (await ask(client, "TIME")) as Buffer[];
    return Number(seconds) * 1000 + Number(micros) / 1000;
  };
  const startMs = await timeMs();
  for (;;) {
    const nowMs = await timeMs();
    if (nowMs > startMs + 2 * shortLifeMs) return nowMs;
  }
}

/** Valkey's digest looks at hashes as a reader would, who does not see fields that have expired and are still there. */
function* withoutExpiredFields(events: Iterable<RdbEvent>, nowMs: number): Iterable<RdbEvent> {
  const isPast = ({ expireAtMs }: HashField) => expireAtMs !== undefined && expireAtMs < nowMs;
  for (const event of events) {
    if ((event.kind !== "key" && event.kind !== "items") || event.items.of !== "fields") {
      yield event;
      continue;
    }
    const fields = event.items.fields.filter((field) => !isPast(field));
    // A key says its type through a getter, which a spread would lose.
    yield Object.create(event, { items: { value: { of: "fields", fields } } }) as RdbEvent;
  }
}

async function send(client: ServerClient, commands: readonly (readonly Word[])[]): Promise<number> {
  let accepted = 0;
  for (let at = 0; at < commands.length; at += pipelined) {
    const answers = commands.slice(at, at + pipelined).map((command) => ask(client, ...command));
    const settled = await Promise.allSettled(answers);
    accepted += settled.filter((answer) => answer.status === "fulfilled").length;
  }
  return accepted;
}

export async function ask(client: ServerClient, ...words: readonly Word[]): Promise<unknown> {
  return client.sendCommand(
    words.map((word) => (typeof word === "object" ? Buffer.from(word) : String(word))),
  );
}

export async function rewrite(client: ServerClient): Promise<void> {
  await ask(client, "BGREWRITEAOF");
  for (;;) {
    const info = String(await ask(client, "INFO", "persistence"));
    const isRunning = /aof_rewrite_in_progress:1|aof_rewrite_scheduled:1/.test(info);
    if (!isRunning) {
      expect(info).toContain("aof_last_bgrewrite_status:ok");
      return;
    }
    await delay(5);
  }
}

/** A keyspace that has loaded what the server would load. */
export async function replay(
  directory: string,
  claimRules: ClaimRules,
): Promise<{ keyspace: Keyspace; logged: Set<string> }> {
  const keyspace = new Keyspace({ nowMs: () => Date.now(), claimRules });
  const loader = new SnapshotLoader(keyspace);
  const logged = new Set<string>();
  const { base, logs } = await aofOf(directory);
  if (base !== undefined) for (const event of decodeRdbBytes(base)) loader.take(event);
  for (const log of logs) applyLog(keyspace, log, logged);
  expect(keyspace.isInUnit).toBe(false);
  return { keyspace, logged };
}

/** Newest base and log of the directory, or the one file of Redis 6. */
async function aofNames(directory: string): Promise<{ base: string; incr: string | undefined }> {
  const names = await readdir(directory, { recursive: true });
  const newest = (ending: RegExp) =>
    names
      .filter((name) => ending.test(name))
      .sort(bySequence)
      .at(-1);
  const base = newest(/\.base\.(rdb|aof)$/);
  return base === undefined
    ? { base: "appendonly.aof", incr: undefined }
    : { base, incr: newest(/\.incr\.aof$/) };
}

/** The one file of Redis 6 is cut behind its preamble. A base of commands is a log. */
async function aofOf(directory: string): Promise<{ base: Uint8Array | undefined; logs: Uint8Array[] }> {
  const { base, incr } = await aofNames(directory);
  const whole = await readFile(join(directory, base));
  const behind = incr === undefined ? [] : [await readFile(join(directory, incr))];
  if (whole.subarray(0, 5).toString() !== "REDIS" && whole.subarray(0, 6).toString() !== "VALKEY")
    return { base: undefined, logs: [whole, ...behind] };
  if (incr !== undefined) return { base: whole, logs: behind };
  const end = [...decodeRdbBytes(whole)].find((event) => event.kind === "end")!.endOffset;
  return { base: whole.subarray(0, end), logs: [whole.subarray(end)] };
}

function bySequence(first: string, second: string): number {
  const sequence = (name: string) => Number(/\.(\d+)\.(?:base|incr)\./.exec(name)![1]);
  return sequence(first) - sequence(second);
}

/** Applies a log in random pieces, poisoned behind each; every command has to be one that a keyspace applies. */
function applyLog(keyspace: Keyspace, log: Uint8Array, logged: Set<string>): void {
  const decoder = new CommandDecoder({ poison: true });
  const pieceBytes = 1 + (log.length % 4096);
  for (let at = 0; at < log.length; at += pieceBytes) {
    decoder.push(log.slice(at, at + pieceBytes));
    for (let found = decoder.next(); found !== undefined; found = decoder.next()) {
      if (found.kind === "commands")
        for (let command = 0; command < found.count; command++) applyOne(keyspace, found, command, logged);
    }
  }
  expect(decoder.offset).toBe(log.length);
}

function applyOne(keyspace: Keyspace, batch: CommandBatch, command: number, logged: Set<string>): void {
  logged.add(Buffer.from(batch.argument(command, 0)).toString().toUpperCase());
  const outcome = keyspace.applyRow(batch, command);
  const outcomes = outcome.kind === "unit" ? outcome.outcomes : [outcome];
  if (outcomes.every(({ kind }) => kind !== "refused" && kind !== "kept")) return;
  const said = batch.args(command).map((word) => Buffer.from(word).toString("latin1"));
  expect.fail(`${said.join(" ").slice(0, 300)}: ${JSON.stringify(outcome)}`);
}

export function claimRulesOf(id: ServerId): ClaimRules {
  if (id === "redis-6.0") return "redis-6";
  return id === "redis-7.0" ? "redis-7.0" : "redis-7.2";
}

function rulesOf(id: ServerId): DigestRules {
  const isOld = id === "redis-6.0" || id === "redis-7.0";
  return {
    scores: isOld ? "seventeen" : "shortest",
    marksFieldExpiry: id.startsWith("redis"),
    nowMs: undefined,
  };
}

export function digestOf(events: Iterable<RdbEvent>, rules: DigestRules): string {
  const digest = new DatasetDigest(rules);
  for (const event of events) digest.take(event);
  return digest.text;
}

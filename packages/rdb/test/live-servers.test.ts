import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  acceptsDumpVersion,
  collectEntries,
  decodeDumpPayload,
  decodeRdbBytes,
  encodeDumpPayload,
  parseDumpPayload,
  type RdbEntry,
} from "@holdfast/rdb";
import { describeWithServer, type ServerClient, seededRandom, testSeed, withServer } from "@holdfast/testkit";
import { expect, it } from "vitest";
import { entryLines, run, type ServerFacts, serverLines, writeKeys } from "./ask-server.ts";

const limitBytes = 1 << 24;
/** The RDB version that each server writes. */
const rdbVersions = {
  "redis-6.0": 9,
  "redis-7.0": 10,
  "redis-8.0": 12,
  "redis-8.6": 13,
  "valkey-8.1": 11,
  "valkey-9.1": 80,
} as const;

type ServerId = keyof typeof rdbVersions;

describeWithServer(Object.keys(rdbVersions) as ServerId[], "random data of every type", (id) => {
  const facts: ServerFacts = { hasFieldExpiry: ["redis-8.0", "redis-8.6", "valkey-9.1"].includes(id) };
  const args = id === "redis-6.0" ? [] : ["--enable-debug-command", "yes"];
  const seed = testSeed();

  it("is in the saved file, in its DUMP payloads, and comes back from ours", () =>
    withServer(id, { args }, async ({ client, server }) => {
      const keys = await writeKeys(client, seededRandom(seed), facts);
      await run(client, "SAVE");
      const bytes = readFileSync(join(server.directory, "dump.rdb"));
      const saved = byKey([...collectEntries(decodeRdbBytes(bytes), { limitBytes })]);
      expect([...saved.keys()].sort()).toEqual(keys.map((key) => key.toString("latin1")).sort());
      for (const key of keys) await expectKey(client, id, facts, key, saved.get(key.toString("latin1")));
    }));
});

function byKey(entries: readonly RdbEntry[]): Map<string, RdbEntry> {
  return new Map(entries.map((entry) => [Buffer.from(entry.key).toString("latin1"), entry]));
}

async function expectKey(
  client: ServerClient,
  id: ServerId,
  facts: ServerFacts,
  key: Buffer,
  saved: RdbEntry | undefined,
): Promise<void> {
  const name = key.toString("latin1");
  const answered = await serverLines(client, key, facts);
  expect(saved && entryLines(saved), name).toEqual(answered);
  await expectExpiry(client, id, key, saved?.expireAtMs);
  const payload = (await run(client, "DUMP", key)) as Buffer;
  const [dumped] = collectEntries(decodeDumpPayload(payload), { limitBytes });
  expect(entryLines(dumped), name).toEqual(answered);
  await expectRestore(client, id, key, payload, saved?.expireAtMs !== undefined);
}

async function expectExpiry(
  client: ServerClient,
  id: ServerId,
  key: Buffer,
  expireAtMs: number | undefined,
): Promise<void> {
  // Redis 6.0 only says what is left.
  if (id === "redis-6.0")
    expect(((await run(client, "PTTL", key)) as number) > 0).toBe(expireAtMs !== undefined);
  else expect(await run(client, "PEXPIRETIME", key)).toBe(expireAtMs ?? -1);
}

/** The value goes back under another key, in a payload of our own, and has the same digest. */
async function expectRestore(
  client: ServerClient,
  id: ServerId,
  key: Buffer,
  payload: Uint8Array,
  expires: boolean,
): Promise<void> {
  const { version, typeNumber, value, meta } = parseDumpPayload(payload);
  expect(version).toBe(rdbVersions[id]);
  const family = id.startsWith("valkey") ? "valkey" : "redis";
  expect(acceptsDumpVersion({ family, rdbVersion: version }, version)).toBe(true);
  const copy = encodeDumpPayload({ typeNumber, value, version, meta });
  // A digest tells whether a key expires, but not when; a payload has no expiry of its own.
  await run(client, "RESTORE", "copy", expires ? 1_000_000_000 : 0, copy, "REPLACE");
  const digests = [key, "copy"].map(async (name) => String(await run(client, "DEBUG", "DIGEST-VALUE", name)));
  const [original, restored] = await Promise.all(digests);
  expect(restored).toBe(original);
}

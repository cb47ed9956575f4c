/** Digests of real dumps and of random data, held against what each server answers after loading them. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DatasetDigest, type DatasetDigestOptions, decodeRdbBytes } from "@holdfast/rdb";
import {
  describeWithServer,
  listFixtures,
  type ServerClient,
  seededRandom,
  testSeed,
  withServer,
} from "@holdfast/testkit";
import { expect, it } from "vitest";
import { run, writeKeys } from "./ask-server.ts";

const ids = ["redis-6.0", "redis-7.0", "redis-8.0", "redis-8.6", "valkey-8.1", "valkey-9.1"] as const;
type ServerId = (typeof ids)[number];

function rulesOf(id: ServerId): Omit<DatasetDigestOptions, "nowMs"> {
  const isOld = id === "redis-6.0" || id === "redis-7.0";
  return { scores: isOld ? "seventeen" : "shortest", marksFieldExpiry: id.startsWith("redis") };
}

function argsOf(id: ServerId): string[] {
  return id === "redis-6.0" ? [] : ["--enable-debug-command", "yes"];
}

function clusterArgsOf(id: ServerId, fixture: string): string[] {
  if (!fixture.endsWith("cluster")) return [];
  const more = id === "valkey-9.1" ? ["--cluster-databases", "16"] : [];
  return ["--cluster-enabled", "yes", ...more];
}

function digestOf(bytes: Uint8Array, id: ServerId): DatasetDigest {
  const digest = new DatasetDigest({ ...rulesOf(id), nowMs: Date.now() });
  for (const event of decodeRdbBytes(bytes)) digest.take(event);
  return digest;
}

function valueDigests(bytes: Uint8Array, id: ServerId): Map<string, string> {
  const digest = new DatasetDigest({ ...rulesOf(id), nowMs: Date.now(), of: "values" });
  const found = new Map<string, string>();
  let name = "";
  for (const event of decodeRdbBytes(bytes)) {
    if (event.kind === "key") name = Buffer.from(event.key).toString("latin1");
    if (digest.take(event) === "digested") found.set(name, digest.keyText);
  }
  return found;
}

async function serverDigest(client: ServerClient): Promise<string> {
  return String(await run(client, "DEBUG", "DIGEST"));
}

/** Scores whose shortest digits are hard to find, or lie between two texts. */
function hardScores(next: () => number): string[] {
  const view = new DataView(new ArrayBuffer(8));
  const scores = [
    "1e8",
    "123000000000",
    "1234567890123.03125",
    "5e-324",
    "0.0001",
    "1e-7",
    "-0",
    "9007199254740993",
  ];
  while (scores.length < 3000) {
    view.setUint32(0, next());
    view.setUint32(4, next());
    const value = view.getFloat64(0);
    if (Number.isFinite(value)) scores.push(String(value));
    scores.push(String(next() / 2 ** 20), String(next() * 1e5));
  }
  return scores;
}

describeWithServer(ids, "the digest of a file", (id) => {
  const seed = testSeed();
  for (const { name, path } of listFixtures("rdb", ".rdb").filter((fixture) =>
    fixture.name.startsWith(`${id}-`),
  )) {
    it(`${name} is DEBUG DIGEST of the server that loaded it`, () => {
      const bytes = readFileSync(path);
      const args = [...argsOf(id), ...clusterArgsOf(id, name)];
      return withServer(id, { args, files: { "dump.rdb": bytes } }, async ({ client }) => {
        const digest = digestOf(bytes, id);
        const answered = await serverDigest(client);
        expect([digest.undigestedCount, digest.text]).toEqual([0, answered]);
      });
    });
  }

  it("with random data of every type is DEBUG DIGEST, and each value DEBUG DIGEST-VALUE", () =>
    withServer(id, { args: argsOf(id) }, async ({ client, server }) => {
      const random = seededRandom(seed);
      const facts = { hasFieldExpiry: ["redis-8.0", "redis-8.6", "valkey-9.1"].includes(id) };
      const keys = await writeKeys(client, random, facts);
      for (const [index, score] of hardScores(() => random.below(2 ** 32)).entries())
        await run(
          client,
          "ZADD",
          index < 1500 ? `hard:${index % 5}` : `hard:small:${index % 50}`,
          score,
          `member ${index}`,
        );
      if (facts.hasFieldExpiry) {
        await run(client, "HSET", "fields", "stays", 1, "expires", 2);
        await run(client, "HPEXPIREAT", "fields", 4_100_000_000_000, "FIELDS", 1, "expires");
        keys.push(Buffer.from("fields"));
      }
      await run(client, "SAVE");
      const bytes = readFileSync(join(server.directory, "dump.rdb"));
      const values = valueDigests(bytes, id);
      for (const key of keys)
        expect(values.get(key.toString("latin1")), key.toString("latin1")).toBe(
          String(((await run(client, "DEBUG", "DIGEST-VALUE", key)) as unknown[])[0]),
        );
      expect(digestOf(bytes, id).text).toBe(await serverDigest(client));
    }));
});

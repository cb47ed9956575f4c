/**
 * Memory estimates against real servers: each server loads every fixture that it can, says what each key
 * takes (`MEMORY USAGE key SAMPLES 0`), and the estimates of its model are held against that.
 *
 * Bounds: the total over all keys within 5 %, each type within 10 %.
 */
import { readFileSync } from "node:fs";
import { RdbDecoder, type RdbDialect } from "@holdfast/rdb";
import {
  describeWithServer,
  type Fixture,
  listFixtures,
  type ServerClient,
  withServer,
} from "@holdfast/testkit";
import { expect, test } from "vitest";
import { MemoryEstimator, modelFor } from "../src/memory/index.ts";

type ServerId = Parameters<typeof withServer>[0];

const totalBoundPercent = 5;
const typeBoundPercent = 10;

/** The newest file each server reads, by dialect; 0 for none. */
const readable: Readonly<Record<ServerId, Readonly<Record<RdbDialect, number>>>> = {
  "redis-6.0": { redis: 9, valkey: 0 },
  "redis-7.0": { redis: 10, valkey: 0 },
  "redis-8.0": { redis: 12, valkey: 0 },
  "redis-8.6": { redis: 13, valkey: 0 },
  "valkey-8.1": { redis: 11, valkey: 0 },
  "valkey-9.1": { redis: 11, valkey: 80 },
};

interface EstimatedKey {
  readonly db: number;
  readonly key: Uint8Array;
  readonly type: string;
  readonly estimate: number;
}

interface Sums {
  keys: number;
  estimated: number;
  measured: number;
}

/** What a file is, and what its keys take by one model. */
function estimateFile(bytes: Uint8Array, model: string): { canBeReadBy: boolean; keys: EstimatedKey[] } {
  const decoder = new RdbDecoder({ level: "skip", trace: true, totalBytes: bytes.length });
  const estimator = new MemoryEstimator(modelFor(model)!);
  const keys: EstimatedKey[] = [];
  let current: Omit<EstimatedKey, "estimate"> | undefined;
  decoder.push(bytes);
  decoder.end();
  for (let event = decoder.next(); event !== undefined; event = decoder.next()) {
    if (event.kind === "header" && event.version > readable[model as ServerId][event.dialect]) {
      return { canBeReadBy: false, keys };
    }
    if (event.kind !== "key" && event.kind !== "items") continue;
    if (event.kind === "key") {
      current = { db: event.db, key: event.key.slice(), type: event.type };
      estimator.begin(event.row, event.key.length, event.expireAtMs !== undefined);
    }
    if (event.items.of === "trace") estimator.add(event.items.trace, event.items.start, event.items.end);
    if (event.last && current !== undefined) keys.push({ ...current, estimate: estimator.finish() });
  }
  return { canBeReadBy: true, keys };
}

/** What the server says about each key, in order; undefined for those that it does not have (expired). */
async function measure(client: ServerClient, keys: readonly EstimatedKey[]): Promise<(number | undefined)[]> {
  const measured: (number | undefined)[] = [];
  let db = 0;
  for (const { key, db: wanted } of keys) {
    if (wanted !== db) await client.sendCommand(["SELECT", String(wanted)]);
    db = wanted;
    const answer = await client.sendCommand(["MEMORY", "USAGE", Buffer.from(key), "SAMPLES", "0"]);
    measured.push(answer === null ? undefined : Number(answer));
  }
  return measured;
}

/** The same in a server that has just loaded the file; nothing if it refuses the file. */
async function measureLoaded(
  id: ServerId,
  bytes: Uint8Array,
  keys: readonly EstimatedKey[],
): Promise<(number | undefined)[]> {
  try {
    return await withServer(id, { files: { "dump.rdb": bytes } }, ({ client }) => measure(client, keys));
  } catch (error) {
    // Valkey 9.1 does not take listpacks in which older servers wrote one back length too wide.
    if ((error as { code?: string }).code === "SERVERS_DID_NOT_START") return [];
    throw error;
  }
}

async function addFixture(id: ServerId, fixture: Fixture, sums: Map<string, Sums>): Promise<void> {
  const bytes = readFileSync(fixture.path);
  const { canBeReadBy, keys } = estimateFile(bytes, id);
  if (!canBeReadBy || keys.length === 0) return;
  const measured = await measureLoaded(id, bytes, keys);
  for (const [index, { type, estimate }] of keys.entries()) {
    const truth = measured[index];
    if (truth === undefined) continue;
    for (const group of [type, "total"]) {
      const sum = sums.get(group) ?? { keys: 0, estimated: 0, measured: 0 };
      sum.keys += 1;
      sum.estimated += estimate;
      sum.measured += truth;
      sums.set(group, sum);
    }
  }
}

function percentOff(sum: Sums): number {
  return (sum.estimated / sum.measured - 1) * 100;
}

describeWithServer(Object.keys(readable) as ServerId[], "memory estimates", (id) => {
  test("are within 5 % of the server in total and within 10 % for each type", async () => {
    const sums = new Map<string, Sums>();
    for (const fixture of listFixtures("rdb", ".rdb")) await addFixture(id, fixture, sums);

    const errors = [...sums].map(([group, sum]) => ({ group, keys: sum.keys, percent: percentOff(sum) }));
    const outOfBounds = errors.filter(
      ({ group, percent }) => Math.abs(percent) > (group === "total" ? totalBoundPercent : typeBoundPercent),
    );
    expect(outOfBounds).toEqual([]);
    expect(sums.get("total")?.keys).toBeGreaterThan(500);
  });
});

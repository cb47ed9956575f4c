/** Replicas get the RDB as it is stored, the part of it that they ask for, or a reason. */
import { readFile } from "node:fs/promises";
import { decodeRdbBytes } from "@holdfast/rdb";
import { fixturePath } from "@holdfast/testkit";
import { describe, expect, test } from "vitest";
import type { ServedSnapshot } from "../drive-primary.ts";
import type { WantedSnapshot } from "../primary-actions.ts";
import { emptyRdb, type StoredRdb, StoredSnapshots } from "./stored-snapshots.ts";

const wanted: WantedSnapshot = {
  transfer: "mark",
  withKeys: true,
  withFunctions: true,
  replicaVersion: undefined,
  why: "asked",
};

async function storedRdb(name: string, dialect: "redis" | "valkey", version: number): Promise<StoredRdb> {
  const bytes = await readFile(fixturePath("rdb", name));
  return {
    dialect,
    version,
    sizeBytes: bytes.length,
    chunks: () => [bytes.subarray(0, 50), bytes.subarray(50)],
  };
}

async function bytesOf({ chunks }: ServedSnapshot): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts);
}

function kindsIn(bytes: Uint8Array): Record<string, number> {
  const kinds: Record<string, number> = {};
  for (const { kind } of decodeRdbBytes(bytes)) kinds[kind] = (kinds[kind] ?? 0) + 1;
  return kinds;
}

describe("snapshots of a stored RDB", () => {
  test("are its bytes, with their size, at the offset they were given", async () => {
    const rdb = await storedRdb("redis-7.0-functions.rdb", "redis", 10);
    const snapshots = new StoredSnapshots(rdb, 77);
    for (let replica = 0; replica < 2; replica++) {
      const snapshot = await snapshots.open(wanted);
      expect({ offset: snapshot.offset, sizeBytes: snapshot.sizeBytes }).toEqual({
        offset: 77,
        sizeBytes: rdb.sizeBytes,
      });
      expect(await bytesOf(snapshot)).toEqual(await readFile(fixturePath("rdb", "redis-7.0-functions.rdb")));
    }
  });

  test("have only functions, or nothing, for who filters", async () => {
    const rdb = await storedRdb("redis-7.0-functions.rdb", "redis", 10);
    const all = kindsIn(await bytesOf(await new StoredSnapshots(rdb, 1).open(wanted)));
    expect(all.function).toBeGreaterThan(0);
    expect(all.key).toBeGreaterThan(0);
    const functions = await new StoredSnapshots(rdb, 1).open({ ...wanted, withKeys: false });
    expect(kindsIn(await bytesOf(functions))).toEqual({ header: 1, function: all.function, end: 1 });
    const nothing = await new StoredSnapshots(rdb, 1).open({
      ...wanted,
      withKeys: false,
      withFunctions: false,
    });
    expect(kindsIn(await bytesOf(nothing))).toEqual({ header: 1, end: 1 });
  });

  test.each([
    ["valkey-9.1-types.rdb", "valkey", 80, "8.1.1", false],
    ["valkey-9.1-types.rdb", "valkey", 80, "9.1.2", true],
    ["redis-8.6-types.rdb", "redis", 13, "9.1.2", false],
    ["redis-7.0-types.rdb", "redis", 10, "8.1.1", true],
    ["redis-8.6-types.rdb", "redis", 13, undefined, true],
  ] as const)(
    "of %s, %s %i, for a replica of version %s: %o",
    async (name, dialect, version, replicaVersion, can) => {
      const snapshots = new StoredSnapshots(await storedRdb(name, dialect, version), 1);
      const opened = snapshots.open({ ...wanted, replicaVersion });
      if (can) await expect(opened).resolves.toBeDefined();
      else await expect(opened).rejects.toMatchObject({ code: "RESYNC_SNAPSHOT_FAILED" });
    },
  );

  test("of nothing are an RDB that has no key and a right checksum", async () => {
    const rdb = await emptyRdb();
    const bytes = await bytesOf(await new StoredSnapshots(rdb, 1).open(wanted));
    expect(bytes.toString("latin1", 0, 9)).toBe("REDIS0006");
    expect([...decodeRdbBytes(bytes)].at(-1)).toMatchObject({ kind: "end", checksum: "ok" });
    expect(rdb.sizeBytes).toBe(bytes.length);
  });
});

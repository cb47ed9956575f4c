/** What real servers write into their append-only files is read to the last byte, and is what our encoder would have written. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describeWithServer, seededRandom, testSeed, withServer } from "@holdfast/testkit";
import { expect, test } from "vitest";
import { encodeCommand } from "../src/index.ts";
import { readRecords } from "./read-records.ts";

const SERVERS = ["redis-6.0", "redis-7.0", "redis-8.0", "redis-8.6", "valkey-8.1", "valkey-9.1"] as const;

describeWithServer(SERVERS, "the log of a real server", (id) => {
  test("is read whole, command for command", async () => {
    const random = seededRandom(testSeed());
    const values = Array.from({ length: 200 }, () => random.bytes(random.below(300)));
    // Under everysec a reply may come up to two seconds before the write: while a background fsync runs.
    const args = ["--appendonly", "yes", "--appendfsync", "always", "--save", ""];
    await withServer(id, { args: [...args, "--aof-use-rdb-preamble", "no"] }, async ({ server, client }) => {
      for (const [index, value] of values.entries()) {
        await client.sendCommand(["SET", `key:${index}`, Buffer.from(value)]);
      }
      const bytes = await newestLog(server.directory);
      const { records, error, offset } = readRecords([bytes]);
      expect([error, offset]).toEqual([undefined, bytes.length]);
      const latin1 = (value: Uint8Array) => Buffer.from(value).toString("latin1");
      const sets = values.map((value, index) => `SET|key:${index}|${latin1(value)}`);
      expect(records.map((record) => record.replace(/^\d+: /, ""))).toEqual(["SELECT|0", ...sets]);
      const ours = values.map((value, index) => encodeCommand(["SET", `key:${index}`, value]));
      expect(bytes.equals(Buffer.concat([encodeCommand(["SELECT", "0"]), ...ours]))).toBe(true);
    });
  });
});

/** The one file of Redis 6, or the incremental file of later servers. */
async function newestLog(directory: string): Promise<Buffer> {
  const names = await readdir(directory, { recursive: true });
  const log = names.find((name) => name.endsWith(".incr.aof")) ?? "appendonly.aof";
  return readFile(join(directory, log));
}

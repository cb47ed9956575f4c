/**
 * Servers do with damaged files what outcomes.ts says, and load what a repair leaves: the acknowledged keys, and no others, at the second start
 * as at the first.
 */
import { describeWithServer, withServer } from "@holdfast/testkit";
import { expect, test } from "vitest";
import { checkAof, planRepair, repairAof } from "../src/index.ts";
import { appending, startOn } from "./damage-columns.ts";
import { damagedFiles, START } from "./damaged-files.ts";
import { diskForServer, memoryDisk, oneIncrement } from "./memory-disk.ts";
import { allKeys, readServerFiles } from "./server-files.ts";

const BOTH = ["k1=v1", "k2=v2"];

/** Where families might differ: what is overlooked, and what crashes. */
const forValkey = damagedFiles.filter(({ redis }) => redis === "crashes" || redis === "loads-other-data");

for (const [server, cases] of [
  ["redis-7.0", damagedFiles],
  ["valkey-9.1", forValkey],
] as const) {
  describeWithServer(server, "a damaged file", (id) => {
    test.concurrent.each(cases)("with $name has the outcome that is said of it", async (damaged) => {
      const { bytes, redis, valkey, keys = [] } = damaged;
      const expected = id === "valkey-9.1" ? (valkey ?? redis) : redis;
      const { kind, answer } = await startOn(id, oneIncrementForServer(START + bytes), allKeys);
      expect(kind).toBe(expected === "refuses" || expected === "crashes" ? expected : "loads");
      if (kind === "loads") expect(answer).toEqual([...BOTH, ...keys].sort());
    });
  });
}

const toRepair = damagedFiles.filter(({ name }) =>
  /512 zero bytes|a sector behind it|MULTI and no EXEC|without its end/.test(name),
);

describeWithServer("redis-7.0", "a repaired file", (id) => {
  test.concurrent.each(toRepair)(
    "with $name loads what was acknowledged, twice",
    async ({ bytes, soundTo }) => {
      const disk = await memoryDisk(oneIncrement(START + bytes));
      await repairAof(disk, planRepair(await checkAof(disk, "data"), { behindDamage: "refuse" }));
      const expected = soundTo > 0 ? [...BOTH, "k3=v3"] : BOTH;
      const files = await withServer(
        id,
        { args: appending, files: await diskForServer(disk) },
        async ({ client, server }) => {
          expect(await allKeys(client)).toEqual(expected);
          await client.sendCommand(["SET", "later", "x"]);
          return readServerFiles(server.directory);
        },
      );
      await withServer(id, { args: appending, files }, async ({ client }) => {
        expect(await allKeys(client)).toEqual([...expected, "later=x"]);
      });
    },
  );
});

function oneIncrementForServer(bytes: string): Record<string, Uint8Array> {
  const entries = Object.entries(oneIncrement(bytes));
  return Object.fromEntries(entries.map(([path, content]) => [path.replace(/^data\//, ""), content]));
}

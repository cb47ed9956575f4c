/** SIGKILL of `sync` at random moments, again and again: in the end nothing is missing and nothing was applied twice. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  describeWithServer,
  type SeededRandom,
  type ServerInUse,
  testSeed,
  withServer,
} from "@holdfast/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { inLanes, Killable, killCount, killsOfLane, timeoutMs } from "./kill.ts";
import { contentOf } from "./server-content.ts";
import { startLoad, untilMarked } from "./write-load.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "holdfast-"));
});
afterAll(() => rm(folder, { recursive: true }));

const url = ({ server }: ServerInUse) => `unix://${server.socketPath}`;

async function syncLane(spool: string, random: SeededRandom): Promise<void> {
  // All that is written between two runs: a gap would be told, and end the test.
  const args = ["--repl-diskless-sync-delay", "0", "--repl-backlog-size", "512mb"];
  await withServer("redis-7.0", { args }, async (source) => {
    await withServer("redis-7.0", {}, async (target) => {
      const load = startLoad(source.client, { pauseMs: 5 });
      const sync = new Killable(["sync", url(source), url(target), "--spool", spool]);
      for (let kill = 0; kill < killsOfLane; kill++) {
        const before = await checkpointOf(target);
        await sync.round(random, kill, async () => (await checkpointOf(target)) !== before);
      }
      sync.start();
      await load.stop();
      await untilMarked(target.client);
      expect(await sync.kill("SIGTERM")).toBe(143);
      expect(await contentOf(target)).toEqual(await contentOf(source));
    });
  });
}

async function checkpointOf({ client }: ServerInUse): Promise<string> {
  return JSON.stringify(await client.sendCommand(["HGETALL", "holdfast:checkpoint"]));
}

describeWithServer("redis-7.0", `a sync that is killed ${killCount} times`, () => {
  test("has every write once in the end", { timeout: timeoutMs }, async () => {
    await inLanes(testSeed(), ({ number, random }) => syncLane(join(folder, `spool-${number}`), random));
  });
});

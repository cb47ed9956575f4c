/** `pull --follow` and `relay` killed at random moments under load: nothing that was acknowledged is missing, nothing is there twice. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort, type ServerId } from "@holdfast/servers";
import {
  describeWithServer,
  type SeededRandom,
  type ServerClient,
  seededRandom,
  testSeed,
  withServer,
} from "@holdfast/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { digestOf, infoField, loadedDigest, offsetOf, sourceArgs, until, writeSome } from "./kept-servers.ts";
import { inLanes, Killable, killCount, killsOfLane, numbersOf, timeoutMs } from "./kill.ts";
import { runCommand } from "./run-command.ts";

/** What is written while nobody listens: a process takes its time to start again. */
const largeBacklog = ["--repl-backlog-size", "256mb"];

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "holdfast-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** Of the only replica; 0 when it is not there. */
async function acknowledgedOf(client: ServerClient): Promise<number> {
  return Number(/offset=(\d+)/.exec(await infoField(client, "slave0"))?.[1] ?? 0);
}

/** Writes until it is stopped, with increments, which tell of what was applied twice. */
function writeOn(client: ServerClient, seed: number) {
  const random = seededRandom(seed);
  let isStopped = false;
  const ended = (async () => {
    while (!isStopped) {
      await writeSome(client, random, 20);
      // The processes need the processor too.
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  })();
  return async () => {
    isStopped = true;
    await ended;
  };
}

async function followLane(id: ServerId, directory: string, random: SeededRandom): Promise<void> {
  await withServer(id, { args: [...sourceArgs(id), ...largeBacklog] }, async ({ server, client }) => {
    const url = `unix://${server.socketPath}`;
    const follow = new Killable(["pull", url, "--follow", directory]);
    const stopWriting = writeOn(client, random.below(2 ** 31));
    const acknowledged = [0];
    for (let kill = 0; kill < killsOfLane; kill++) {
      let last = acknowledged[kill];
      await follow.round(random, kill, async () => {
        const now = await acknowledgedOf(client);
        last = Math.max(last, now);
        return now > acknowledged[kill];
      });
      acknowledged.push(last);
    }
    await stopWriting();
    const until = ["--until-offset", `${await offsetOf(client)}`];
    const last = await runCommand(["pull", url, "--follow", directory, ...until], {});
    expect(last.code, last.stderr).toBe(0);
    const goneOn = numbersOf([...follow.runs, last.stderr], /goes on at offset (\d+)/);
    for (const [run, offset] of goneOn.entries())
      if (offset !== undefined) expect(offset).toBeGreaterThanOrEqual(acknowledged[run]);
    expect(goneOn.filter((offset) => offset !== undefined).length).toBeGreaterThan(killsOfLane / 2);
    expect(await infoField(client, "sync_full")).toBe("1");
    expect(await loadedDigest(id, directory)).toBe(await digestOf(client));
  });
}

async function relayLane(id: ServerId, directory: string, random: SeededRandom): Promise<void> {
  const port = `${await freePort()}`;
  await withServer(id, { args: [...sourceArgs(id), ...largeBacklog] }, async (top) => {
    const url = `unix://${top.server.socketPath}`;
    const relay = new Killable(["relay", url, "--dir", directory, "--listen", `127.0.0.1:${port}`]);
    const stopWriting = writeOn(top.client, random.below(2 ** 31));
    await withServer(id, { args: sourceArgs(id) }, async (below) => {
      await below.client.sendCommand(["REPLICAOF", "127.0.0.1", port]);
      for (let kill = 0; kill < killsOfLane; kill++) {
        const seen = await offsetOf(below.client);
        await relay.round(random, kill, async () => (await offsetOf(below.client)) > seen);
      }
      relay.start();
      await stopWriting();
      await until(async () => (await offsetOf(below.client)) === (await offsetOf(top.client)));
      await until(async () => (await digestOf(below.client)) === (await digestOf(top.client)));
      expect(await infoField(top.client, "sync_full")).toBe("1");
      expect(relay.runs.join("").match(/a replica gets the base/g)).toHaveLength(1);
      await relay.kill();
    });
    expect(await loadedDigest(id, directory)).toBe(await digestOf(top.client));
  });
}

describeWithServer("redis-8.6", `killed ${killCount} times under load`, (id) => {
  test("pull --follow keeps everything that it acknowledged, once", { timeout: timeoutMs }, async () => {
    await inLanes(testSeed(), ({ number, random }) =>
      followLane(id, join(folder, `follow-${number}`), random),
    );
  });

  test("relay goes on, and so does its replica, which gets everything once", {
    timeout: timeoutMs,
  }, async () => {
    await inLanes(testSeed(), ({ number, random }) => relayLane(id, join(folder, `relay-${number}`), random));
  });
});

/** `pull --follow` of real servers: what is kept is what they have, across every kind of break, and real servers load it without a word. */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RunningServer, serverIds, startServer } from "@holdfast/servers";
import {
  connectTo,
  describeWithServer,
  type ServerClient,
  seededRandom,
  testSeed,
  withServer,
} from "@holdfast/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { digestOf, infoField, loadedDigest, offsetOf, sourceArgs, until, writeSome } from "./kept-servers.ts";
import { runCommand } from "./run-command.ts";
import { startProxy } from "./tcp-proxy.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "holdfast-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** Follows until everything that the server has by now is on disk; what the command answered. */
async function followToNow(
  url: string,
  client: ServerClient,
  directory: string,
  args: readonly string[] = [],
) {
  const offset = await offsetOf(client);
  const run = await runCommand(
    ["pull", url, "--follow", directory, "--until-offset", `${offset}`, "--json", ...args],
    {},
  );
  expect({ code: run.code, stderr: run.code === 0 ? "" : run.stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(run.stdout.toString()) as Record<string, unknown> & { readonly offset: number };
}

/** Follows until it is stopped, as Ctrl-C would. */
function followOn(url: string, directory: string, args: readonly string[] = []) {
  const stop = new AbortController();
  const ended = runCommand(["pull", url, "--follow", directory, "--json", "--progress", "none", ...args], {
    signal: stop.signal,
  });
  return { stop: () => stop.abort(new Error("stopped by the test")), ended };
}

describeWithServer(serverIds, "pull --follow", (id) => {
  test("keeps base and stream, goes on where it ended, and is loaded by a server", async () => {
    const random = seededRandom(testSeed());
    const directory = join(folder, `${id}-plain`);
    await withServer(id, { args: sourceArgs(id) }, async ({ server, client }) => {
      const url = `unix://${server.socketPath}`;
      await writeSome(client, random);
      const first = await followToNow(url, client, directory, ["-o", join(folder, `${id}.rdb`)]);
      expect(first).toMatchObject({ fullResyncs: 1, resumedFrom: null, offset: await offsetOf(client) });
      expect((await readFile(join(folder, `${id}.rdb`))).subarray(0, 5).toString()).toMatch(/REDIS|VALKE/);
      for (let round = 0; round < 3; round++) {
        const resumedFrom = await offsetOf(client);
        await writeSome(client, random);
        const next = await followToNow(url, client, directory);
        expect(next).toMatchObject({ fullResyncs: 0, resumedFrom, brokenLinks: 0 });
      }
      expect(await infoField(client, "sync_full")).toBe("1");
      expect(await loadedDigest(id, directory)).toBe(await digestOf(client));
      expect((await readdir(directory)).sort()).toEqual([
        "appendonly.aof.1.base.rdb",
        "appendonly.aof.1.incr.aof",
        "appendonly.aof.manifest",
      ]);
    });
  });

  test("goes on over links that are cut, throttled and late, with the server started again and promoted", async () => {
    const random = seededRandom(testSeed());
    const directory = join(folder, `${id}-breaks`);
    await withServer(id, { args: sourceArgs(id) }, async ({ server, client }) => {
      const proxy = await startProxy(server.socketPath);
      const follow = followOn(`redis://127.0.0.1:${proxy.port}`, directory);
      await writeSome(client, random);
      await until(async () => (await infoField(client, "slave0")).includes("state=online"));
      proxy.delayMs = 5;
      for (let cut = 0; cut < 4; cut++) {
        await writeSome(client, random, 10);
        proxy.bytesPerSecond = [undefined, 50_000][cut % 2];
        proxy.cut();
      }
      proxy.delayMs = 0;
      await untilAcknowledged(client);
      expect(await infoField(client, "sync_full")).toBe("1");
      await client.sendCommand(["REPLICAOF", "127.0.0.1", "1"]);
      await client.sendCommand(["REPLICAOF", "NO", "ONE"]);
      await writeSome(client, random, 10);
      proxy.cut();
      await untilAcknowledged(client);
      expect(await infoField(client, "sync_full")).toBe("1");
      await client.sendCommand(["SHUTDOWN", "SAVE"]).catch(() => undefined);
      await server.stop();
      await withRestarted(server, sourceArgs(id), async (again, newClient) => {
        await writeSome(newClient, random, 10);
        follow.stop();
        const { stderr, code } = await follow.ended;
        expect(code).not.toBe(0);
        expect(stderr).toContain("run it again to go on");
        const last = await followToNow(`unix://${again.socketPath}`, newClient, directory);
        // Redis 6.0 forgets its replid; later ones keep it as the previous one.
        expect(last.fullResyncs).toBe(id === "redis-6.0" ? 1 : 0);
        expect(await loadedDigest(id, directory)).toBe(await digestOf(newClient));
      });
      await proxy.close();
    });
  });
});

/** Resolves when the replica has acknowledged everything that was written by now. */
async function untilAcknowledged(client: ServerClient): Promise<void> {
  const offset = await offsetOf(client);
  await until(async () => {
    const acknowledged = /offset=(\d+)/.exec(await infoField(client, "slave0"))?.[1];
    return Number(acknowledged ?? -1) >= offset;
  });
}

/** Another process over the same directory. */
async function withRestarted(
  { directory, installation }: RunningServer,
  args: readonly string[],
  use: (server: RunningServer, client: ServerClient) => Promise<void>,
): Promise<void> {
  const server = await startServer(installation, { directory, args });
  const client = await connectTo(server);
  try {
    await use(server, client);
  } finally {
    client.destroy();
    await server.stop();
  }
}

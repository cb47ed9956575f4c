/** A source that a real Sentinel watches: the primary is found by its name, and followed when another one takes over. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Interrupted } from "@holdfast/command-line";
import { nodePlatform } from "@holdfast/platform";
import { findServer, type ServerId } from "@holdfast/servers";
import {
  connectTo,
  describeWithServer,
  type ServerClient,
  type ServerInUse,
  withServer,
} from "@holdfast/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { connectClient } from "../src/servers/connect-client.ts";
import { runCommand } from "./run-command.ts";
import { contentOf } from "./server-content.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "holdfast-"));
});
afterEach(() => rm(folder, { recursive: true }));

/** A ping is part of the stream, and one replica may hear it a moment before the other. */
const withoutPings = ["--repl-ping-replica-period", "3600", "--repl-timeout", "7200"];

interface RunningSentinel {
  readonly port: number;
  readonly child: ChildProcess;
}

async function startSentinel(id: ServerId, primary: ServerInUse): Promise<RunningSentinel> {
  const listener = await nodePlatform().network.listen({ address: { host: "127.0.0.1", port: 0 } }, () => {});
  await listener.close();
  const { port } = listener.address as { readonly port: number };
  const path = join(folder, "sentinel.conf");
  const lines = [
    `port ${port}`,
    `dir ${folder}`,
    `sentinel monitor ours 127.0.0.1 ${primary.server.port} 1`,
    "sentinel down-after-milliseconds ours 300",
    "sentinel failover-timeout ours 3000",
  ];
  await writeFile(path, `${lines.join("\n")}\n`);
  const [program, ...args] = (await findServer(id))!.command("server");
  const child = spawn(program, [...args, path, "--sentinel"], { stdio: "ignore" });
  return { port, child };
}

async function endSentinel({ child }: RunningSentinel): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = once(child, "close");
  child.kill("SIGKILL");
  await ended;
}

/** Resolves when the Sentinel has heard of a replica: it asks primaries. */
async function untilReplicaKnown({ port }: RunningSentinel): Promise<void> {
  const address = { host: "127.0.0.1", port };
  const client = await connectClient(
    { address, shown: "sentinel", tls: undefined, credentials: undefined },
    5_000,
  );
  try {
    while (((await client.ask("SENTINEL", "REPLICAS", "ours")) as readonly unknown[]).length === 0);
  } finally {
    client.close();
  }
}

/** Sentinel disconnects everybody when it promotes a server: whoever comes then is a client of the primary. */
async function promotedClient({ server }: ServerInUse): Promise<ServerClient> {
  for (;;) {
    const client = await connectTo(server).catch(() => undefined);
    if (client === undefined) continue;
    const info = await client.sendCommand(["INFO", "replication"]).catch(() => "");
    if (String(info).includes("role:master")) return client;
    client.destroy();
  }
}

/**
 * Resolves when nobody is behind the primary, which says nothing more: Sentinel publishes its greetings there, and they are part of the
 * stream. What only we had heard, the one that takes over could not go on from.
 */
async function untilAllAreLevel(client: ServerClient, count: number): Promise<void> {
  await client.sendCommand(["CLIENT", "PAUSE", "60000", "WRITE"]);
  for (;;) {
    const info = String(await client.sendCommand(["INFO", "replication"]));
    const ours = /master_repl_offset:(\d+)/.exec(info)![1];
    const theirs = [...info.matchAll(/state=online,offset=(\d+)/g)].map(([, offset]) => offset);
    if (theirs.length === count && theirs.every((offset) => offset === ours)) return;
  }
}

/** Counters up to the one that is named last; returns how many, before somebody hangs up. */
async function writeTo(client: ServerClient, count: number): Promise<number> {
  try {
    for (let written = 0; written < count; written++) {
      const left = count - written - 1;
      const done = await client
        .sendCommand(["INCR", left === 0 ? "counter:300" : `counter:${left % 7}`])
        .catch(() => null);
      if (done === null) return written;
    }
    return count;
  } finally {
    if (client.isOpen) client.destroy();
  }
}

describeWithServer(["redis-7.0", "valkey-9.1"], "a source behind a Sentinel", (id) => {
  test("is followed to the replica that takes over, and pull finds it by its name", async () => {
    const options = {
      port: "free",
      args: ["--repl-diskless-sync-delay", "0", "--repl-backlog-size", "64mb", ...withoutPings],
    } as const;
    await withServer(id, options, async (first) => {
      await withServer(id, options, async (second) => {
        await second.client.sendCommand(["REPLICAOF", "127.0.0.1", String(first.server.port)]);
        while (
          !String(await second.client.sendCommand(["INFO", "replication"])).includes("master_link_status:up")
        );
        const sentinel = await startSentinel(id, first);
        try {
          await withServer(id, {}, async (target) => {
            const url = `redis+sentinel://127.0.0.1:${sentinel.port}/ours`;
            const controller = new AbortController();
            const args = [
              "sync",
              url,
              `unix://${target.server.socketPath}`,
              "--spool",
              join(folder, "spool"),
            ];
            const running = runCommand(args, { signal: controller.signal });
            // What ended by itself is not waited for.
            const ended = running.then(({ code, stderr }) => {
              if (!controller.signal.aborted) throw new Error(`${code}: ${stderr}`);
            });
            const untilThere = async (key: string) => {
              while (Number(await Promise.race([ended, target.client.sendCommand(["EXISTS", key])])) !== 1);
            };
            await first.client.sendCommand(["SET", "before", "1"]);
            await untilThere("before");
            await untilReplicaKnown(sentinel);
            await untilAllAreLevel(first.client, 2);
            process.kill(first.server.pid, "SIGKILL");
            for (let written = 0; written < 300; )
              written += await writeTo(await promotedClient(second), 300 - written);
            await untilThere("counter:300");
            const client = await promotedClient(second);
            controller.abort(new Interrupted("SIGINT"));
            expect((await running).code).toBe(130);
            expect(await contentOf(target)).toEqual(await contentOf({ client }));
            const pulled = await runCommand(["pull", url, "-o", join(folder, "dump.rdb"), "--json"]);
            expect({ code: pulled.code, stderr: pulled.stderr }).toEqual({ code: 0, stderr: "" });
            if (client.isOpen) client.destroy();
          });
        } finally {
          await endSentinel(sentinel);
        }
      });
    });
  });

  test("that no Sentinel knows is said so", async () => {
    await withServer(id, { port: "free" }, async (primary) => {
      const sentinel = await startSentinel(id, primary);
      try {
        const args = ["-o", join(folder, "dump.rdb"), "--retries", "3"];
        const run = await runCommand(["pull", `redis+sentinel://127.0.0.1:${sentinel.port}/theirs`, ...args]);
        expect({ code: run.code, stderr: run.stderr }).toMatchObject({
          code: 20,
          stderr: expect.stringContaining("does not know theirs"),
        });
      } finally {
        await endSentinel(sentinel);
      }
    });
  });
});

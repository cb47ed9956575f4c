/** `sync` into a real cluster of three primaries: every key on its node, every write once, also after it was stopped and cut off. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Interrupted } from "@holdfast/command-line";
import type { ServerId } from "@holdfast/servers";
import { describeWithServer, type ServerInUse, withServer } from "@holdfast/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { runCommand } from "./run-command.ts";
import { contentOf } from "./server-content.ts";
import { startLoad } from "./write-load.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "holdfast-"));
});
afterEach(() => rm(folder, { recursive: true }));

const SLOTS = 16_384;
const portOf = ({ server }: ServerInUse) => server.port!;

/** Three nodes that know each other, each with a third of the slots. */
async function withCluster(
  id: ServerId,
  use: (nodes: readonly ServerInUse[]) => Promise<void>,
): Promise<void> {
  const options = { port: "free", args: ["--cluster-enabled", "yes"] } as const;
  await withServer(id, options, (a) =>
    withServer(id, options, (b) =>
      withServer(id, options, async (c) => {
        const nodes = [a, b, c];
        for (const [index, { client }] of nodes.entries()) {
          const [from, to] = [Math.floor((index * SLOTS) / 3), Math.floor(((index + 1) * SLOTS) / 3)];
          const slots = Array.from({ length: to - from }, (_, slot) => String(from + slot));
          await client.sendCommand(["CLUSTER", "ADDSLOTS", ...slots]);
          await client.sendCommand(["CLUSTER", "SET-CONFIG-EPOCH", String(index + 1)]);
        }
        for (const other of [b, c])
          await a.client.sendCommand(["CLUSTER", "MEET", "127.0.0.1", String(portOf(other))]);
        for (const { client } of nodes)
          while (!String(await client.sendCommand(["CLUSTER", "INFO"])).includes("cluster_state:ok"));
        await use(nodes);
      }),
    ),
  );
}

async function contentOfAll(nodes: readonly ServerInUse[]): Promise<Map<string, string>> {
  const parts = await Promise.all(nodes.map(contentOf));
  const all = new Map(parts.flatMap((part) => [...part]));
  expect(all.size).toBe(parts.reduce((sum, part) => sum + part.size, 0));
  return all;
}

describeWithServer(["redis-7.0", "valkey-9.1"], "sync into a cluster", (id) => {
  test("has every key on its node, and every write once", async () => {
    await withServer("redis-7.0", { args: ["--repl-diskless-sync-delay", "0"] }, async (source) => {
      await withCluster(id, async (nodes) => {
        for (let key = 0; key < 500; key++) await source.client.sendCommand(["SET", `key:${key}`, `${key}`]);
        const url = `redis+cluster://127.0.0.1:${portOf(nodes[1])}`;
        const load = startLoad(source.client, { dbs: ["0"], withRenames: false });
        for (let round = 0; round < 3; round++) {
          const controller = new AbortController();
          const args = ["sync", `unix://${source.server.socketPath}`, url, "--spool", join(folder, "spool")];
          const running = runCommand(args, { signal: controller.signal });
          const before = await offsetOf(nodes);
          while ((await offsetOf(nodes)) === before);
          for (const { client } of nodes) await client.sendCommand(["CLIENT", "KILL", "TYPE", "normal"]);
          if (round === 2) {
            await load.stop();
            while (!(await contentOfAll(nodes)).has(`0/${Buffer.from("the load is over").toString("hex")}`));
          }
          controller.abort(new Interrupted("SIGINT"));
          const run = await running;
          expect({ code: run.code, round }).toEqual({ code: 130, round });
        }
        expect(await contentOfAll(nodes)).toEqual(await contentOf(source));
        const verified = await runCommand([
          "sync",
          `unix://${source.server.socketPath}`,
          url,
          "--verify-only",
        ]);
        expect({ code: verified.code, stderr: verified.stderr }).toEqual({ code: 0, stderr: "" });
      });
    });
  });

  test("ends at a command whose keys are in several slots, or counts it", async () => {
    await withServer("redis-7.0", { args: ["--repl-diskless-sync-delay", "0"] }, async (source) => {
      await withCluster(id, async (nodes) => {
        const url = `redis+cluster://127.0.0.1:${portOf(nodes[0])}`;
        const args = ["sync", `unix://${source.server.socketPath}`, url, "--spool", join(folder, "spool")];
        const running = runCommand(args);
        while ((await offsetOf(nodes)) === "");
        await source.client.sendCommand(["MSET", "a", "1", "b", "2", "c", "3"]);
        await source.client.sendCommand(["RENAME", "a", "d"]);
        await source.client.sendCommand(["SET", "behind", "1"]);
        const run = await running;
        expect({ code: run.code, stderr: run.stderr }).toMatchObject({
          code: 12,
          stderr: expect.stringContaining("RENAME has keys in several slots"),
        });
        expect([...(await contentOfAll(nodes)).keys()].sort()).toEqual(["0/61", "0/62", "0/63"]);
        const controller = new AbortController();
        const skipping = runCommand([...args, "--on-refused", "skip", "--json"], {
          signal: controller.signal,
        });
        while (!(await contentOfAll(nodes)).has(`0/${Buffer.from("behind").toString("hex")}`));
        controller.abort(new Interrupted("SIGTERM"));
        const { leftOut } = JSON.parse((await skipping).stdout.toString());
        expect(leftOut).toMatchObject([
          { kind: "command RENAME (cross-slot)", count: 1, examples: ["a in db 0"] },
        ]);
      });
    });
  });
});

/** The checkpoint's state, from whichever node has it. */
async function offsetOf(nodes: readonly ServerInUse[]): Promise<string> {
  for (const { client } of nodes) {
    const state = await client.sendCommand(["HGET", "holdfast:checkpoint", "state"]).catch(() => null);
    if (state !== null) return String(state);
  }
  return "";
}

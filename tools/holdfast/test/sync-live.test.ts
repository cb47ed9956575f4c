/** The live half of `sync` between real servers: under a load of writes both sides end with the same data. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Interrupted } from "@holdfast/command-line";
import type { ServerId } from "@holdfast/servers";
import { describeWithServer, type ServerInUse, withServer } from "@holdfast/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type CommandRun, runCommand } from "./run-command.ts";
import { contentOf } from "./server-content.ts";
import { startLoad, untilMarked } from "./write-load.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "holdfast-"));
});
afterEach(() => rm(folder, { recursive: true }));

const url = ({ server }: ServerInUse) => `unix://${server.socketPath}`;
const undelayed = { args: ["--repl-diskless-sync-delay", "0"] };

interface LiveSync {
  /** As Ctrl-C does. */
  stop(): Promise<CommandRun>;
}

function startSync(source: ServerInUse, target: ServerInUse, ...args: readonly string[]): LiveSync {
  const controller = new AbortController();
  const running = runCommand(
    ["sync", url(source), url(target), "--spool", join(folder, "spool"), "--json", ...args],
    { signal: controller.signal },
  );
  return {
    stop: () => {
      controller.abort(new Interrupted("SIGINT"));
      return running;
    },
  };
}

describeWithServer("redis-8.0", "sync", () => {
  test.each<[source: ServerId, target: ServerId]>([
    ["redis-7.0", "redis-8.6"],
    ["redis-8.6", "redis-7.0"],
    ["redis-7.0", "redis-6.0"],
    ["valkey-9.1", "valkey-8.1"],
    ["valkey-9.1", "redis-8.0"],
    ["redis-6.0", "valkey-9.1"],
  ])("of %s into %s has every write once", async (from, to) => {
    await withServer(from, undelayed, async (source) => {
      await withServer(to, {}, async (target) => {
        const load = startLoad(source.client);
        const sync = startSync(source, target);
        while (Number(await target.client.sendCommand(["DBSIZE"])) === 0);
        await load.stop();
        await untilMarked(target.client);
        const run = await sync.stop();
        expect({ code: run.code, stderr: run.stderr }).toEqual({ code: 130, stderr: "" });
        expect(await contentOf(target)).toEqual(await contentOf(source));
        expect(JSON.parse(run.stdout.toString())).toMatchObject({ leftOut: [], lagBytes: 0 });
      });
    });
  });

  test("goes on where it was after it was stopped, and after either server hung up", async () => {
    await withServer("redis-7.0", undelayed, async (source) => {
      await withServer("redis-8.0", {}, async (target) => {
        const load = startLoad(source.client);
        for (let round = 0; round < 3; round++) {
          const sync = startSync(source, target);
          while (Number(await target.client.sendCommand(["DBSIZE"])) < 2);
          await source.client.sendCommand(["CLIENT", "KILL", "TYPE", "replica"]);
          await target.client.sendCommand(["CLIENT", "KILL", "TYPE", "normal"]);
          if (round === 2) {
            await load.stop();
            await untilMarked(target.client);
          }
          expect((await sync.stop()).code).toBe(130);
        }
        expect(await contentOf(target)).toEqual(await contentOf(source));
      });
    });
  });
});

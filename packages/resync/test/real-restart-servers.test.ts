/** Real servers that are started again, as our primary and as our replica, and go on from what their RDB says. */
import { findServer, type RunningServer, type ServerId, serverIds, startServer } from "@holdfast/servers";
import {
  connectTo,
  describeWithServer,
  type ServerClient,
  seededRandom,
  testSeed,
  withServer,
} from "@holdfast/testkit";
import { expect, test } from "vitest";
import { debugArgs, disklessArgs, follow, infoField, untilCaughtUp, untilSame } from "./follow-kept.ts";
import { KeptReplica } from "./kept-replica.ts";
import { writeRandomly, writeTransaction } from "./random-writes.ts";
import { Relay } from "./relay.ts";

describeWithServer(serverIds, "a real server, started again", (id) => {
  const args = [...debugArgs(id), ...disklessArgs(false), "--repl-ping-replica-period", "3600"];

  test("as our primary lets our replica go on, if it knows its old replid", async () => {
    const random = seededRandom(testSeed());
    await withServer(id, { args }, async ({ server, client }) => {
      await writeRandomly(client, random, 20);
      const kept = new KeptReplica();
      const link = follow({ path: server.socketPath }, kept);
      await kept.until(() => kept.state !== undefined);
      await writeTransaction(client, random);
      await untilCaughtUp(client, kept);
      await shutDown(server, client);
      const before = kept.state!.history.replid;
      await withRestarted(id, server, args, async (again, newClient) => {
        link.address = { path: again.socketPath };
        await kept.until(() => kept.state!.history.replid !== before);
        await writeTransaction(newClient, random);
        await untilCaughtUp(newClient, kept);
        await link.stop();
        // Redis 6.0 forgets its replid; later ones keep it as the previous one.
        const fulls = kept.log.filter((line) => line.startsWith("full"));
        expect(fulls).toHaveLength(id === "redis-6.0" ? 2 : 1);
        expect(kept.state!.history.replid).toBe(await infoField(newClient, "master_replid"));
      });
    });
  });

  test("as our replica goes on from what it saved", async () => {
    const random = seededRandom(testSeed());
    const relay = new Relay();
    await withServer(id, { args }, async (top) => {
      await writeRandomly(top.client, random, 20);
      const link = follow({ path: top.server.socketPath }, relay);
      await relay.until(() => relay.state !== undefined);
      const port = await relay.listen();
      await withServer(id, { args }, async (below) => {
        await below.client.sendCommand(["REPLICAOF", "127.0.0.1", `${port}`]);
        await writeTransaction(top.client, random);
        await untilSame(below.client, top.client);
        await shutDown(below.server, below.client);
        await writeTransaction(top.client, random);
        const asReplica = [...args, "--replicaof", "127.0.0.1", `${port}`];
        await withRestarted(id, below.server, asReplica, async (_again, newClient) => {
          await untilSame(newClient, top.client);
          expect(relay.served).toBe(1);
        });
      });
      await link.stop();
    });
    await relay.close();
  });
});

/** Stops it with its data and its place in the stream on disk. */
async function shutDown(server: RunningServer, client: ServerClient): Promise<void> {
  await client.sendCommand(["SHUTDOWN", "SAVE"]).catch(() => undefined);
  await server.stop();
}

/** Another process over the same directory. */
async function withRestarted(
  id: ServerId,
  { directory }: RunningServer,
  args: readonly string[],
  use: (server: RunningServer, client: ServerClient) => Promise<void>,
): Promise<void> {
  const server = await startServer((await findServer(id))!, { directory, args });
  const client = await connectTo(server);
  try {
    await use(server, client);
  } finally {
    client.destroy();
    await server.stop();
  }
}

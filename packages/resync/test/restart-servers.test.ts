/** A real replica that is away while our primary is started again, more than once, goes on from our disk. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Listener, nodePlatform } from "@holdfast/platform";
import { freePort, serverIds } from "@holdfast/servers";
import { describeWithServer, type SeededRandom, seededRandom, testSeed, withServer } from "@holdfast/testkit";
import { afterEach, expect, test } from "vitest";
import {
  DiskBacklog,
  newHistory,
  type ReplicaState,
  Replicas,
  replicationIdOf,
  shiftHistory,
} from "../src/index.ts";
import { debugArgs, digestOf, disklessArgs, follow, infoField } from "./follow-kept.ts";
import { KeptReplica } from "./kept-replica.ts";
import { writeRandomly } from "./random-writes.ts";

const doors = nodePlatform();
const directories: string[] = [];

afterEach(async () => {
  for (const directory of directories.splice(0)) await rm(directory, { recursive: true });
});

describeWithServer(serverIds, "our primary, started again", (id) => {
  test("lets a replica go on that missed two restarts and more than is in memory", async () => {
    const random = seededRandom(testSeed());
    const directory = await mkdtemp(join(tmpdir(), "holdfast-"));
    directories.push(directory);
    await withServer(id, { args: [...debugArgs(id), ...disklessArgs(false)] }, async ({ server, client }) => {
      await writeRandomly(client, random, 20);
      const kept = new KeptReplica();
      const link = follow({ path: server.socketPath }, kept);
      await kept.until(() => kept.state !== undefined);
      await link.stop();

      const primary = await startPrimary(directory, kept);
      await client.sendCommand(["REPLICAOF", "127.0.0.1", `${primary.port}`]);
      writeToStream(primary.replicas, random, 50);
      expect(await primary.wait()).toBe(1);
      await primary.stop();

      const unseen = await startPrimary(directory, kept);
      writeToStream(unseen.replicas, random, 500);
      await unseen.stop();

      const last = await startPrimary(directory, kept, primary.port);
      writeToStream(last.replicas, random, 50);
      expect(await last.wait()).toBe(1);
      const replid = last.replicas.history.replid;
      expect(last.replicas.history.previous).toHaveLength(2);
      expect(await infoField(client, "master_replid")).toBe(replid);
      expect(last.snapshots()).toBe(0);
      const replicated = await digestOf(client);
      const stream = await last.streamFrom(kept.state!.offset);
      await last.stop();
      expect(replicated).toBe(await digestOfFile(id, [kept.snapshot, ...stream]));
    });
  });
});

/** Our primary over the backlog in this directory, with the snapshot that a replica keeps. */
async function startPrimary(directory: string, kept: KeptReplica, wantedPort?: number) {
  const initial: ReplicaState = {
    history: newHistory(randomId()),
    offset: kept.state!.offset,
    db: undefined,
  };
  const limits = { segmentBytes: 20_000, recentBytes: 1000 };
  const { backlog, state } = await DiskBacklog.open({ ...doors, ...limits, directory, initial });
  let served = 0;
  const isNew = state.offset === initial.offset;
  const history = isNew ? state.history : shiftHistory(state.history, randomId(), state.offset);
  await backlog.changeHistory(history);
  const { snapshot } = kept;
  const open = async () => {
    served++;
    return { offset: initial.offset, sizeBytes: snapshot.length, chunks: [snapshot] };
  };
  const replicas = new Replicas({ ...doors, backlog, history, source: { open } });
  const address = { host: "127.0.0.1", port: wantedPort ?? (await freePort()) };
  const listener: Listener = await doors.network.listen({ address }, (connection) => {
    void replicas.serve(connection);
  });
  return {
    replicas,
    port: (listener.address as { readonly port: number }).port,
    snapshots: () => served,
    wait: () => replicas.wait({ count: 1, offset: backlog.endOffset, timeoutMs: 20_000 }),
    stop: async () => {
      await listener.close();
      replicas.changeHistory(history, { isTop: false });
      await backlog.close();
    },
    streamFrom: async (from: number) => {
      const pieces: Uint8Array[] = [];
      for (let offset = from; offset < backlog.endOffset; offset += pieces[pieces.length - 1].length)
        pieces.push((await backlog.read(offset, 1 << 20))!);
      return pieces;
    },
  };
}

function randomId() {
  return replicationIdOf(doors.random.bytes(20));
}

function writeToStream({ feed }: Replicas, random: SeededRandom, writes: number): void {
  for (let index = 0; index < writes; index++) {
    const value = random.bytes(random.below(300));
    feed.write(random.below(3), ["SET", `ours:${random.below(50)}`, value]);
    if (random.below(5) === 0) feed.write(1, ["MULTI"], ["RPUSH", "l", value], ["INCR", "n"], ["EXEC"]);
  }
}

async function digestOfFile(id: (typeof serverIds)[number], parts: readonly Uint8Array[]): Promise<string> {
  const files = { "appendonly.aof": Buffer.concat(parts) };
  const args = [...debugArgs(id), "--appendonly", "yes"];
  return withServer(id, { files, args }, ({ client }) => digestOf(client));
}

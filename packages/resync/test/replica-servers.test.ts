/** Our replica of real primaries: what it keeps, loaded by a server of the same release, is the same data. */
import { serverIds } from "@holdfast/servers";
import { describeWithServer, seededRandom, testSeed, withServer } from "@holdfast/testkit";
import { expect, test } from "vitest";
import { formatReplicaState, parseReplicaState, ReplicaSession } from "../src/index.ts";
import {
  debugArgs,
  digestOf,
  disklessArgs,
  follow,
  infoField,
  loadedDigest,
  untilCaughtUp,
} from "./follow-kept.ts";
import { KeptReplica } from "./kept-replica.ts";
import { writeRandomly, writeTransaction } from "./random-writes.ts";
import { WatchedNetwork } from "./watched-network.ts";

describeWithServer(serverIds, "our replica", (id) => {
  test.each([true, false])(
    "takes a snapshot and the stream, diskless %o, and counts for WAIT",
    async (diskless) => {
      const random = seededRandom(testSeed());
      const args = [...debugArgs(id), ...disklessArgs(diskless)];
      await withServer(id, { args }, async ({ server, client }) => {
        await writeRandomly(client, random, 100);
        const kept = new KeptReplica();
        kept.settlesAtOnce = false;
        const link = follow({ path: server.socketPath }, kept);
        await kept.until(() => kept.state !== undefined);
        await writeRandomly(client, random, 100);
        await writeTransaction(client, random);
        expect(Number(await client.sendCommand(["WAIT", "1", "20000"]))).toBe(1);
        expect(kept.settleCalls).toBeGreaterThan(0);
        await untilCaughtUp(client, kept);
        await link.stop();
        expect(link.troubles).toEqual([]);
        expect(kept.facts).toMatchObject({ checksum: "ok" });
        expect(await loadedDigest(id, kept)).toBe(await digestOf(client));
        if (!diskless) return;
        expect(kept.log).toEqual(["full 0"]);
      });
    },
  );

  test("misses and repeats nothing when the link is cut again and again under load, and when it is started anew", async () => {
    const random = seededRandom(testSeed());
    const args = [...debugArgs(id), ...disklessArgs(true)];
    await withServer(id, { args }, async ({ server, client }) => {
      await writeRandomly(client, random, 20);
      const network = new WatchedNetwork();
      const kept = new KeptReplica();
      let link = follow({ path: server.socketPath }, kept, { network });
      await kept.until(() => kept.state !== undefined);
      network.cutAfterBytes = () => 60 + random.below(3000);
      network.cut();
      for (let round = 0; round < 10; round++) {
        await writeRandomly(client, random, 20);
        await writeTransaction(client, random);
      }
      await untilCaughtUp(client, kept);
      expect(link.troubles.length).toBeGreaterThan(3);
      await link.stop();

      await writeRandomly(client, random, 20);
      const resumeFrom = parseReplicaState(formatReplicaState(kept.state!));
      link = follow({ path: server.socketPath }, kept, { session: { resumeFrom } });
      await untilCaughtUp(client, kept);
      await link.stop();
      expect(kept.log.filter((line) => line.startsWith("full"))).toHaveLength(1);
      expect(await loadedDigest(id, kept)).toBe(await digestOf(client));
    });
  });

  test("goes on with the replica that takes over, by the previous id", async () => {
    const random = seededRandom(testSeed());
    const args = [...debugArgs(id), ...disklessArgs(true)];
    await withServer(id, { args, port: "free" }, async (primary) => {
      await withServer(id, { args }, async (heir) => {
        await writeRandomly(primary.client, random, 20);
        await heir.client.sendCommand(["REPLICAOF", "127.0.0.1", `${primary.server.port}`]);
        const kept = new KeptReplica();
        const link = follow({ path: primary.server.socketPath }, kept);
        await kept.until(() => kept.state !== undefined);
        await writeTransaction(primary.client, random);
        expect(Number(await primary.client.sendCommand(["WAIT", "2", "20000"]))).toBe(2);
        const before = kept.state!.history.replid;
        link.address = { path: heir.server.socketPath };
        await primary.server.stop();
        await heir.client.sendCommand(["REPLICAOF", "NO", "ONE"]);
        await writeTransaction(heir.client, random);
        await kept.until(() => kept.state!.history.replid !== before);
        await untilCaughtUp(heir.client, kept);
        await link.stop();
        expect(kept.log.filter((line) => line.startsWith("full"))).toHaveLength(1);
        expect(kept.state!.history.replid).toBe(await infoField(heir.client, "master_replid"));
        expect(kept.state!.history.previous[0].replid).toBe(before);
        expect(await loadedDigest(id, kept)).toBe(await digestOf(heir.client));
      });
    });
  });

  test("loses nothing wherever the recorded bytes of a full and a partial resync end", async () => {
    const random = seededRandom(testSeed());
    await withServer(id, { args: disklessArgs(random.below(2) === 0) }, async ({ server, client }) => {
      await writeRandomly(client, random, 2, 20);
      const network = new WatchedNetwork();
      const kept = new KeptReplica();
      const link = follow({ path: server.socketPath }, kept, { network });
      await kept.until(() => kept.state !== undefined);
      await writeRandomly(client, random, 2, 20);
      await untilCaughtUp(client, kept);
      network.cut();
      await writeTransaction(client, random, 20);
      await kept.until(() => kept.log.length > 1);
      await untilCaughtUp(client, kept);
      await link.stop();
      const [full, partial] = network.received.map((chunks) => Buffer.concat(chunks));
      expect(partial.includes("+CONTINUE")).toBe(true);
      resumeAtEveryByte(full, partial, kept);
    });
  });
});

/** Cuts the recorded full resync at each byte, goes on as a primary would let us, then cuts the partial one likewise. */
function resumeAtEveryByte(full: Uint8Array, partial: Uint8Array, whole: KeptReplica): void {
  const { stream_: stream, snapshot, state } = whole;
  const first = state!.offset - stream.length;
  const replid = state!.history.replid;
  const goOn = (from: number) =>
    Buffer.concat([
      Buffer.from(`+PONG\r\n+OK\r\n+OK\r\n+CONTINUE ${replid}\r\n`),
      stream.subarray(from - first),
    ]);
  for (const recorded of [full, partial]) {
    for (let cut = 0; cut <= recorded.length; cut++) {
      const kept = new Collected();
      if (recorded === partial) kept.replay(undefined, full);
      const before = kept.state;
      kept.replay(before, recorded.subarray(0, cut));
      kept.replay(kept.state, kept.state === undefined ? full : goOn(kept.state.offset));
      if (kept.state!.offset < state!.offset) kept.replay(kept.state, goOn(kept.state!.offset));
      expect(Buffer.compare(Buffer.concat(kept.snapshot), snapshot), `cut at ${cut}`).toBe(0);
      expect(Buffer.compare(Buffer.concat(kept.stream), stream), `cut at ${cut}`).toBe(0);
      expect(kept.state).toEqual({ ...state, history: { replid, previous: [] } });
    }
  }
}

/** What sessions hand over, one after the other. */
class Collected {
  state: ReplicaSession["state"];
  snapshot: Uint8Array[] = [];
  stream: Uint8Array[] = [];

  replay(resumeFrom: ReplicaSession["state"], bytes: Uint8Array): void {
    const session = new ReplicaSession({ resumeFrom });
    let incoming: Uint8Array[] = [];
    session.start(0);
    for (const action of session.receive(bytes, 0)) {
      if (action.kind === "snapshot-bytes") incoming.push(action.bytes);
      else if (action.kind === "snapshot-end") {
        this.snapshot = incoming;
        this.stream = [];
        incoming = [];
      } else if (action.kind === "stream") {
        this.stream.push(...action.bytes);
      } else if (action.kind === "close") throw action.error;
    }
    this.state = session.state;
  }
}

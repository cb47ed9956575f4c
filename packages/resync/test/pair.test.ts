/** The drives, with our replica and our primary in one process, in virtual time. */
import { seededRandom, testSeed } from "@holdfast/testkit";
import { describe, expect, test } from "vitest";
import { newHistory, type ReplicaSink, ResyncError, shiftHistory } from "../src/index.ts";
import { A, B, Pair } from "./pair.ts";
import { smallSnapshot } from "./small-snapshots.ts";

const PING_BYTES = 14;

async function following(pair = new Pair()): Promise<Pair> {
  await pair.listen();
  pair.follow();
  await pair.settle();
  return pair;
}

describe("our replica of our primary", () => {
  test("has snapshot and stream, and acknowledges what is durable", async () => {
    const pair = await following();
    expect(pair.kept.state).toEqual({ history: newHistory(A), offset: 0, db: undefined });
    pair.replicas.feed.write(3, ["SET", "k", "v"]);
    const { endOffset } = pair.backlog;
    const count = pair.replicas.wait({ count: 1, offset: endOffset, timeoutMs: 0 });
    await pair.settle();
    expect(await count).toBe(1);
    expect(pair.kept.state?.db).toBe(3);
    expect(pair.kept.offset).toBe(pair.backlog.endOffset);
    expect(pair.replicas.count(endOffset, "fsynced")).toBe(1);
    expect(pair.replicas.facts).toMatchObject([{ phase: "online", profile: { port: 0 } }]);
    pair.stop();
  });

  test("misses and repeats nothing, wherever the network is cut", async () => {
    const random = seededRandom(testSeed());
    const pair = await following();
    for (let round = 0; round < 150; round++) {
      pair.replicas.feed.write(random.below(3), ["SET", "key", random.bytes(random.below(2000))]);
      if (random.below(3) === 0) pair.replicas.feed.write(0, ["MULTI"], ["INCR", "n"], ["EXEC"]);
      if (random.below(4) === 0) pair.network.cut();
      await pair.clock.advance(random.below(300));
    }
    await pair.clock.advance(60_000);
    await pair.settle();
    expect(pair.troubles.length).toBeGreaterThan(10);
    expect(pair.snapshots).toBe(1);
    const parts: Uint8Array[] = [];
    for (let offset = 0; offset < pair.kept.offset; offset += parts.at(-1)!.length)
      parts.push(pair.backlog.read(offset, pair.kept.offset - offset)!);
    expect(pair.kept.offset).toBe(pair.backlog.endOffset);
    expect(Buffer.compare(pair.kept.stream_, Buffer.concat(parts))).toBe(0);
    pair.stop();
  });

  test("learns a new replid, and goes on", async () => {
    const pair = await following();
    pair.replicas.feed.write(0, ["SET", "k", "v"]);
    await pair.settle();
    const history = shiftHistory(pair.replicas.history, B, pair.backlog.endOffset);
    pair.replicas.changeHistory(history, { isTop: true });
    await pair.clock.advance(1000);
    expect(pair.ended[0].error?.code).toBe("RESYNC_HISTORY_CHANGED");
    expect(pair.kept.state?.history).toEqual(history);
    expect(pair.kept.log).toEqual(["full 0", "continued 50"]);
    pair.stop();
  });

  test("waits longer after each attempt in vain, and tells of every one", async () => {
    const pair = new Pair();
    pair.follow();
    await pair.clock.advance(120_000);
    const delays = pair.troubles.map(({ retryInMs }) => retryInMs);
    expect(pair.troubles.map(({ failures }) => failures).slice(0, 4)).toEqual([1, 2, 3, 4]);
    expect(pair.troubles[0].error.code).toBe("RESYNC_DISCONNECTED");
    for (const [index, delay] of delays.entries()) {
      const full = Math.min(30_000, 100 * 2 ** index);
      expect(delay).toBeGreaterThanOrEqual(full / 2);
      expect(delay).toBeLessThanOrEqual(full);
    }
    await pair.listen();
    await pair.clock.advance(30_000);
    expect(pair.kept.log).toEqual(["full 0"]);
    pair.stop();
  });

  test("asks every second for a primary that is not ready", async () => {
    let isReady = false;
    const refusal = () =>
      isReady ? undefined : "-NOMASTERLINK Can't SYNC while not connected with my master";
    const pair = await following(new Pair({ refusal }));
    await pair.clock.advance(4500);
    expect(pair.troubles.map(({ error, retryInMs }) => [error.code, retryInMs])).toEqual(
      Array.from({ length: 5 }, () => ["RESYNC_NOT_READY", 1000]),
    );
    isReady = true;
    await pair.clock.advance(1000);
    expect(pair.kept.state?.offset).toBe(0);
    pair.stop();
  });

  test("asks for everything after a stream that it could not understand", async () => {
    const pair = await following();
    pair.replicas.append(Buffer.from("*1\r\n:nonsense\r\n"));
    await pair.clock.advance(1000);
    expect(pair.troubles[0].error.code).toBe("RESYNC_BAD_STREAM");
    expect(pair.troubles[0].resumeFrom).toBeUndefined();
    expect(pair.snapshots).toBe(2);
    expect(pair.kept.offset).toBe(15);
    pair.stop();
  });

  test("ends with what its sink rejected with, at once", async () => {
    for (const name of ["snapshotStart", "stream", "settle"] as const) {
      const pair = new Pair();
      await pair.listen();
      const broken = new Error("the disk is full");
      const sink: ReplicaSink = new Proxy(pair.kept, {
        get: (kept, key) =>
          key === name ? () => Promise.reject(broken) : Reflect.get(kept, key).bind?.(kept),
      });
      const ended = pair.follow({ sink });
      await pair.settle();
      pair.replicas.feed.write(0, ["SET", "k", "v"]);
      pair.replicas.feed.getAck();
      await pair.settle();
      await expect(ended, name).rejects.toBe(broken);
      await pair.settle();
      expect(pair.replicas.facts).toEqual([]);
    }
  });

  test("acknowledges and does not give up while its sink is busy for minutes", async () => {
    const pair = new Pair();
    await pair.listen();
    const { clock, kept } = pair;
    const stored = kept.snapshotEnd.bind(kept);
    kept.snapshotEnd = async (state, facts) => {
      await clock.sleep(300_000);
      await stored(state, facts);
    };
    pair.follow();
    await pair.clock.advance(290_000);
    expect(pair.replicas.facts).toMatchObject([{ phase: "loading" }]);
    expect(pair.replicas.facts[0].heardMsAgo).toBeLessThan(2000);
    await pair.clock.advance(20_000);
    expect(pair.replicas.facts).toMatchObject([{ phase: "online" }]);
    expect(pair.troubles).toEqual([]);
    pair.stop();
  });

  test("gives up a primary that went silent", async () => {
    const pair = await following(new Pair({ pingEveryMs: 1e9 }));
    await pair.clock.advance(61_000);
    expect(pair.troubles.map(({ error }) => error.code)).toEqual(["RESYNC_TIMEOUT"]);
    expect(pair.snapshots).toBe(1);
    pair.stop();
  });

  test("stops when it is told to, wherever it is", async () => {
    for (const afterMs of [0, 5]) {
      const pair = new Pair();
      if (afterMs > 0) await pair.listen();
      const ended = pair.follow();
      await pair.clock.advance(afterMs);
      pair.stop();
      await expect(ended).rejects.toThrow("stopped by the test");
      await pair.settle();
      expect(pair.clock.sleeping).toBe(0);
    }
  });
});

describe("our primary", () => {
  test("pings when nothing was said for ten seconds, if somebody listens and nobody is above", async () => {
    const pair = new Pair();
    await pair.listen();
    await pair.clock.advance(60_000);
    expect(pair.backlog.endOffset).toBe(0);
    pair.follow();
    await pair.clock.advance(10_001);
    expect(pair.backlog.endOffset).toBe(PING_BYTES);
    await pair.clock.advance(5000);
    pair.replicas.feed.write(0, ["SET", "k", "v"]);
    const { endOffset } = pair.backlog;
    await pair.clock.advance(9999);
    expect(pair.backlog.endOffset).toBe(endOffset);
    await pair.clock.advance(2);
    expect(pair.backlog.endOffset).toBe(endOffset + PING_BYTES);
    pair.replicas.changeHistory(shiftHistory(pair.replicas.history, B, pair.backlog.endOffset), {
      isTop: false,
    });
    await pair.clock.advance(59_000);
    expect(pair.backlog.endOffset).toBe(endOffset + PING_BYTES);
    pair.stop();
  });

  test("loses a replica that does not read, and no other", async () => {
    const pair = await following(new Pair({ bufferBytes: 1000 }));
    const lazy = await pair.connect();
    await lazy.write(Buffer.from(`PSYNC ${A} 1\r\n`));
    await pair.settle();
    for (let round = 0; round < 40; round++) {
      pair.replicas.feed.write(0, ["SET", "k", new Uint8Array(100_000)]);
      await pair.settle();
      if (pair.replicas.facts.length === 1) break;
    }
    // The write that it held up for so long goes through, and the next one finds nothing to send.
    for (let isOpen = true; isOpen; await pair.settle())
      isOpen = (await lazy.read().catch(() => undefined)) !== undefined;
    expect(pair.ended.map(({ error }) => error?.code)).toEqual(["RESYNC_REPLICA_BEHIND"]);
    expect(pair.kept.offset).toBe(pair.backlog.endOffset);
    expect(pair.troubles).toEqual([]);
    pair.stop();
  });

  test("counts down to the time that WAIT gives it, and up to what it asks", async () => {
    const pair = await following();
    pair.kept.settlesAtOnce = false;
    pair.kept.settle = () => new Promise(() => {});
    pair.replicas.feed.write(0, ["SET", "k", "v"]);
    const offset = pair.backlog.endOffset;
    const waited = pair.replicas.wait({ count: 1, offset, timeoutMs: 3000 });
    await pair.clock.advance(2999);
    expect(pair.replicas.count(offset)).toBe(0);
    await pair.clock.advance(2);
    expect(await waited).toBe(0);
    expect(await pair.replicas.wait({ count: 1, offset: 0, timeoutMs: 0 })).toBe(1);
    const controller = new AbortController();
    const forever = pair.replicas.wait({ count: 1, offset, timeoutMs: 0, signal: controller.signal });
    controller.abort(new Error("the client has gone"));
    await expect(forever).rejects.toThrow("the client has gone");
    pair.stop();
  });

  test("tells a replica that there is no snapshot", async () => {
    const source = { open: async () => Promise.reject(new ResyncError("RESYNC_BAD_STATE", "no snapshot")) };
    const broken = new Pair({ source });
    await broken.listen();
    broken.follow();
    await broken.settle();
    expect(broken.troubles[0].error.code).toBe("RESYNC_REFUSED");
    expect(broken.ended[0].error?.code).toBe("RESYNC_SNAPSHOT_FAILED");
    broken.stop();
  });

  test("tells of each phase and acknowledgement, and serves nobody once it has stopped", async () => {
    const told: string[] = [];
    const pair = await following(
      new Pair({
        onMoved: ({ number, phase, resync, snapshotBytes, acknowledgedOffset }) =>
          told.push(
            `${number} ${phase} ${resync?.kind ?? "-"} ${snapshotBytes} ${acknowledgedOffset ?? "-"}`,
          ),
      }),
    );
    const phases = [...new Set(told)];
    const sizeBytes = smallSnapshot("empty.rdb").length;
    expect(phases[0]).toBe("1 greeting - 0 -");
    expect(phases).toContain("1 preparing full 0 -");
    expect(phases).toContain(`1 loading full ${sizeBytes} -`);
    expect(phases).toContain(`1 online full ${sizeBytes} 0`);
    const { endOffset } = pair.backlog;
    const unasked = pair.replicas.wait({ count: 2, offset: endOffset, timeoutMs: 10, asks: false });
    await pair.clock.advance(11);
    expect(await unasked).toBe(1);
    expect(pair.backlog.endOffset).toBe(endOffset);
    pair.replicas.stop();
    await pair.settle();
    expect(pair.replicas.facts).toEqual([]);
    expect(pair.ended[0].error).toMatchObject({
      code: "RESYNC_CLOSED",
      message: expect.stringContaining("stopped"),
    });
    const late = await pair.connect();
    await expect(late.read()).rejects.toMatchObject({ code: "ECONNRESET" });
    pair.stop();
  });

  test("lets a replica go on that has more than there is, when its backlog makes up for it", async () => {
    const reached: number[] = [];
    const pair = new Pair();
    const backlog = Object.assign(pair.backlog, {
      reach: (offset: number) => {
        reached.push(offset);
        pair.backlog.append(new Uint8Array(offset - pair.backlog.endOffset));
      },
    });
    await pair.listen();
    for (const [replid, offset] of [
      [A, 14],
      [B, 99],
    ] as const) {
      const connection = await pair.connect();
      await connection.write(Buffer.from(`PSYNC ${replid} ${offset + 1}\r\n`));
      await pair.settle();
      connection.destroy();
    }
    await pair.settle();
    expect(reached).toEqual([14]);
    expect(pair.ended.map(({ replica }) => replica.resync?.kind).toSorted()).toEqual(["full", "partial"]);
    expect(backlog.endOffset).toBe(14);
  });
});

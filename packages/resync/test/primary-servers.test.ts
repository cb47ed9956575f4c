/** Our primary of real replicas: a chain of real server, ours, real server, real server holds the same data throughout. */
import { serverIds } from "@holdfast/servers";
import { describeWithServer, type ServerInUse, seededRandom, testSeed, withServer } from "@holdfast/testkit";
import { expect, test } from "vitest";
import {
  debugArgs,
  digestOf,
  disklessArgs,
  follow,
  infoField,
  loadedDigest,
  until,
  untilSame,
} from "./follow-kept.ts";
import { writeRandomly, writeTransaction } from "./random-writes.ts";
import { Relay } from "./relay.ts";

describeWithServer(serverIds, "our primary", (id) => {
  const args = [...debugArgs(id), ...disklessArgs(true)];

  test("serves snapshot and stream in a chain, through cuts, takes over, and hands over again", async () => {
    const random = seededRandom(testSeed());
    const relay = new Relay();
    relay.knowsSize = random.below(2) === 0;
    await withServer(id, { args }, async (top) => {
      await writeRandomly(top.client, random, 50);
      await withServer(id, { args, port: "free" }, async (below) => {
        await withServer(id, { args }, async (last) => {
          const port = await relay.listen();
          const link = follow({ path: top.server.socketPath }, relay);
          await replicaOf(below, port);
          await replicaOf(last, below.server.port!);
          await writeRandomly(top.client, random, 50);
          await writeTransaction(top.client, random);
          await untilSame(top.client, below.client, last.client);

          relay.replicas.changeHistory(relay.replicas.history, { isTop: false });
          await writeRandomly(top.client, random, 50);
          await untilSame(top.client, below.client, last.client);

          await link.stop();
          await top.server.stop();
          relay.promote();
          relay.replicas.feed.write(2, ["SET", "after", "takeover"]);
          relay.replicas.feed.write(0, ["MULTI"], ["INCR", "n"], ["RPUSH", "l", "1"], ["EXEC"]);
          const offset = relay.backlog.endOffset;
          expect(await relay.replicas.wait({ count: 1, offset, timeoutMs: 20_000 })).toBe(1);
          expect(await relay.replicas.wait({ count: 2, offset, timeoutMs: 10 })).toBe(1);
          await untilSame(below.client, last.client);
          expect(await loadedDigest(id, relay)).toBe(await digestOf(below.client));
          expect(fullResyncs(below)).toBe(1);
          expect(relay.served).toBe(1);

          await below.client.sendCommand(["REPLICAOF", "NO", "ONE"]);
          const { backlog, replicas } = relay;
          const state = { history: replicas.history, offset: backlog.endOffset, db: replicas.feed.db };
          relay.state = state;
          const back = follow({ path: below.server.socketPath }, relay, { session: { resumeFrom: state } });
          await writeTransaction(below.client, random);
          await relay.until(() => relay.log.at(-1)!.startsWith("continued"));
          await until(
            async () => relay.offset >= Number(await infoField(below.client, "master_repl_offset")),
          );
          await back.stop();
          expect(await loadedDigest(id, relay)).toBe(await digestOf(below.client));
        });
      });
    });
    await relay.close();
  });
});

async function replicaOf({ client }: ServerInUse, port: number): Promise<void> {
  await client.sendCommand(["REPLICAOF", "127.0.0.1", `${port}`]);
  await until(async () => (await infoField(client, "master_link_status")) === "up");
}

function fullResyncs({ server }: ServerInUse): number {
  return server.log().split(/Full resync from (?:master|primary)/).length - 1;
}

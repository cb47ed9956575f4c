/** redis-cli and valkey-cli as clients of our primary: a dump over the wire, and the stream as text. */
import { execFile, spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { findServer, serverIds } from "@holdfast/servers";
import { describeWithServer } from "@holdfast/testkit";
import { expect, test } from "vitest";
import { newHistory, parseReplicationId } from "../src/index.ts";
import { Relay } from "./relay.ts";
import { smallSnapshot } from "./small-snapshots.ts";

const history = newHistory(parseReplicationId("a".repeat(40))!);

describeWithServer(serverIds, "the command line", (id) => {
  test.each([true, false])("gets a dump that is the snapshot, size known %o", async (knowsSize) => {
    const { relay, port, command } = await ready(id);
    relay.knowsSize = knowsSize;
    const directory = await mkdtemp(join(tmpdir(), "holdfast-"));
    const path = join(directory, "dump.rdb");
    const [program, ...args] = command;
    await promisify(execFile)(program, [...args, "-p", `${port}`, "--rdb", path]);
    expect(Buffer.compare(await readFile(path), relay.snapshot)).toBe(0);
    await rm(directory, { recursive: true });
    await relay.close();
  });

  test("watches the stream", async () => {
    const { relay, port, command } = await ready(id);
    const [program, ...args] = command;
    const watcher = spawn(program, [...args, "-p", `${port}`, "--replica"], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    const closed = new Promise((resolve) => watcher.once("close", resolve));
    let text = "";
    // The one of Redis 6.0 keeps what it prints into a pipe to itself; that it has begun to watch it says at once.
    const awaited = id === "redis-6.0" ? "SYNC done" : '"k","seen"';
    const seen = new Promise<void>((resolve) => {
      const look = (chunk: Buffer) => {
        text += chunk;
        if (text.includes(awaited)) resolve();
      };
      watcher.stdout.on("data", look);
      watcher.stderr.on("data", look);
    });
    relay.replicas.feed.write(0, ["SET", "k", "seen"]);
    await seen;
    watcher.kill("SIGKILL");
    await closed;
    expect(relay.served).toBe(1);
    await relay.close();
  });
});

/** Our primary with a small snapshot. */
async function ready(id: (typeof serverIds)[number]) {
  const relay = new Relay();
  relay.snapshot = Buffer.from(smallSnapshot("mark-as-key.rdb"));
  relay.state = { history, offset: 0, db: undefined };
  const port = await relay.listen();
  return { relay, port, command: (await findServer(id))!.command("cli") };
}

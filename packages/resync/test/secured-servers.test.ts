/** TLS, users and passwords with real servers, in both directions; and what else a primary sees of our replica. */
import { CommandDecoder } from "@holdfast/resp";
import { freePort, serverIds } from "@holdfast/servers";
import { certPem, describeWithServer, keyPem, seededRandom, testSeed, withServer } from "@holdfast/testkit";
import { expect, test } from "vitest";
import { streamCommandKind } from "../src/index.ts";
import { debugArgs, disklessArgs, follow, infoField, untilCaughtUp, untilSame } from "./follow-kept.ts";
import { KeptReplica } from "./kept-replica.ts";
import { writeRandomly } from "./random-writes.ts";
import { Relay } from "./relay.ts";

const pem = { "cert.pem": Buffer.from(certPem), "key.pem": Buffer.from(keyPem) };
const tlsFiles = [
  "--tls-cert-file",
  "cert.pem",
  "--tls-key-file",
  "key.pem",
  "--tls-ca-cert-file",
  "cert.pem",
];
const ACL = ["on", ">secret", "+psync", "+replconf", "+ping"];

describeWithServer(serverIds, "over TLS", (id) => {
  test("a user with the least rights follows, and a server follows us with a password", async () => {
    const random = seededRandom(testSeed());
    const port = await freePort();
    const listening = ["--tls-port", `${port}`, "--tls-auth-clients", "no"];
    const args = [...debugArgs(id), ...disklessArgs(true), ...tlsFiles];
    await withServer(id, { args: [...args, ...listening], files: pem }, async (top) => {
      await top.client.sendCommand(["ACL", "SETUSER", "backup", ...ACL]);
      await top.client.sendCommand(["ACL", "SETUSER", "default", "nopass", "-psync"]);
      await writeRandomly(top.client, random, 20);
      const relay = new Relay({ authenticate: (user, word) => user === "other" && word === "word" });
      const tls = { caPem: certPem, serverName: "holdfast.test" };
      const announce = { host: "10.1.2.3", port: 7777 };
      const session = { announce, credentials: { user: "backup", password: "secret" } };
      const link = follow({ host: "127.0.0.1", port }, relay, { session, tls });
      await relay.until(() => relay.state !== undefined);
      expect(await infoField(top.client, "slave0")).toMatch(/^ip=10\.1\.2\.3,port=7777,/);
      const ours = await relay.listen({ certPem, keyPem });
      const asReplica = ["--tls-replication", "yes", "--masteruser", "other", "--masterauth", "word"];
      await withServer(id, { args: [...args, ...asReplica], files: pem }, async (below) => {
        await below.client.sendCommand(["REPLICAOF", "127.0.0.1", `${ours}`]);
        await writeRandomly(top.client, random, 20);
        await untilCaughtUp(top.client, relay);
        await untilSame(below.client, top.client);
      });
      await link.stop();
      await relay.close();
      expect(link.troubles).toEqual([]);
    });
  });
});

describeWithServer(serverIds, "as a replica", (id) => {
  test("we are refused without the password, listed without an address, and hear what Sentinels say", async () => {
    const args = ["--requirepass", "secret", ...disklessArgs(false)];
    const newest = id !== "redis-6.0" && id !== "redis-7.0";
    // The log of acknowledged writes is needed for the local half of WAITAOF only; replicas are counted without.
    await withServer(id, { args }, async ({ server, client }) => {
      await client.sendCommand(["AUTH", "secret"]);
      const refused = new KeptReplica();
      const wrong = follow({ path: server.socketPath }, refused);
      const kept = new KeptReplica();
      const session = { credentials: { password: "secret" } };
      const link = follow({ path: server.socketPath }, kept, { session });
      await kept.until(() => kept.state !== undefined);
      await client.sendCommand(["PUBLISH", "__sentinel__:hello", "127.0.0.1,26379,…"]);
      await client.sendCommand(["SET", "k", "v"]);
      if (newest) expect(await client.sendCommand(["WAITAOF", "0", "1", "20000"])).toEqual([0, 1]);
      else expect(await client.sendCommand(["WAIT", "1", "20000"])).toBe(1);
      expect(await infoField(client, "slave0")).toMatch(/port=0,state=online/);
      await untilCaughtUp(client, kept);
      await Promise.all([link.stop(), wrong.stop()]);
      expect(wrong.troubles[0].error.code).toBe("RESYNC_AUTH_REQUIRED");
      const kinds = commandKinds(kept.stream_);
      expect(kinds.filter((kind) => kind === "sentinel-hello")).toHaveLength(1);
      expect(kinds).toContain("link");
      expect(kinds).toContain("data");
    });
  });
});

function commandKinds(stream: Uint8Array): string[] {
  const decoder = new CommandDecoder();
  const kinds: string[] = [];
  decoder.push(stream);
  for (let found = decoder.next(); found !== undefined; found = decoder.next()) {
    if (found.kind !== "commands") continue;
    for (let command = 0; command < found.count; command++)
      kinds.push(streamCommandKind(found.args(command)));
  }
  return kinds;
}

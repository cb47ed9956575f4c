/** `relay` between real servers: chains that stay the same, whatever breaks, and servers above that are asked for one snapshot. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort, type RunningServer, serverIds, startServer } from "@holdfast/servers";
import {
  certPem,
  connectTo,
  describeWithServer,
  keyPem,
  type ServerClient,
  type ServerInUse,
  seededRandom,
  testSeed,
  withServer,
} from "@holdfast/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { digestOf, infoField, loadedDigest, offsetOf, sourceArgs, until, writeSome } from "./kept-servers.ts";
import { runCommand } from "./run-command.ts";
import { startProxy } from "./tcp-proxy.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "holdfast-"));
  await writeFile(join(folder, "secret"), "der Schlüssel\n");
  await writeFile(join(folder, "cert.pem"), certPem);
  await writeFile(join(folder, "key.pem"), keyPem);
});
afterAll(() => rm(folder, { recursive: true }));

interface RunningRelay {
  readonly port: number;
  said(): string;
  stop(): Promise<{ readonly code: number; readonly stderr: string }>;
}

async function startRelay(
  url: string,
  directory: string,
  { port: wanted, args = [] }: { readonly port?: number; readonly args?: readonly string[] } = {},
): Promise<RunningRelay> {
  const stop = new AbortController();
  // One that is still free when the relay is started again.
  const port = wanted ?? (await freePort());
  let said = "";
  const ended = runCommand(
    ["relay", url, "--dir", directory, "--listen", `127.0.0.1:${port}`, "--progress", "none", ...args],
    { signal: stop.signal, onStderr: (text) => void (said += text) },
  );
  let isOver = false;
  void ended.then(() => {
    isOver = true;
  });
  await until(() => isOver || said.includes("listening on"));
  if (isOver) throw new Error(`the relay did not start: ${said}`);
  return {
    port,
    said: () => said,
    stop: async () => {
      stop.abort(new Error("stopped by the test"));
      return ended;
    },
  };
}

async function replicate({ client }: ServerInUse, port: number): Promise<void> {
  await client.sendCommand(["REPLICAOF", "127.0.0.1", `${port}`]);
}

/** Resolves when all of them stand at the same offset of the stream, with the same data. */
async function untilSame(...clients: readonly ServerClient[]): Promise<void> {
  await until(async () => {
    const offsets = await Promise.all(clients.map(offsetOf));
    const digests = await Promise.all(clients.map(digestOf));
    return new Set(offsets).size === 1 && new Set(digests).size === 1;
  });
}

/** Another process over the same directory. */
async function withRestarted<T>(
  { directory, installation }: RunningServer,
  args: readonly string[],
  use: (running: ServerInUse) => Promise<T>,
): Promise<T> {
  const server = await startServer(installation, { directory, args });
  const client = await connectTo(server);
  try {
    return await use({ server, client });
  } finally {
    client.destroy();
    await server.stop();
  }
}

describeWithServer(serverIds, "relay", (id) => {
  const args = sourceArgs(id);

  test("keeps a chain the same over cut links, restarts of each part and a promotion, with one snapshot of the server above", async () => {
    const random = seededRandom(testSeed());
    const directory = join(folder, `${id}-chain`);
    await withServer(id, { args: [...args, "--repl-backlog-size", "1mb"] }, async (top) => {
      await writeSome(top.client, random);
      const proxy = await startProxy(top.server.socketPath);
      const url = `redis://127.0.0.1:${proxy.port}`;
      const relay = await startRelay(url, directory);
      const { port } = relay;
      await withServer(id, { args }, async (below) => {
        await replicate(below, port);
        await writeSome(top.client, random);
        await untilSame(top.client, below.client);
        expect(await infoField(below.client, "master_replid")).toBe(
          await infoField(top.client, "master_replid"),
        );
        for (let cut = 0; cut < 2; cut++) {
          proxy.cut();
          await writeSome(top.client, random, 10);
          await untilSame(top.client, below.client);
        }
        // The relay, started again.
        await relay.stop();
        await writeSome(top.client, random, 10);
        const again = await startRelay(url, directory, { port });
        await untilSame(top.client, below.client);
        // The replica, stopped for longer than the server above remembers.
        const saved = await stopSaved(below);
        const large = Buffer.alloc(100_000, "x");
        for (let count = 0; count < 25; count++)
          await top.client.sendCommand(["SET", `large:${count}`, large]);
        const rest = [...args, "--replicaof", "127.0.0.1", `${port}`];
        await withRestarted(saved, rest, async (back) => {
          await untilSame(top.client, back.client);
          // A new replica costs the server above nothing.
          await withServer(id, { args }, async (another) => {
            await replicate(another, port);
            await untilSame(top.client, back.client, another.client);
          });
          expect(again.said().match(/a replica gets the base/g)).toHaveLength(1);
          expect(relay.said().match(/a replica gets the base/g)).toHaveLength(1);
          // The server above becomes somebody else, as after a failover.
          await top.client.sendCommand(["REPLICAOF", "127.0.0.1", "1"]);
          await top.client.sendCommand(["REPLICAOF", "NO", "ONE"]);
          await writeSome(top.client, random, 10);
          await untilSame(top.client, back.client);
          expect(await infoField(back.client, "master_replid")).toBe(
            await infoField(top.client, "master_replid"),
          );
          expect(again.said().match(/a replica gets the base/g)).toHaveLength(1);
          expect(await infoField(top.client, "sync_full")).toBe("1");
        });
        await again.stop();
        expect(await loadedDigest(id, directory)).toBe(await digestOf(top.client));
      });
      await proxy.close();
    });
  });

  test("takes a new base when much stream has gathered, and disconnects nobody", async () => {
    const random = seededRandom(testSeed());
    const directory = join(folder, `${id}-renewed`);
    await withServer(id, { args }, async (top) => {
      await writeSome(top.client, random);
      const url = `unix://${top.server.socketPath}`;
      const relay = await startRelay(url, directory, { args: ["--new-base-after", "20KiB"] });
      await withServer(id, { args }, async (below) => {
        await replicate(below, relay.port);
        await until(async () => {
          await writeSome(top.client, random, 20);
          return relay.said().includes("the stream goes on");
        });
        await untilSame(top.client, below.client);
        expect(await infoField(top.client, "sync_full")).toBe("2");
        await withServer(id, { args }, async (another) => {
          await replicate(another, relay.port);
          await writeSome(top.client, random);
          await untilSame(top.client, below.client, another.client);
        });
        await relay.stop();
        expect(await loadedDigest(id, directory)).toBe(await digestOf(top.client));
        const again = await startRelay(url, directory, { port: relay.port });
        await writeSome(top.client, random);
        await untilSame(top.client, below.client);
        await again.stop();
        expect(`${relay.said()}${again.said()}`.match(/a replica gets the base/g)).toHaveLength(2);
        expect(await loadedDigest(id, directory)).toBe(await digestOf(top.client));
      });
    });
  });

  test("asks replicas for a password, and speaks TLS to them", async () => {
    const random = seededRandom(testSeed());
    const secured = [
      ...["--listen-pass-file", join(folder, "secret")],
      ...["--listen-cert", join(folder, "cert.pem"), "--listen-key", join(folder, "key.pem")],
    ];
    await withServer(id, { args }, async (top) => {
      await writeSome(top.client, random);
      const relay = await startRelay(`unix://${top.server.socketPath}`, join(folder, `${id}-secured`), {
        args: secured,
      });
      const pem = { "cert.pem": Buffer.from(certPem), "key.pem": Buffer.from(keyPem) };
      const tls = [
        ...["--tls-replication", "yes", "--tls-cert-file", "cert.pem", "--tls-key-file", "key.pem"],
        ...["--tls-ca-cert-file", "cert.pem"],
      ];
      await withServer(id, { args: [...args, ...tls], files: pem }, async (below) => {
        await replicate(below, relay.port);
        await until(() => below.server.log().includes("NOAUTH"));
        await below.client.sendCommand(["CONFIG", "SET", "masterauth", "der Schlüssel"]);
        await untilSame(top.client, below.client);
      });
      const { stderr } = await relay.stop();
      expect(stderr).not.toContain("Schl");
    });
  });
});

async function stopSaved({ server, client }: ServerInUse): Promise<RunningServer> {
  await client.sendCommand(["SHUTDOWN", "SAVE"]).catch(() => undefined);
  await server.stop();
  return server;
}

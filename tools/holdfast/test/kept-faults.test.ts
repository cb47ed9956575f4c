/** What goes wrong around a relay and a pull that follows: a full disk, bytes that are wrong, a replica that does not read. */
import { mkdtemp, rm } from "node:fs/promises";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type FileSystem, faultyFiles, nodePlatform } from "@holdfast/platform";
import { describeWithServer, seededRandom, testSeed, withServer } from "@holdfast/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startFollowing } from "./following.ts";
import { digestOf, infoField, loadedDigest, offsetOf, sourceArgs, until, writeSome } from "./kept-servers.ts";
import { runCommand } from "./run-command.ts";
import { startProxy } from "./tcp-proxy.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "holdfast-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** The real disk, with room for so many bytes of stream. */
function filesWithRoom(bytes: number): FileSystem {
  let left = bytes;
  return faultyFiles(nodePlatform().files, (call) => {
    if (call.operation !== "append" || !call.path.endsWith(".incr.aof")) return undefined;
    left -= call.bytes?.length ?? 0;
    return left < 0 ? { code: "ENOSPC", writtenBytes: 77 } : undefined;
  });
}

/** The real disk, which has no room for the stream while the snapshot of a second base is there. */
function filesWithRoomForOne(): FileSystem {
  let isThere = false;
  return faultyFiles(nodePlatform().files, ({ operation, path }) => {
    if (path.endsWith(".2.base.rdb.0.tmp")) isThere = operation !== "remove";
    const isStream = operation === "append" && path.endsWith(".incr.aof");
    return isThere && isStream ? { code: "ENOSPC", writtenBytes: 77 } : undefined;
  });
}

describeWithServer("redis-8.6", "trouble around what is kept", (id) => {
  test.each([
    ["pull", ["--follow"]],
    ["relay", ["--listen", "127.0.0.1:0", "--dir"]],
  ])(
    "%s on a full disk ends with 23, harms nobody, and goes on when there is room",
    async (command, flags) => {
      const random = seededRandom(testSeed());
      const directory = join(folder, `full-${command}`);
      await withServer(id, { args: sourceArgs(id) }, async ({ server, client }) => {
        const url = `unix://${server.socketPath}`;
        await writeSome(client, random);
        const full = await startFollowing([command, url, ...flags, directory], filesWithRoom(20_000));
        await until(async () => {
          await writeSome(client, random, 20);
          return full.run() !== undefined;
        });
        expect(full.run()).toMatchObject({ code: 23, stderr: expect.stringContaining("ENOSPC") });
        expect(full.said()).toContain("make room");
        await until(async () => (await infoField(client, "connected_slaves")) === "0");
        const offset = `${await offsetOf(client)}`;
        const again = await runCommand(["pull", url, "--follow", directory, "--until-offset", offset], {});
        expect({ code: again.code, goesOn: again.stderr.includes("goes on at offset") }).toEqual({
          code: 0,
          goesOn: true,
        });
        expect(await infoField(client, "sync_full")).toBe("1");
        expect(await loadedDigest(id, directory)).toBe(await digestOf(client));
      });
    },
  );

  test("a snapshot for a new base gives way to the stream when the disk has not room for both", async () => {
    const random = seededRandom(testSeed());
    const directory = join(folder, "both");
    await withServer(id, { args: sourceArgs(id) }, async ({ server, client }) => {
      const proxy = await startProxy(server.socketPath);
      await writeSome(client, random);
      const files = filesWithRoomForOne();
      const url = `redis://127.0.0.1:${proxy.port}`;
      const follow = await startFollowing(
        ["pull", url, "--follow", directory, "--new-base-after", "1KiB"],
        files,
      );
      await client.sendCommand(["SET", "large", Buffer.from(random.bytes(400_000))]);
      // The snapshot is on its way for longer than the stream takes to be written.
      proxy.bytesPerSecond = 1_000_000;
      await until(async () => {
        await writeSome(client, random, 5);
        return /no new base: .*room/.test(follow.said()) || follow.run() !== undefined;
      });
      expect(follow.said()).toContain("the disk has no room for it and the stream; the old one stays");
      proxy.bytesPerSecond = undefined;
      const offset = await offsetOf(client);
      await until(async () => (await infoField(client, "slave0")).includes(`offset=${offset},`));
      await follow.stop();
      expect(follow.run()).toMatchObject({ stderr: expect.not.stringContaining("ENOSPC") });
      await proxy.close();
      expect(await loadedDigest(id, directory)).toBe(await digestOf(client));
    });
  });

  test("a byte that is wrong in the stream is told of with its offset, and never kept", async () => {
    const random = seededRandom(testSeed());
    const directory = join(folder, "spoilt");
    await withServer(id, { args: sourceArgs(id) }, async ({ server, client }) => {
      const proxy = await startProxy(server.socketPath);
      await writeSome(client, random);
      const url = `redis://127.0.0.1:${proxy.port}`;
      const follow = await startFollowing(["pull", url, "--follow", directory]);
      proxy.spoil = (bytes) => {
        if (bytes[0] !== 0x2a) return false;
        bytes[0] = 0x21;
        return true;
      };
      await until(async () => {
        await writeSome(client, random, 5);
        return (follow.said().match(/a new base/g) ?? []).length === 2;
      });
      expect(follow.said()).toMatch(/the stream holds what is no command at offset \d+/);
      await follow.stop();
      await proxy.close();
      const offset = `${await offsetOf(client)}`;
      const again = await runCommand(
        ["pull", `unix://${server.socketPath}`, "--follow", directory, "--until-offset", offset],
        {},
      );
      expect(again.code).toBe(0);
      expect(await loadedDigest(id, directory)).toBe(await digestOf(client));
    });
  });

  test("a replica that does not read holds up nobody, and gets every byte in the end", async () => {
    const directory = join(folder, "slow");
    await withServer(id, { args: sourceArgs(id) }, async (top) => {
      const relay = await startFollowing([
        ...["relay", `unix://${top.server.socketPath}`],
        ...["--listen", "127.0.0.1:0", "--dir", directory],
      ]);
      const port = Number(/listening on 127\.0\.0\.1:(\d+)/.exec(relay.said())?.[1]);
      const slow = net.connect(port, "127.0.0.1");
      const head = await new Promise<string>((resolve) => {
        slow.once("data", (bytes: Buffer) => {
          slow.pause();
          resolve(bytes.toString("latin1"));
        });
        slow.write("PSYNC ? -1\r\n");
      });
      const from = Number(/^\+FULLRESYNC [0-9a-f]{40} (\d+)\r\n/.exec(head)?.[1]);
      await withServer(id, { args: sourceArgs(id) }, async (below) => {
        await below.client.sendCommand(["REPLICAOF", "127.0.0.1", `${port}`]);
        const value = Buffer.alloc(1 << 20, "v");
        for (let count = 0; count < 40; count++)
          await top.client.sendCommand(["SET", `large:${count % 5}`, value]);
        await until(async () => (await offsetOf(below.client)) === (await offsetOf(top.client)));
        await until(async () => (await digestOf(below.client)) === (await digestOf(top.client)));
      });
      let received = Buffer.byteLength(head, "latin1");
      slow.on("data", (bytes: Buffer) => {
        received += bytes.length;
      });
      slow.resume();
      const end = await offsetOf(top.client);
      const sizeBytes = Number(/\$(\d+)\r\n/.exec(head)?.[1] ?? Number.NaN);
      const lines = `+FULLRESYNC ${"0".repeat(40)} ${from}\r\n$${sizeBytes}\r\n`.length;
      await until(() => received >= lines + sizeBytes + end - from);
      expect(received).toBe(lines + sizeBytes + end - from);
      slow.destroy();
      await relay.stop();
    });
  });
});

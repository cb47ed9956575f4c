/**
 * A disk that is really full, under everything that writes: the answer is 23, the server above is not harmed, what was kept stays what it is,
 * and the same command goes on when there is room.
 */
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { Interrupted } from "@holdfast/command-line";
import { freePort } from "@holdfast/servers";
import {
  describeWithServer,
  describeWithSmallDisks,
  type SeededRandom,
  type ServerInUse,
  type SmallDisk,
  seededRandom,
  testSeed,
  withServer,
  withSmallDisk,
} from "@holdfast/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Following, startFollowing } from "./following.ts";
import { digestOf, infoField, loadedDigest, offsetOf, sourceArgs, until, writeSome } from "./kept-servers.ts";
import { type CommandRun, runCommand } from "./run-command.ts";
import { contentOf } from "./server-content.ts";
import { startServing } from "./serving.ts";

const MIB = 1024 * 1024;

/** Of which all is dumped as it is, and which keeps what is written until somebody has noticed that a disk is full. */
const args = [...sourceArgs("redis-8.6"), "--rdbcompression", "no", "--repl-backlog-size", "64mb"];

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "holdfast-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** A server with some 4 MiB of data, and a disk of 16 MiB. */
function withBoth(use: (source: ServerInUse & { readonly url: string }, disk: SmallDisk) => Promise<void>) {
  return withServer("redis-8.6", { args }, async (source) => {
    await source.client.sendCommand(["DEBUG", "POPULATE", "4000", "key", "1000"]);
    const url = `unix://${source.server.socketPath}`;
    await withSmallDisk(16 * MIB, (disk) => use({ ...source, url }, disk));
  });
}

/** Small units and large ones. */
async function writeALot({ client }: ServerInUse, random: SeededRandom): Promise<void> {
  await writeSome(client, random, 20);
  for (let count = 0; count < 4; count++)
    await client.sendCommand(["SET", `large:${random.below(3)}`, Buffer.from(random.bytes(30_000))]);
}

/** Names beside what fills the disk. */
async function namesOn(directory: string): Promise<readonly string[]> {
  return (await readdir(directory)).filter((name) => name !== ".ballast").sort();
}

function expectFull({ code, stderr }: CommandRun): void {
  expect({ code, stderr }).toEqual({ code: 23, stderr: expect.stringContaining("ENOSPC") });
}

/** The server has noticed nothing but a replica that left: it takes writes, and has nobody to send them to. */
async function expectUnharmed({ client }: ServerInUse): Promise<void> {
  await until(async () => (await infoField(client, "connected_slaves")) === "0");
  expect(String(await client.sendCommand(["SET", "still", "here"]))).toBe("OK");
}

function startSync(words: readonly string[]): Pick<Following, "run" | "stop"> {
  const stop = new AbortController();
  let run: CommandRun | undefined;
  const ended = runCommand([...words, "--progress", "none"], { signal: stop.signal }).then((over) => {
    run = over;
  });
  return {
    run: () => run,
    stop: async () => {
      stop.abort(new Interrupted("SIGINT"));
      await ended;
    },
  };
}

/** What a server makes of the directory as it stands, in a place where there is room. */
async function digestOfCopy(directory: string): Promise<string> {
  const copy = await mkdtemp(join(folder, "copy-"));
  await cp(directory, copy, { recursive: true });
  return loadedDigest("redis-8.6", copy);
}

describeWithServer("redis-8.6", "a full disk", (id) => {
  describeWithSmallDisks("of a few MiB", () => {
    test("under pull leaves no new name and the old file; with room it is pulled", async () => {
      await withBoth(async (source, disk) => {
        const path = join(disk.path, "dump.rdb");
        const pull = () => runCommand(["pull", source.url, "-o", path, "--force", "--progress", "none"]);
        await disk.fill(MIB);
        expectFull(await pull());
        expect(await namesOn(disk.path)).toEqual([]);
        await expectUnharmed(source);
        await disk.makeRoom();
        expect((await pull()).code).toBe(0);
        const before = await readFile(path);
        await disk.fill(MIB);
        expectFull(await pull());
        expect(await namesOn(disk.path)).toEqual(["dump.rdb"]);
        expect((await readFile(path)).equals(before)).toBe(true);
        await disk.makeRoom();
      });
    });

    test.each([
      ["pull", ["--follow"]],
      ["relay", ["--listen", "127.0.0.1:0", "--dir"]],
    ])("under the first base of %s leaves nothing of it; with room it begins", async (command, flags) => {
      await withBoth(async (source, disk) => {
        const directory = join(disk.path, "kept");
        await disk.fill(MIB);
        expectFull(await runCommand([command, source.url, ...flags, directory, "--progress", "none"]));
        expect(await namesOn(directory)).toEqual(["appendonly.aof.manifest"]);
        await expectUnharmed(source);
        await disk.makeRoom();
        const offset = `${await offsetOf(source.client)}`;
        const again = await runCommand(["pull", source.url, "--follow", directory, "--until-offset", offset]);
        expect(again.code, again.stderr).toBe(0);
        expect(await loadedDigest(id, directory)).toBe(await digestOf(source.client));
      });
    });

    test("under the stream of pull --follow ends in front of what had no room", async () => {
      const random = seededRandom(testSeed());
      await withBoth(async (source, disk) => {
        const directory = join(disk.path, "kept");
        const follow = await startFollowing(["pull", source.url, "--follow", directory]);
        await disk.fill(MIB);
        await until(async () => {
          await writeALot(source, random);
          return follow.run() !== undefined;
        });
        expectFull(follow.run()!);
        await expectUnharmed(source);
        // A server takes it as it stands, and has no complaint about the end.
        await digestOfCopy(directory);
        await disk.makeRoom();
        const offset = `${await offsetOf(source.client)}`;
        const again = await runCommand(["pull", source.url, "--follow", directory, "--until-offset", offset]);
        expect({ code: again.code, said: again.stderr }).toEqual({
          code: 0,
          said: expect.stringContaining("goes on at offset"),
        });
        expect(await infoField(source.client, "sync_full")).toBe("1");
        expect(await loadedDigest(id, directory)).toBe(await digestOf(source.client));
      });
    });

    test("under a relay sends its replica away, which goes on with the next run", async () => {
      const random = seededRandom(testSeed());
      await withBoth(async (source, disk) => {
        const directory = join(disk.path, "kept");
        const port = `${await freePort()}`;
        const relay = ["relay", source.url, "--dir", directory, "--listen", `127.0.0.1:${port}`];
        await withServer(id, { args }, async (below) => {
          const first = await startFollowing(relay);
          await below.client.sendCommand(["REPLICAOF", "127.0.0.1", port]);
          await until(async () => (await infoField(below.client, "master_link_status")) === "up");
          await disk.fill(MIB);
          await until(async () => {
            await writeALot(source, random);
            return first.run() !== undefined;
          });
          expectFull(first.run()!);
          await expectUnharmed(source);
          await until(async () => (await infoField(below.client, "master_link_status")) === "down");
          await disk.makeRoom();
          const second = await startServing([...relay, "--progress", "none"]);
          await until(async () => (await offsetOf(below.client)) === (await offsetOf(source.client)));
          await until(async () => (await digestOf(below.client)) === (await digestOf(source.client)));
          expect(second.stderr()).not.toContain("a replica gets the base");
          await second.stop();
          expect(await infoField(source.client, "sync_full")).toBe("1");
          expect(await loadedDigest(id, directory)).toBe(await digestOf(source.client));
        });
      });
    });

    test("under the copy that serve makes of packed commands leaves nothing of it", async () => {
      const path = join(folder, "packed.aof.gz");
      const value = "v".repeat(4 * MIB);
      await writeFile(path, gzipSync(`*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$${value.length}\r\n${value}\r\n`));
      await withSmallDisk(2 * MIB, async (disk) => {
        const run = await runCommand(["serve", path, "--listen", ":0"], { temporaryDirectory: disk.path });
        expectFull(run);
        expect(run.stderr).toContain("TMPDIR");
        expect(await namesOn(disk.path)).toEqual([]);
      });
    });

    test("under the spool of sync ends it in front of what had no room; with room it goes on from there", async () => {
      const random = seededRandom(testSeed());
      await withBoth(async (source, disk) => {
        const spool = join(disk.path, "spool");
        await withServer(id, { args }, async (target) => {
          const sync = ["sync", source.url, `unix://${target.server.socketPath}`, "--spool", spool];
          await disk.fill(MIB);
          expectFull(await runCommand([...sync, "--progress", "none"]));
          expect(Number(await target.client.sendCommand(["DBSIZE"]))).toBe(0);
          expect(await namesOn(spool)).toEqual([]);
          await expectUnharmed(source);
          await disk.makeRoom();

          const first = startSync(sync);
          await until(async () => Number(await target.client.sendCommand(["EXISTS", "still"])) === 1);
          await disk.fill(MIB);
          await until(async () => {
            await writeALot(source, random);
            return first.run() !== undefined;
          });
          expectFull(first.run()!);
          expect(first.run()!.stderr).toContain("make room on the disk, then run the same command again");
          await expectUnharmed(source);
          await disk.makeRoom();

          const second = startSync(sync);
          await source.client.sendCommand(["SELECT", "0"]);
          await source.client.sendCommand(["SET", "last", "one"]);
          await until(async () => Number(await target.client.sendCommand(["EXISTS", "last"])) === 1);
          await second.stop();
          expect(second.run()?.code, second.run()?.stderr).toBe(130);
          expect(await infoField(source.client, "sync_full")).toBe("2");
          expect(await contentOf(target)).toEqual(await contentOf(source));
        });
      });
    });

    test("under a new base keeps the old one, and the stream goes on", async () => {
      await withBoth(async (source, disk) => {
        const directory = join(disk.path, "kept");
        const limits = ["--new-base-after", "1KiB"];
        const follow = await startFollowing(["pull", source.url, "--follow", directory, ...limits]);
        await disk.fill(5 * MIB);
        // As much stream as the base has brings a new one, for which there is no room beside them.
        const value = Buffer.alloc(64 * 1024, "v");
        for (let count = 0; count < 70; count++) await source.client.sendCommand(["SET", "large", value]);
        await until(() => follow.said().includes("no new base") || follow.run() !== undefined);
        expect(follow.said()).toMatch(/no new base: .*(ENOSPC|no room).*; the old one stays/);
        expect((await namesOn(directory)).filter((name) => /tmp$/.test(name))).toEqual([]);
        await source.client.sendCommand(["SET", "after", "it"]);
        const end = await offsetOf(source.client);
        await until(() =>
          infoField(source.client, "slave0").then((field) => field.includes(`offset=${end}`)),
        );
        await follow.stop();
        expect(await infoField(source.client, "sync_full")).toBe("2");
        expect(await digestOfCopy(directory)).toBe(await digestOf(source.client));
      });
    });
  });
});

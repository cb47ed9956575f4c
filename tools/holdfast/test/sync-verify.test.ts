/** `sync --verify`: what it says of two servers, and of a file and a server. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { nodePlatform } from "@holdfast/platform";
import { serverIds } from "@holdfast/servers";
import { describeWithServer, fixturePath, type ServerInUse, withServer } from "@holdfast/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connectClient } from "../src/servers/connect-client.ts";
import { openFileSource } from "../src/sync/file-source.ts";
import { KeyRules } from "../src/sync/key-rules.ts";
import { verifyFile } from "../src/sync/verify/file-verifier.ts";
import { NamePrints, NameTable } from "../src/sync/verify/name-table.ts";
import { ServerKeys } from "../src/sync/verify/server-keys.ts";
import { runCommand } from "./run-command.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "holdfast-"));
});
afterAll(() => rm(folder, { recursive: true }));

const url = ({ server }: ServerInUse) => `unix://${server.socketPath}`;

function sync(source: string, target: string, ...args: readonly string[]) {
  return runCommand(["sync", source, target, "--spool", join(folder, "spool"), ...args]);
}

describeWithServer("redis-8.0", "sync --verify", () => {
  test("says which keys are missing, extra, different or expire at another time", async () => {
    const path = fixturePath("rdb", "redis-7.0-types.rdb");
    const args = ["--repl-diskless-sync-delay", "0"];
    await withServer("redis-7.0", { files: { "dump.rdb": await readFile(path) }, args }, async (source) => {
      await withServer("valkey-9.1", {}, async (target) => {
        const run = await sync(url(source), url(target), "--once", "--verify", "--rename", "tags:=t:");
        expect({ code: run.code, stderr: run.stderr }).toEqual({ code: 0, stderr: "" });
        expect(run.stdout.toString()).toContain("all the same");
        const { client } = target;
        await client.sendCommand(["RENAME", "leaderboard:all-time", "planted"]);
        await client.sendCommand(["SADD", "t:sku:1000", "planted"]);
        await client.sendCommand(["EXPIRE", "t:sku:1001", "100"]);
        const again = await sync(url(source), url(target), "--verify-only", "--json", "--rename", "tags:=t:");
        expect(again.code).toBe(40);
        const { differences, examples } = JSON.parse(again.stdout.toString());
        expect(differences).toEqual({ missing: 1, extra: 1, content: 1, expiry: 1 });
        expect(
          examples.map(({ kind, key }: { kind: string; key: string }) => `${kind} ${key}`).sort(),
        ).toEqual([
          "content tags:sku:1000 in db 0",
          "expiry tags:sku:1001 in db 0",
          "extra planted in db 0",
          "missing leaderboard:all-time in db 0",
        ]);
      });
    });
  });
});

describeWithServer(serverIds, "sync --verify of a file", (id) => {
  test("says that all is the same, or what is missing, extra, different, or expires at another time", async () => {
    const path = fixturePath("rdb", `${id}-types.rdb`);
    await withServer(id, {}, async (target) => {
      const run = await sync(path, url(target), "--verify", "--rename", "tags:=t:");
      expect({ code: run.code, stderr: run.stderr }).toEqual({ code: 0, stderr: "" });
      expect(run.stdout.toString()).toContain("all the same");
      const { client } = target;
      await client.sendCommand(["RENAME", "leaderboard:all-time", "planted"]);
      await client.sendCommand(["SADD", "t:sku:1000", "planted"]);
      await client.sendCommand(["EXPIRE", "t:sku:1001", "100"]);
      const packed = join(folder, "types.rdb.gz");
      await writeFile(packed, gzipSync(await readFile(path)));
      for (const file of [path, packed]) {
        const again = await sync(file, url(target), "--verify-only", "--json", "--rename", "tags:=t:");
        expect(again.code).toBe(40);
        const { differences, examples } = JSON.parse(again.stdout.toString());
        expect(differences).toEqual({ missing: 1, extra: 1, content: 1, expiry: 1 });
        expect(
          examples.map(({ kind, key }: { kind: string; key: string }) => `${kind} ${key}`).sort(),
        ).toEqual([
          "content tags:sku:1000 in db 0",
          "expiry tags:sku:1001 in db 0",
          "extra planted in db 0",
          "missing leaderboard:all-time in db 0",
        ]);
      }
    });
  });
});

describeWithServer("redis-7.0", "sync --verify of functions", () => {
  const library = (name: string, answer: number) =>
    `#!lua name=${name}\nredis.register_function('${name}_f', function() return ${answer} end)`;

  test("names the libraries that are missing, extra or of other code", async () => {
    const path = fixturePath("rdb", "redis-7.0-functions.rdb");
    await withServer("redis-7.0", { files: { "dump.rdb": await readFile(path) } }, async (source) => {
      await withServer("valkey-9.1", {}, async (target) => {
        const same = await sync(path, url(target), "--verify", "--json");
        expect(same.code).toBe(0);
        expect(JSON.parse(same.stdout.toString()).verification.comparedFunctions).toBeGreaterThan(0);
        await source.client.sendCommand(["FUNCTION", "LOAD", library("only_here", 1)]);
        await source.client.sendCommand(["FUNCTION", "LOAD", library("on_both", 1)]);
        await target.client.sendCommand(["FUNCTION", "LOAD", library("on_both", 2)]);
        await target.client.sendCommand(["FUNCTION", "LOAD", library("only_there", 1)]);
        const other = await sync(url(source), url(target), "--verify-only");
        expect(other.code).toBe(40);
        const said = other.stdout.toString();
        expect(said).toContain("missing  the function library only_here");
        expect(said).toContain("content  the function library on_both");
        expect(said).toContain("extra    the function library only_there");
        const ofFile = await sync(path, url(target), "--verify-only", "--json");
        expect(JSON.parse(ofFile.stdout.toString()).differences).toMatchObject({ extra: 2, missing: 0 });
      });
    });
  });
});

describeWithServer("redis-7.0", "sync --verify of append-only files", () => {
  test("with commands is refused before anything is copied", async () => {
    const log = fixturePath("aof", "redis-7.0-mixed");
    await withServer("redis-7.0", {}, async (target) => {
      const run = await sync(log, url(target), "--verify");
      expect(run).toMatchObject({ code: 2, stderr: expect.stringContaining("aof-check rewrite") });
      expect(Number(await target.client.sendCommand(["DBSIZE"]))).toBe(0);
    });
  });
});

describeWithServer("redis-7.0", "the names of a file that has more than are held at once", () => {
  test("are compared in several passes, which find each extra key once", async () => {
    const path = fixturePath("rdb", "redis-7.0-types.rdb");
    await withServer("redis-7.0", {}, async (target) => {
      expect((await sync(path, url(target))).code).toBe(0);
      for (let index = 0; index < 50; index++)
        await target.client.sendCommand(["SET", `planted:${index}`, "here"]);
      const address = { path: target.server.socketPath };
      const access = { address, shown: "the target", tls: undefined, credentials: undefined };
      const { files, clock } = nodePlatform();
      const { signal } = new AbortController();
      const keys = new ServerKeys([await connectClient(access, 5_000)], () => 0, clock);
      const ownPrefix = Buffer.from("holdfast:checkpoint");
      const rules = new KeyRules({ filters: [], renames: [], intoDb: undefined, ownPrefix });
      const file = await openFileSource({ files, signal }, path);
      const common = { file, target: keys, rules, clock, signal, onProgress: () => {} };
      const found = await verifyFile({ ...common, namesMax: 100 });
      keys.close();
      expect(found.comparedKeys).toBeGreaterThan(1_000);
      expect(found.differences).toEqual({ missing: 0, extra: 50, content: 0, expiry: 0 });
    });
  });
});

describe("the names of a file", () => {
  test("are found in the pass that they belong to, and others are not", () => {
    const prints = new NamePrints();
    const tables = [new NameTable(), new NameTable(), new NameTable()];
    const name = (index: number) => Buffer.from(`key:${index}`);
    for (let index = 0; index < 10_000; index++) {
      const { print, pass } = prints.of(index % 3, name(index), tables.length);
      tables[pass].add(print);
    }
    for (const table of tables) table.sort();
    const found = (db: number, index: number) => {
      const { print, pass } = prints.of(db, name(index), tables.length);
      return tables.map((table, at) => table.has(print) && at === pass).includes(true);
    };
    for (let index = 0; index < 10_000; index++) {
      expect(found(index % 3, index)).toBe(true);
      expect(found((index + 1) % 3, index)).toBe(false);
    }
    expect(found(0, 10_000)).toBe(false);
  });
});

/** The copy of `sync` between real servers: the same data in every version and family, and what becomes of keys that are there. */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ServerId, serverIds } from "@holdfast/servers";
import {
  describeWithServer,
  fixturePath,
  type ServerClient,
  type ServerInUse,
  withServer,
} from "@holdfast/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runCommand } from "./run-command.ts";
import { contentOf } from "./server-content.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "holdfast-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** Redis 6.0 knows no such option: DEBUG is always allowed there. */
function debugArgs(id: ServerId): string[] {
  return id === "redis-6.0" ? [] : ["--enable-debug-command", "yes"];
}

async function digestOf(client: ServerClient): Promise<string> {
  return String(await client.sendCommand(["DEBUG", "DIGEST"]));
}

async function keyCountOf(client: ServerClient): Promise<number> {
  const ofAll = String(await client.sendCommand(["INFO", "keyspace"])).matchAll(/keys=(\d+)/g);
  return [...ofAll].reduce((sum, [, count]) => sum + Number(count), 0);
}

const url = ({ server }: ServerInUse) => `unix://${server.socketPath}`;

function sync(source: string, target: string, ...args: readonly string[]) {
  return runCommand(["sync", source, target, "--spool", join(folder, "spool"), ...args]);
}

describeWithServer(serverIds, "sync --once", (id) => {
  test("has the data of a server of its own kind, TTLs and functions with it", async () => {
    const files = { "dump.rdb": await readFile(fixturePath("rdb", `${id}-types.rdb`)) };
    const args = [...debugArgs(id), "--repl-diskless-sync-delay", "0"];
    await withServer(id, { files, args }, async (source) => {
      await withServer(id, { args }, async (target) => {
        const run = await sync(url(source), url(target), "--once", "--json");
        expect({ code: run.code, stderr: run.stderr }).toEqual({ code: 0, stderr: "" });
        expect(await digestOf(target.client)).toBe(await digestOf(source.client));
        expect(JSON.parse(run.stdout.toString())).toMatchObject({
          format: "holdfast-sync",
          copiedKeys: await keyCountOf(source.client),
          skippedKeys: 0,
          leftOut: [],
        });
        if (id !== "redis-6.0") {
          const libraries = String(await source.client.sendCommand(["FUNCTION", "LIST"]));
          expect(String(await target.client.sendCommand(["FUNCTION", "LIST"]))).toBe(libraries);
        }
        expect(await readdir(join(folder, "spool"))).toEqual(["stream"]);
      });
    });
  });
});

describeWithServer("redis-8.0", "the keys of sync", () => {
  test.each<[source: ServerId, target: ServerId, expected: { differing: string[]; kinds: string[] }]>([
    ["redis-6.0", "valkey-9.1", { differing: [], kinds: [] }],
    ["redis-7.0", "redis-6.0", { differing: [], kinds: ["1 function", "1 consumer-time"] }],
    [
      "redis-8.6",
      "redis-7.0",
      { differing: ["similar:products"], kinds: ["1 vector-set", "1 consumer-time", "2 field-expiry"] },
    ],
    ["valkey-9.1", "redis-8.6", { differing: [], kinds: [] }],
    ["valkey-8.1", "redis-7.0", { differing: [], kinds: ["1 consumer-time"] }],
    ["redis-7.0", "redis-8.6", { differing: [], kinds: [] }],
  ])("of a file of %s are in %s, all that it can hold", async (from, to, expected) => {
    const path = fixturePath("rdb", `${from}-types.rdb`);
    const own = await withServer(from, { files: { "dump.rdb": await readFile(path) } }, contentOf);
    await withServer(to, {}, async (target) => {
      const run = await sync(path, url(target), "--allow-loss", "--json");
      expect(run.code).toBe(0);
      const { leftOut } = JSON.parse(run.stdout.toString());
      const content = await contentOf(target);
      const differing = [...own]
        .filter(([key, value]) => content.get(key) !== value)
        .map(([key]) => Buffer.from(key.split("/")[1], "hex").toString());
      const kinds = leftOut.map(({ kind, count }: { kind: string; count: number }) => `${count} ${kind}`);
      expect({ differing, kinds }).toEqual(expected);
    });
  });

  test("that are there already end it, are left alone, or are replaced, as --on-exists says", async () => {
    const path = fixturePath("rdb", "redis-7.0-types.rdb");
    await withServer("redis-8.0", {}, async (target) => {
      const { client } = target;
      const all = await withServer("redis-7.0", { files: { "dump.rdb": await readFile(path) } }, contentOf);
      const [place] = [...all.keys()];
      const [db, key] = place.split("/", 2);
      await client.sendCommand(["SELECT", db]);
      await client.sendCommand(["SET", Buffer.from(key, "hex"), "ours"]);
      const refused = await sync(path, url(target));
      expect({ code: refused.code, keys: await keyCountOf(client) }).toMatchObject({ code: 30 });
      expect(refused.stderr).toContain("already");
      await client.sendCommand(["FLUSHALL"]);
      await client.sendCommand(["FUNCTION", "FLUSH"]);
      await client.sendCommand(["SET", Buffer.from(key, "hex"), "ours"]);
      const skipping = await sync(path, url(target), "--on-exists", "skip", "--json");
      expect(JSON.parse(skipping.stdout.toString())).toMatchObject({
        skippedKeys: 1,
        copiedKeys: all.size - 1,
      });
      await client.sendCommand(["SELECT", db]);
      expect(String(await client.sendCommand(["GET", Buffer.from(key, "hex")]))).toBe("ours");
      const replacing = await sync(path, url(target), "--on-exists", "replace", "--json");
      expect(JSON.parse(replacing.stdout.toString())).toMatchObject({ copiedKeys: all.size, skippedKeys: 0 });
      expect(await contentOf(target)).toEqual(all);
    });
  });

  test("are chosen by filters, renamed, and put into another db", async () => {
    await withServer("redis-8.0", {}, async (source) => {
      for (const db of ["0", "3"]) {
        await source.client.sendCommand(["SELECT", db]);
        for (const key of ["user:1", "user:2", "other"]) await source.client.sendCommand(["SET", key, db]);
      }
      await source.client.sendCommand(["CONFIG", "SET", "repl-diskless-sync-delay", "0"]);
      await withServer("valkey-9.1", {}, async (target) => {
        const args = [
          "--once",
          "--db",
          "3",
          "--match",
          "user:*",
          "--not-match",
          "*2",
          "--rename",
          "user:=u:",
        ];
        const run = await sync(url(source), `${url(target)}?db=7`, ...args);
        expect({ code: run.code, stderr: run.stderr }).toEqual({ code: 0, stderr: "" });
        expect([...(await contentOf(target)).keys()]).toEqual([`7/${Buffer.from("u:1").toString("hex")}`]);
      });
    });
  });
});

describeWithServer("redis-7.0", "databases that the target does not have", () => {
  test.each(["error", "skip", "replace"])(
    "end it, and their keys go nowhere, with --on-exists %s",
    async (how) => {
      await withServer("redis-7.0", {}, async (source) => {
        for (const db of ["0", "1", "5"]) {
          await source.client.sendCommand(["SELECT", db]);
          await source.client.sendCommand(["SET", `key:${db}`, "1"]);
          await source.client.sendCommand(["RPUSH", `list:${db}`, "1"]);
        }
        await source.client.sendCommand(["SAVE"]);
        await withServer("redis-7.0", { args: ["--databases", "2"] }, async (target) => {
          const path = join(source.server.directory, "dump.rdb");
          const run = await sync(path, url(target), "--on-exists", how);
          expect(run.code).not.toBe(0);
          expect(run.stderr).toContain("SELECT 5");
          const names = [...(await contentOf(target)).keys()].map((place) =>
            Buffer.from(place.split("/")[1], "hex").toString(),
          );
          expect(names.filter((name) => name.endsWith(":5"))).toEqual([]);
        });
      });
    },
  );
});

describeWithServer("redis-7.0", "strings that go many in one command", () => {
  const path = fixturePath("rdb", "redis-7.0-types.rdb");
  const asUser = async (target: ServerInUse, rules: readonly string[]) => {
    await target.client.sendCommand(["ACL", "SETUSER", "loader", "on", ">secret", ...rules]);
    const as = `unix://loader:secret@${target.server.socketPath}`;
    return sync(path, as, "--on-exists", "replace", "--json");
  };

  test("go one by one where the target does not take them together", async () => {
    const args = debugArgs("redis-7.0");
    await withServer("redis-7.0", { files: { "dump.rdb": await readFile(path) }, args }, async (source) => {
      await withServer("redis-7.0", { args }, async (target) => {
        const run = await asUser(target, ["~*", "+@all", "-mset"]);
        expect(run.code).toBe(0);
        expect(JSON.parse(run.stdout.toString())).toMatchObject({
          copiedKeys: await keyCountOf(source.client),
        });
        expect(await digestOf(target.client)).toBe(await digestOf(source.client));
      });
    });
  });

  test("are named one by one when the target refuses some", async () => {
    await withServer("redis-7.0", {}, async (target) => {
      const patterns = ["user:*", "counter:page:1*", "holdfast:*"].map((pattern) => `~${pattern}`);
      const run = await asUser(target, [...patterns, "+@all"]);
      expect(run.code).toBe(21);
      const [, refused] = /refused the key (\S+) in db 0: NOPERM/.exec(run.stderr) ?? [];
      expect(refused).not.toMatch(/^(user:|counter:page:1)/);
      expect(await keyCountOf(target.client)).toBeGreaterThan(0);
    });
  });
});

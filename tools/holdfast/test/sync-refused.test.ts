/** What a target says no to: each with its own exit code and next step, and nothing passed over in silence. */
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { Interrupted } from "@holdfast/command-line";
import { describeWithServer, fixturePath, type ServerInUse, withServer } from "@holdfast/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { runCommand } from "./run-command.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "holdfast-"));
});
afterEach(() => rm(folder, { recursive: true }));

const url = ({ server }: ServerInUse) => `unix://${server.socketPath}`;
const dump = fixturePath("rdb", "redis-7.0-types.rdb");
const undelayed = { args: ["--repl-diskless-sync-delay", "0"] };

describeWithServer("redis-7.0", "sync is refused", (id) => {
  test("by a target with a password, without one or with a wrong one", async () => {
    await withServer(id, { args: ["--requirepass", "secret"] }, async (target) => {
      const none = await runCommand(["sync", dump, url(target)]);
      expect(none).toMatchObject({ code: 21, stderr: expect.stringContaining("NOAUTH") });
      const wrong = await runCommand(["sync", dump, url(target)], { passwords: { target: "wrong-word" } });
      expect(wrong).toMatchObject({ code: 21, stderr: expect.stringContaining("check user and password") });
      expect(wrong.stderr).not.toContain("wrong-word");
      const right = await runCommand(["sync", dump, url(target)], { passwords: { target: "secret" } });
      expect({ code: right.code, stderr: right.stderr }).toEqual({ code: 0, stderr: "" });
    });
  });

  test("by users that may not write, and not by one that may what the README says", async () => {
    await withServer(id, {}, async (target) => {
      const user = ["on", ">secret", "~*", "&*"];
      const rights = "+@write +@transaction +select +info +command +config|get +exists +hgetall".split(" ");
      await target.client.sendCommand(["ACL", "SETUSER", "writer", ...user, ...rights]);
      await target.client.sendCommand([
        "ACL",
        "SETUSER",
        "reader",
        ...user,
        "+@read",
        "+info",
        "+command",
        "+select",
      ]);
      const as = (name: string) => `unix://${name}:@${target.server.socketPath}`;
      const passwords = { target: "secret" };
      const reader = await runCommand(["sync", dump, as("reader")], { passwords });
      expect(reader).toMatchObject({ code: 21, stderr: expect.stringContaining("NOPERM") });
      const types = ["sync", dump, as("writer"), "--on-exists", "replace"];
      const allowed = await runCommand(types, { passwords });
      expect({ code: allowed.code, stderr: allowed.stderr }).toEqual({ code: 0, stderr: "" });
    });
  });

  test("by a replica, and by a server that is full", async () => {
    await withServer(id, {}, async (target) => {
      await target.client.sendCommand(["REPLICAOF", "127.0.0.1", "1"]);
      const replica = await runCommand(["sync", dump, url(target)]);
      expect(replica).toMatchObject({ code: 21, stderr: expect.stringContaining("is a replica") });
      await target.client.sendCommand(["REPLICAOF", "NO", "ONE"]);
      await target.client.sendCommand(["CONFIG", "SET", "maxmemory", "1"]);
      const full = await runCommand(["sync", dump, url(target)]);
      expect(full).toMatchObject({ code: 23, stderr: expect.stringContaining("OOM") });
      expect(full.stderr).toContain("maxmemory");
    });
  });

  test("where nobody listens, and by what is no URL, no file or damaged", async () => {
    const nowhere = await runCommand(["sync", dump, `unix://${folder}/none.sock`]);
    expect(nowhere).toMatchObject({ code: 20, stderr: expect.stringContaining("cannot be reached") });
    expect((await runCommand(["sync", dump, "localhost:6379"])).code).toBe(2);
    await withServer(id, {}, async (target) => {
      expect((await runCommand(["sync", join(folder, "none.rdb"), url(target)])).code).toBe(23);
      expect((await runCommand(["sync", dump, `${url(target)}?db=3`])).code).toBe(2);
    });
  });
});

describeWithServer("redis-7.0", "a packed file", (id) => {
  const log = readFileSync(fixturePath("aof", "redis-6.0-mixed/appendonly.aof"));
  test.each<[string, number, string, Uint8Array]>([
    ["an RDB with commands behind it", 12, "unpack it first", gzipSync(log)],
    ["commands alone", 12, "unpack it first", gzipSync("*1\r\n$4\r\nPING\r\n")],
    ["a dictionary", 12, "zstd -d", Buffer.from("28b52ffd010005", "hex")],
    ["a cut end", 11, "fetch the file again", gzipSync(readFileSync(dump)).subarray(0, 5000)],
  ])("with %s is refused with %i", async (_name, code, step, bytes) => {
    const path = join(folder, "packed");
    await writeFile(path, bytes);
    await withServer(id, {}, async (target) => {
      const run = await runCommand(["sync", path, url(target)]);
      expect(run).toMatchObject({ code, stderr: expect.stringContaining(step) });
      if (code === 12) expect(await target.client.sendCommand(["DBSIZE"])).toBe(0);
    });
  });
});

describeWithServer("redis-8.0", "a stream", () => {
  test("ends in front of a command that the target does not know, or counts it", async () => {
    await withServer("redis-8.0", undelayed, async (source) => {
      await withServer("redis-7.0", {}, async (target) => {
        const args = ["sync", url(source), url(target), "--spool", join(folder, "spool")];
        const running = runCommand(args);
        while (Number(await target.client.sendCommand(["EXISTS", "holdfast:checkpoint"])) === 0);
        await source.client.sendCommand(["HSET", "h", "f", "v"]);
        await source.client.sendCommand(["HPEXPIRE", "h", "100000", "FIELDS", "1", "f"]);
        await source.client.sendCommand(["SET", "behind", "1"]);
        const run = await running;
        expect(run).toMatchObject({ code: 12, stderr: expect.stringContaining("does not know HPEXPIREAT") });
        expect(await target.client.sendCommand(["EXISTS", "h", "behind"])).toBe(1);
        const controller = new AbortController();
        const skipping = runCommand([...args, "--on-refused", "skip"], { signal: controller.signal });
        while (Number(await target.client.sendCommand(["EXISTS", "behind"])) === 0);
        controller.abort(new Interrupted("SIGTERM"));
        expect((await skipping).stderr).toContain("1 × command HPEXPIREAT (unknown-command): h in db 0");
      });
    });
  });

  test("that the target refuses inside of a transaction ends it, and the next run says so", async () => {
    await withServer("redis-8.0", undelayed, async (source) => {
      await withServer("redis-7.0", {}, async (target) => {
        const args = ["sync", url(source), url(target), "--spool", join(folder, "spool")];
        const running = runCommand(args);
        while (Number(await target.client.sendCommand(["EXISTS", "holdfast:checkpoint"])) === 0);
        await target.client.sendCommand(["SET", "list", "not a list"]);
        await source.client.sendCommand(["RPUSH", "list", "1"]);
        expect(await running).toMatchObject({ code: 40, stderr: expect.stringContaining("WRONGTYPE") });
        const next = await runCommand(args);
        expect(next).toMatchObject({
          code: 40,
          stderr: expect.stringContaining("the last run ended at a command"),
        });
      });
    });
  });

  test("with FLUSHALL, SWAPDB and functions leaves both sides the same, and the checkpoint where it was", async () => {
    await withServer("redis-8.0", undelayed, async (source) => {
      await withServer("redis-8.0", {}, async (target) => {
        const controller = new AbortController();
        const args = ["sync", url(source), url(target), "--spool", join(folder, "spool")];
        const running = runCommand(args, { signal: controller.signal });
        while (Number(await target.client.sendCommand(["EXISTS", "holdfast:checkpoint"])) === 0);
        const library = "#!lua name=ours\nredis.register_function('f', function() return 1 end)";
        for (const words of [
          ["SET", "gone", "1"],
          ["FLUSHALL"],
          ["SET", "kept", "1"],
          ["SWAPDB", "0", "3"],
          ["FUNCTION", "LOAD", library],
          ["SET", "last", "1"],
        ])
          await source.client.sendCommand(words);
        while (Number(await target.client.sendCommand(["EXISTS", "last"])) === 0);
        controller.abort(new Interrupted("SIGTERM"));
        expect((await running).code).toBe(143);
        expect(Number(await target.client.sendCommand(["DBSIZE"]))).toBe(2);
        await target.client.sendCommand(["SELECT", "3"]);
        expect(String(await target.client.sendCommand(["KEYS", "*"]))).toBe("kept");
        expect(String(await target.client.sendCommand(["FUNCTION", "LIST"]))).toContain("ours");
      });
    });
  });
});

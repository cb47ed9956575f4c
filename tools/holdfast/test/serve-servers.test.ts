/** Real servers as replicas of `holdfast serve`: the same data as the server that wrote the files, refused and resumed in every way. */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { findServer, freePort, type ServerId, serverIds } from "@holdfast/servers";
import {
  certPem,
  describeWithServer,
  fixturePath,
  keyPem,
  type ServerClient,
  type ServerInUse,
  withServer,
} from "@holdfast/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { debugArgs, digestOf, pem, tlsArgs } from "./real-server.ts";
import { startServing } from "./serving.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "holdfast-"));
  await writeFile(join(folder, "cert.pem"), certPem);
  await writeFile(join(folder, "key.pem"), keyPem);
  await writeFile(join(folder, "pass"), "secret\n");
});
afterAll(() => rm(folder, { recursive: true }));

/** What the server that wrote the files said itself. */
async function writtenDigest(kind: "aof" | "rdb", name: string): Promise<string> {
  return JSON.parse(await readFile(fixturePath(kind, `${name}.json`), "utf8")).digest;
}

async function replicaOf({ client }: ServerInUse, port: string | number): Promise<void> {
  await client.sendCommand(["REPLICAOF", "127.0.0.1", String(port)]);
}

function fullResyncs({ server }: ServerInUse): number {
  return server.log().split(/Full resync from (?:master|primary)/i).length - 1;
}

async function infoField(client: ServerClient, field: string): Promise<string> {
  const info = String(await client.sendCommand(["INFO", "replication"]));
  return new RegExp(`^${field}:(.*?)\r?$`, "m").exec(info)?.[1] ?? "";
}

/** Asked again and again; the test's own timeout ends it. */
async function until(holds: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 20));
}

describeWithServer(serverIds, "serve", (id) => {
  test.concurrent("an RDB: two servers have the same data, and the command ends when both have", async () => {
    const path = fixturePath("rdb", `${id}-types.rdb`);
    const serving = await startServing(["serve", path, "--listen", ":0", "--until-acked", "2", "--json"]);
    await withServer(id, { args: debugArgs(id) }, async (one) => {
      await withServer(id, { args: debugArgs(id) }, async (other) => {
        await Promise.all([one, other].map((each) => replicaOf(each, serving.port)));
        const { code, stdout } = await serving.ended;
        expect(code).toBe(0);
        const document = JSON.parse(stdout.toString());
        expect(document).toMatchObject({
          format: "holdfast-serve",
          version: 1,
          outcome: "acknowledged",
          complete: 2,
        });
        const digest = await writtenDigest("rdb", `${id}-types`);
        expect(await Promise.all([one, other].map(({ client }) => digestOf(client)))).toEqual([
          digest,
          digest,
        ]);
      });
    });
  });

  test.concurrent("a log to a chain of servers, through a cut link and a restart of ours, sending everything once", async () => {
    const path = fixturePath("aof", `${id}-mixed`);
    const digest = await writtenDigest("aof", `${id}-mixed`);
    // One that is still free when it is served again.
    const listen = ["--listen", `127.0.0.1:${await freePort()}`];
    const serving = await startServing(["serve", path, ...listen]);
    await withServer(
      id,
      { args: [...debugArgs(id), "--repl-diskless-sync-delay", "0"], port: "free" },
      async (one) => {
        await withServer(id, { args: debugArgs(id) }, async (behind) => {
          await replicaOf(one, serving.port);
          await replicaOf(behind, one.server.port!);
          await serving.until("has all of it");
          await until(async () => (await digestOf(behind.client)) === digest);
          expect(await digestOf(one.client)).toBe(digest);

          await one.client.sendCommand(["CLIENT", "KILL", "TYPE", "master"]);
          await serving.until(/goes on at offset \d+\n(.*\n)*.*has all of it/);

          const stopped = await serving.stop();
          expect(stopped.code).toBe(130);
          const again = await startServing(["serve", path, ...listen, "--until-acked"]);
          const { code, stderr } = await again.ended;
          expect(code).toBe(0);
          expect(stderr).toContain("goes on at offset");
          expect(stderr).not.toContain("full resync");
          expect(fullResyncs(one)).toBe(1);
          expect(await Promise.all([one, behind].map(({ client }) => digestOf(client)))).toEqual([
            digest,
            digest,
          ]);
        });
      },
    );
  });
});

describeWithServer(["redis-6.0", "redis-8.6", "valkey-9.1"], "serve, guarded", (id) => {
  test("commands without an RDB, over TLS with a certificate, a user and a password", async () => {
    const tls = ["--tls", ...["cert", "key"].flatMap((name) => [`--${name}`, join(folder, `${name}.pem`)])];
    const trust = ["--cacert", join(folder, "cert.pem")];
    const who = ["--user", "replica", "--pass-file", join(folder, "pass")];
    const path = fixturePath("aof", `${id}-commands`);
    const serving = await startServing(["serve", path, "--listen", "127.0.0.1:0", ...tls, ...trust, ...who]);
    const args = [...debugArgs(id), ...tlsArgs, "--masteruser", "replica", "--masterauth", "wrong-word"];
    await withServer(id, { args, files: pem }, async (one) => {
      await replicaOf(one, serving.port);
      await serving.until(/refused: it speaks no TLS: set its tls-replication/);
      await one.client.sendCommand(["CONFIG", "SET", "tls-replication", "yes"]);
      await serving.until(/refused: wrong user or password/);
      await until(() => one.server.log().includes("WRONGPASS"));
      await one.client.sendCommand(["CONFIG", "SET", "masterauth", ""]);
      await serving.until(/refused: it gave no password/);
      await one.client.sendCommand(["CONFIG", "SET", "masterauth", "secret"]);
      await serving.until("has all of it");
      expect(await digestOf(one.client)).toBe(await writtenDigest("aof", `${id}-commands`));
      const { code, stderr } = await serving.stop();
      expect(code).toBe(130);
      expect(stderr).not.toMatch(/secret|wrong-word/);
    });
  });
});

describeWithServer(["redis-7.0", "valkey-9.1"], "a replica of a server that has saved and stopped", (id) => {
  test("has all of its dump, and is sent nothing again", async () => {
    const files = { "dump.rdb": await readFile(fixturePath("rdb", `${id}-types.rdb`)) };
    await withServer(id, { args: debugArgs(id) }, async (replica) => {
      const dump = join(folder, `${id}-left.rdb`);
      await withServer(
        id,
        { files, port: "free", args: ["--repl-diskless-sync-delay", "0"] },
        async ({ server, client }) => {
          await replicaOf(replica, server.port!);
          await until(async () => (await infoField(replica.client, "master_link_status")) === "up");
          await client.sendCommand(["SET", "last", "words"]);
          await client.sendCommand(["WAIT", "1", "20000"]);
          await client.sendCommand(["SHUTDOWN", "SAVE"]).catch(() => {});
          await until(() => /bye bye/.test(server.log()));
          await writeFile(dump, await readFile(join(server.directory, "dump.rdb")));
        },
      );
      const serving = await startServing(["serve", dump, "--listen", ":0", "--until-acked"]);
      await replicaOf(replica, serving.port);
      const { code, stderr } = await serving.ended;
      expect(code).toBe(0);
      expect(stderr).toContain("goes on at offset");
      expect(fullResyncs(replica)).toBe(1);
      expect(await replica.client.sendCommand(["GET", "last"])).toEqual(Buffer.from("words"));
    });
  });
});

describeWithServer("redis-7.0", "redis-cli", (id) => {
  test("has the dump of what is served, and the functions in it", async () => {
    const path = fixturePath("rdb", `${id}-functions.rdb`);
    const serving = await startServing(["serve", path, "--listen", ":0"]);
    const [program, ...args] = (await findServer(id))!.command("cli");
    const dumpOf = async (option: string) => {
      const output = join(folder, `${option}.rdb`);
      await promisify(execFile)(program, [...args, "-p", serving.port, option, output]);
      return readFile(output);
    };
    const all = await readFile(path);
    expect((await dumpOf("--rdb")).equals(all)).toBe(true);
    const functions = await dumpOf("--functions-rdb");
    expect(functions.length).toBeLessThan(all.length);
    expect(functions.toString("latin1")).toContain("#!lua name=");
    await serving.until(/left: it has its snapshot, and wanted no more/);
    await serving.stop();
  });
});

describe("a server that is too old for the RDB", () => {
  const cases: readonly (readonly [from: ServerId, to: ServerId, said: RegExp])[] = [
    ["redis-8.6", "redis-7.0", /RDB version 13 is too new for it, --target converts/],
    ["valkey-9.1", "valkey-8.1", /Valkey 8\.1\.1 does not read RDB version 80/],
    ["redis-8.6", "valkey-9.1", /Valkey 9\.1\.2 does not read RDB version 13/],
  ];
  for (const [from, to, said] of cases)
    describeWithServer(to, `given one of ${from}`, () => {
      test("is told of, at the first attempts and then less often, and has it with --target", async () => {
        const path = fixturePath("rdb", `${from}-types.rdb`);
        const packed = join(folder, `${from}-${to}.rdb.gz`);
        await writeFile(packed, gzipSync(await readFile(path)));
        const serving = await startServing(["serve", path, "--listen", ":0"]);
        await withServer(to, { args: ["--repl-diskless-load", "swapdb"] }, async (replica) => {
          await replicaOf(replica, serving.port);
          await serving.until(said);
          await serving.stop();
          const lossy = ["--target", to, "--allow-loss", "--until-acked"];
          const converting = await startServing(["serve", packed, "--listen", ":0", ...lossy]);
          await replicaOf(replica, converting.port);
          expect((await converting.ended).code).toBe(0);
          const keyCount = Number(await replica.client.sendCommand(["DBSIZE"]));
          expect(keyCount).toBeGreaterThan(100);
        });
      });
    });
});

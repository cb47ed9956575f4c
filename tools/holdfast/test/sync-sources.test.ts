/** What `sync` reads, and how it reaches its target: files of every kind, and TLS. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { openContainerWriter } from "@holdfast/bytes";
import { freePort, serverIds } from "@holdfast/servers";
import {
  certPem,
  describeWithServer,
  fixturePath,
  keyPem,
  type ServerInUse,
  withServer,
} from "@holdfast/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { debugArgs, digestOf, pem, tlsArgs } from "./real-server.ts";
import { runCommand } from "./run-command.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "holdfast-"));
  await writeFile(join(folder, "cert.pem"), certPem);
  await writeFile(join(folder, "key.pem"), keyPem);
});
afterAll(() => rm(folder, { recursive: true }));

const url = ({ server }: ServerInUse) => `unix://${server.socketPath}`;

async function copied(source: string, target: ServerInUse, ...args: readonly string[]) {
  const { code, stderr, stdout } = await runCommand(["sync", source, url(target), "--json", ...args]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout.toString()) as { readonly copiedKeys: number; readonly commands: number };
}

describeWithServer(serverIds, "sync of append-only files", (id) => {
  test("has what the server has that wrote them, with the commands behind the base", async () => {
    const files = { "dump.rdb": await readFile(fixturePath("rdb", `${id}-types.rdb`)) };
    await withServer(id, { files, args: debugArgs(id) }, async ({ client, server }) => {
      const ask = (...words: string[]) => client.sendCommand(words);
      await ask("CONFIG", "SET", "appendonly", "yes");
      await expect
        .poll(async () => String(await ask("INFO", "persistence")), { timeout: 60_000, interval: 50 })
        .toMatch(/aof_rewrite_in_progress:0[\s\S]*aof_rewrite_scheduled:0/);
      await ask("SELECT", "3");
      await ask("SET", "behind the base", "1");
      await ask("MULTI");
      await ask("RPUSH", "together", "a", "b");
      await ask("INCR", "behind the base");
      await ask("EXEC");
      const digest = await digestOf(client);
      const directory = server.directory;
      const path = join(directory, id === "redis-6.0" ? "appendonly.aof" : "appendonlydir");
      for (const onExists of ["error", "replace"])
        await withServer(id, { args: debugArgs(id) }, async (target) => {
          const report = await copied(path, target, "--on-exists", onExists);
          expect(report.copiedKeys).toBeGreaterThan(100);
          expect(report.commands).toBeGreaterThanOrEqual(3);
          expect(await digestOf(target.client)).toBe(digest);
        });
    });
  });
});

describeWithServer("redis-8.0", "sync of compressed files", () => {
  test.each(["gzip", "zstd"] as const)("in %s has the same keys as of the file itself", async (container) => {
    const plain = await readFile(fixturePath("rdb", "redis-7.0-types.rdb"));
    const path = join(folder, `types.rdb.${container}`);
    const writer = await openContainerWriter(container);
    await writeFile(path, Buffer.concat([...(await writer.write(plain)), ...(await writer.end())]));
    writer.close();
    const args = debugArgs("redis-8.0");
    await withServer("redis-8.0", { args }, async (own) => {
      const { copiedKeys } = await copied(fixturePath("rdb", "redis-7.0-types.rdb"), own);
      await withServer("redis-8.0", { args }, async (target) => {
        expect(await copied(path, target)).toMatchObject({ copiedKeys });
        expect(await digestOf(target.client)).toBe(await digestOf(own.client));
      });
    });
  });

  test.each([
    [
      "that is cut off",
      11,
      "fetch the file again",
      (packed: Buffer) => packed.subarray(0, packed.length >> 1),
    ],
    ["that holds commands", 12, "unpack it first", () => gzipSync("*1\r\n$4\r\nPING\r\n")],
  ] as const)("ends with a next step at one %s", async (_what, code, step, change) => {
    const path = join(folder, "types.rdb.gz");
    const types = await readFile(fixturePath("rdb", "redis-7.0-types.rdb"));
    await writeFile(path, change(gzipSync(types)));
    await withServer("redis-8.0", {}, async (target) => {
      const run = await runCommand(["sync", path, url(target)]);
      expect(run).toMatchObject({ code, stderr: expect.stringContaining(step) });
      expect(run.stderr).toContain("types.rdb.gz");
    });
  });
});

describeWithServer(serverIds, "sync into a server with TLS", (id) => {
  test("from one with TLS has its data; a wrong certificate ends it with a next step", async () => {
    const files = { ...pem, "dump.rdb": await readFile(fixturePath("rdb", `${id}-types.rdb`)) };
    const [from, to] = [await freePort(), await freePort()];
    const listening = (port: number) => [...tlsArgs, "--tls-port", String(port), "--tls-auth-clients", "yes"];
    const sourceArgs = [...listening(from), ...debugArgs(id), "--repl-diskless-sync-delay", "0"];
    const trust = ["--cacert", join(folder, "cert.pem"), "--sni", "holdfast.test"];
    const ours = ["--cert", join(folder, "cert.pem"), "--key", join(folder, "key.pem")];
    await withServer(id, { files, args: sourceArgs }, async (source) => {
      await withServer(id, { files: pem, args: [...listening(to), ...debugArgs(id)] }, async (target) => {
        const urls = [`rediss://127.0.0.1:${from}`, `rediss://127.0.0.1:${to}`];
        const run = (...args: readonly string[]) =>
          runCommand(["sync", ...urls, "--once", "--spool", join(folder, `spool-${id}`), ...args]);
        const untrusted = await run(...ours, "--retries", "0");
        expect(untrusted).toMatchObject({ code: 20, stderr: expect.stringContaining("next") });
        const anonymous = await run(...trust, "--retries", "0");
        expect(anonymous).toMatchObject({ code: 20, stderr: expect.stringContaining("next") });
        const good = await run(...trust, ...ours, "--verify");
        expect({ code: good.code, stderr: good.stderr }).toEqual({ code: 0, stderr: "" });
        expect(good.stdout.toString()).toContain("all the same");
        expect(await digestOf(target.client)).toBe(await digestOf(source.client));
      });
    });
  });
});

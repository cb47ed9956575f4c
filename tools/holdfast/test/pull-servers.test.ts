/** `pull` from real servers: the same data in every way of sending it, and the right answer to every way of being refused. */
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort, type ServerId, serverIds } from "@holdfast/servers";
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

async function loadedDigest(id: ServerId, path: string): Promise<string> {
  const files = { "dump.rdb": await readFile(path) };
  return withServer(id, { files, args: debugArgs(id) }, ({ client }) => digestOf(client));
}

/** What a pull that is refused answers, and that it leaves nothing. */
async function refusal(url: string, args: readonly string[] = [], redis?: string) {
  const output = join(folder, "refused.rdb");
  const { code, stdout, stderr } = await runCommand(["pull", url, "-o", output, ...args], {
    passwords: { redis },
  });
  expect(stdout.length).toBe(0);
  expect((await readdir(folder)).filter((name) => name.includes("refused"))).toEqual([]);
  expect(stderr).toContain("next");
  expect(stderr).not.toMatch(/secret|wrong-word/);
  return { code, stderr };
}

describeWithServer(serverIds, "pull", (id) => {
  test("has the server's data, from disk and diskless", async () => {
    const files = { "dump.rdb": await readFile(fixturePath("rdb", `${id}-types.rdb`)) };
    const args = [...debugArgs(id), "--repl-diskless-sync-delay", "0"];
    await withServer(id, { files, args }, async ({ server, client }) => {
      const digest = await digestOf(client);
      expect(digest).not.toBe("0".repeat(40));
      for (const diskless of ["no", "yes"]) {
        await client.sendCommand(["CONFIG", "SET", "repl-diskless-sync", diskless]);
        const output = join(folder, `${id}-${diskless}.rdb`);
        const run = await runCommand(["pull", `unix://${server.socketPath}`, "-o", output, "--json"]);
        expect({ code: run.code, stderr: run.stderr }).toEqual({ code: 0, stderr: "" });
        const { keyCount, checksum, attempts } = JSON.parse(run.stdout.toString());
        const keysOfAll = String(await client.sendCommand(["INFO", "keyspace"])).matchAll(/keys=(\d+)/g);
        const expected = [...keysOfAll].reduce((sum, [, count]) => sum + Number(count), 0);
        expect({ keyCount, checksum, attempts }).toEqual({ keyCount: expected, checksum: "ok", attempts: 1 });
        expect(await loadedDigest(id, output)).toBe(digest);
      }
    });
  });

  test("knows passwords and users, and says what is missing", async () => {
    await withServer(
      id,
      { args: ["--requirepass", "secret", "--repl-diskless-sync-delay", "0"] },
      async (running) => {
        await addUsers(running);
        const path = running.server.socketPath;
        const output = join(folder, `${id}-secured.rdb`);
        const allowed = await runCommand(["pull", `unix://backup:@${path}`, "-o", output], {
          passwords: { redis: "secret" },
        });
        expect({ code: allowed.code, stderr: allowed.stderr }).toEqual({ code: 0, stderr: "" });
        const byFile = ["pull", `unix://${path}`, "-o", output, "--force", "--pass-file", "-"];
        expect((await runCommand(byFile, { stdin: Buffer.from("secret\n") })).code).toBe(0);
        const none = await refusal(`unix://${path}`);
        expect(none).toMatchObject({ code: 21, stderr: expect.stringContaining("REDISCLI_AUTH") });
        const wrong = await refusal(`unix://${path}`, [], "wrong-word");
        expect(wrong).toMatchObject({ code: 21, stderr: expect.stringContaining("check user and password") });
        const inUrl = await refusal(`unix://nobody:wrong-word@${path}`);
        expect(inUrl).toMatchObject({
          code: 21,
          stderr: expect.stringContaining("can be seen by others in ps"),
        });
        const powerless = await refusal(`unix://reader:@${path}`, [], "secret");
        expect(powerless).toMatchObject({
          code: 21,
          stderr: expect.stringContaining("+psync +replconf +ping"),
        });
      },
    );
  });

  test("speaks TLS, and tells its errors apart", async () => {
    const [port, plainPort] = [await freePort(), await freePort()];
    const listening = ["--tls-port", `${port}`, "--tls-auth-clients", "yes", "--port", `${plainPort}`];
    await withServer(
      id,
      { args: [...tlsArgs, ...listening, "--repl-diskless-sync-delay", "0"], files: pem },
      async () => {
        const trust = ["--cacert", join(folder, "cert.pem"), "--sni", "holdfast.test"];
        const ours = ["--cert", join(folder, "cert.pem"), "--key", join(folder, "key.pem")];
        const url = `rediss://127.0.0.1:${port}`;
        const output = join(folder, `${id}-tls.rdb`);
        const good = await runCommand(["pull", url, "-o", output, ...trust, ...ours]);
        expect({ code: good.code, stderr: good.stderr }).toEqual({ code: 0, stderr: "" });
        const once = ["--retries", "0"];
        const untrusted = await refusal(url, ours);
        expect(untrusted).toMatchObject({ code: 20, stderr: expect.stringContaining("--cacert") });
        expect(untrusted.stderr).not.toContain("again in");
        const misnamed = await refusal(url, [...trust.slice(0, 2), ...ours]);
        expect(misnamed).toMatchObject({ code: 20, stderr: expect.stringContaining("--sni") });
        const anonymous = await refusal(url, [...trust, ...once]);
        expect(anonymous).toMatchObject({ code: 20, stderr: expect.stringContaining("--cert") });
        const plain = await refusal(`redis://127.0.0.1:${port}`, once);
        expect(plain).toMatchObject({ code: 20, stderr: expect.stringContaining("rediss://") });
        const notTls = await refusal(`redis://127.0.0.1:${plainPort}`, [
          "--tls",
          "--insecure",
          "--timeout",
          "500ms",
          ...once,
        ]);
        expect(notTls).toMatchObject({
          code: 20,
          stderr: expect.stringContaining("TLS"),
        });
      },
    );
  });
});

test("pull from where nobody listens tries again, then exits with 20", async () => {
  const nobody = await refusal(`redis://127.0.0.1:${await freePort()}`);
  expect(nobody).toMatchObject({ code: 20, stderr: expect.stringContaining("nobody listens there") });
  expect(nobody.stderr.match(/again in/g)).toHaveLength(2);
  const noSocket = await refusal(`unix://${folder}/no.sock`, ["--retries", "0"]);
  expect(noSocket).toMatchObject({ code: 20, stderr: expect.stringContaining("nobody listens there") });
});

/** One with the least rights of a replica, one that may read everything but not follow. */
async function addUsers({ client }: ServerInUse): Promise<void> {
  await client.sendCommand(["AUTH", "secret"]);
  await client.sendCommand(["ACL", "SETUSER", "backup", "on", ">secret", "+psync", "+replconf", "+ping"]);
  await client.sendCommand([
    "ACL",
    "SETUSER",
    "reader",
    "on",
    ">secret",
    "~*",
    "+@read",
    "+replconf",
    "+ping",
  ]);
}

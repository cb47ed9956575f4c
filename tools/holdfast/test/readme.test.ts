/** The examples of the README run as they stand there, in turn, against a real server in place of the addresses. */
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "@holdfast/servers";
import {
  certPem,
  describeWithServer,
  fixturePath,
  keyPem,
  type ServerInUse,
  withServer,
} from "@holdfast/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { pem, tlsArgs } from "./real-server.ts";
import { runCommand } from "./run-command.ts";
import { startServing } from "./serving.ts";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const examples = /```sh\n([\s\S]*?)```/.exec(readme)?.[1].trim().split("\n") ?? [];

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "holdfast-"));
  for (const [name, text] of [
    ["ca.pem", certPem],
    ["cert.pem", certPem],
    ["key.pem", keyPem],
    ["secret", "word\n"],
  ])
    await writeFile(join(folder, name), text);
});
afterAll(() => rm(folder, { recursive: true }));

describeWithServer("redis-7.0", "the examples of the README", () => {
  test("do what they say", async () => {
    const tlsPort = await freePort();
    const listening = [
      "--tls-port",
      String(tlsPort),
      "--tls-auth-clients",
      "no",
      "--repl-diskless-sync-delay",
      "0",
    ];
    await withServer(
      "redis-7.0",
      { args: [...tlsArgs, ...listening], files: pem, port: "free" },
      async (primary) => {
        await primary.client.sendCommand([
          "ACL",
          "SETUSER",
          "backup",
          "on",
          ">word",
          "+psync",
          "+replconf",
          "+ping",
        ]);
        await primary.client.sendCommand(["SET", "k", "v"]);
        await withServer("redis-7.0", { args: tlsArgs, files: pem }, async (replica) => {
          const places: readonly (readonly [RegExp, string])[] = [
            [/^redis:\/\/10\.0\.0\.5$/, `redis://127.0.0.1:${primary.server.port}`],
            [/\/run\/redis\.sock/, primary.server.socketPath],
            [/db\.example:6380/, `127.0.0.1:${tlsPort}`],
            [/^(10\.0\.0\.5)?:6400$/, "127.0.0.1:0"],
            [/^appendonlydir$/, join(fixturePath("aof", "redis-7.0-mixed"), "appendonlydir")],
            [/^(dump\.rdb|secured\.rdb|secret|\w+\.pem)$/, join(folder, "$1")],
          ];
          for (const line of examples) {
            const [program, ...words] = line.split(" ");
            expect(program).toBe("holdfast");
            const args = words.map((word) =>
              places.reduce((text, [from, to]) => text.replace(from, to), word),
            );
            await runExample(line, args, replica);
          }
        });
      },
    );
  });
});

async function runExample(line: string, args: readonly string[], replica: ServerInUse): Promise<void> {
  if (args[0] === "pull") {
    const trust = args.includes("--cacert") ? ["--sni", "holdfast.test"] : [];
    const { code, stdout, stderr } = await runCommand([...args, ...trust]);
    expect({ line, code, stderr }).toEqual({ line, code: 0, stderr: "" });
    expect(stdout.toString()).toContain(args.includes("--json") ? '"checksum": "ok"' : "checksum right");
    return;
  }
  const serving = await startServing(args);
  const isGuarded = args.includes("--tls");
  const settings = {
    "tls-replication": isGuarded ? "yes" : "no",
    masteruser: isGuarded ? "replica" : "",
    masterauth: isGuarded ? "word" : "",
  };
  for (const [name, value] of Object.entries(settings))
    await replica.client.sendCommand(["CONFIG", "SET", name, value]);
  await replica.client.sendCommand(["REPLICAOF", "127.0.0.1", serving.port]);
  await serving.until("has all of it");
  const { code } = args.includes("--until-acked") ? await serving.ended : await serving.stop();
  expect({ line, code }).toEqual({ line, code: args.includes("--until-acked") ? 0 : 130 });
  await replica.client.sendCommand(["REPLICAOF", "NO", "ONE"]);
  expect(await replica.client.sendCommand(["DBSIZE"]), line).toBeGreaterThan(0);
}

test("there are examples of every command that moves data", () => {
  for (const command of ["pull", "serve"])
    expect(examples.filter((line) => line.startsWith(`holdfast ${command} `)).length).toBeGreaterThan(1);
});

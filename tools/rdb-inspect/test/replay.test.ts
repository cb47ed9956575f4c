/** Exports replayed by the real `redis-cli --pipe` into a server of the same version hold the same data. */
import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import {
  describeWithServer,
  listFixtures,
  type ServerClient,
  type ServerInUse,
  withServer,
} from "@holdfast/testkit";
import { expect, test } from "vitest";
import { runCommand } from "./run-command.ts";

const servers = ["redis-6.0", "redis-7.0", "redis-8.0", "redis-8.6", "valkey-8.1", "valkey-9.1"] as const;
const contents = [
  "types",
  "encodings",
  "dbs",
  "expiry",
  "streams",
  "functions",
  "vectors",
  "large",
  "nochecksum",
];

describeWithServer(servers, "an export replayed into the server that wrote the dump", (id) => {
  const files = listFixtures("rdb", ".rdb").filter(({ name }) =>
    contents.some((content) => name === `${id}-${content}`),
  );
  for (const { name, path } of files) {
    test(`${name} as commands and as RESTORE`, async () => {
      const args = id === "redis-6.0" ? [] : ["--enable-debug-command", "yes"];
      const loading = { args, files: { "dump.rdb": await readFile(path) } };
      const wanted = await withServer(id, loading, ({ client }) => stateOf(client));
      for (const format of ["restore", "resp"]) {
        const { code, stdout, stderr } = await runCommand([
          "export",
          path,
          "--format",
          format,
          "--progress",
          "none",
        ]);
        const state = await withServer(id, { args }, async (running) => {
          await pipe(running, stdout);
          return stateOf(running.client);
        });
        expect({ format, ...state }, stderr).toEqual({ format, ...wanted });
        expect(code === 0 || stderr.includes("left out"), stderr).toBe(true);
      }
    });
  }
});

/** What the server says of its whole content. */
async function stateOf(client: ServerClient): Promise<object> {
  await client.sendCommand(["DEBUG", "SET-ACTIVE-EXPIRE", "0"]);
  // Servers drop a field that is past its expiry at a time of their own: nothing to compare.
  await client.sendCommand(["DEL", "fields:one-past"]);
  const digest = String(await client.sendCommand(["DEBUG", "DIGEST"]));
  const libraries = await client.sendCommand(["FUNCTION", "LIST", "WITHCODE"]).catch(() => []);
  return { digest, functions: (libraries as unknown[][]).map((library) => String(library.at(-1))).sort() };
}

/** Feeds commands through the server's own command line client. */
async function pipe({ server }: ServerInUse, commands: Uint8Array): Promise<void> {
  const [program, ...args] = server.installation.command("cli");
  const child = spawn(program, [...args, "-s", server.socketPath, "--pipe"], {
    stdio: ["pipe", "pipe", "pipe"],
  });
  let output = "";
  child.stdout.on("data", (text) => (output += text));
  child.stderr.on("data", (text) => (output += text));
  child.stdin.on("error", () => {});
  child.stdin.end(commands);
  const code = await new Promise((resolve) => child.once("close", resolve));
  expect(output).toContain("errors: 0");
  expect(code).toBe(0);
}

/** What --fix leaves and what rewrite makes, loaded by the real servers: the data is that of the server that wrote it. */
import { readFileSync } from "node:fs";
import { appendFile, cp, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeWithServer, fixturePath, withServer } from "@holdfast/testkit";
import { expect, test } from "vitest";
import { runCommand } from "./run-command.ts";

const servers = ["redis-6.0", "redis-7.0", "redis-8.0", "redis-8.6", "valkey-8.1", "valkey-9.1"] as const;

describeWithServer(servers, "a server", (id) => {
  const { digest, options } = JSON.parse(readFileSync(fixturePath("aof", `${id}-mixed.json`), "utf8")) as {
    digest: string;
    options: string[];
  };

  test.each([
    ["truncated", "*3\r\n$3\r\nSET\r\n$1\r\nx"],
    ["torn", "\0".repeat(600)],
    ["open", "*1\r\n$5\r\nMULTI\r\n*3\r\n$3\r\nSET\r\n$1\r\nx\r\n$1\r\ny\r\n"],
  ])("loads what --fix --yes leaves of a %s end, with the digest of before", async (_name, damage) => {
    const folder = await copyOf(id);
    const [last] = (await filesBelow(folder)).filter((path) => /(incr\.aof|^appendonly\.aof)$/.test(path));
    await appendFile(join(folder, last), damage, "latin1");
    expect((await runCommand([folder])).code).toBe(11);
    expect((await runCommand([folder, "--fix", "--yes"])).code).toBe(0);
    expect(await digestOn(folder)).toBe(digest);
    await rm(folder, { recursive: true });
  });

  test.each([
    ["mixed", "rdb"],
    ["commands", "rdb"],
    ["mixed", "commands"],
  ])(
    "loads what rewrite makes of its %s files in the form of %s, with the same digest",
    async (kind, form) => {
      const folder = await mkdtemp(join(tmpdir(), "holdfast-"));
      // Servers before 7.0 read one file: an RDB in front of commands is one, and so is a base.
      const out = join(folder, "appendonlydir");
      const args = [
        "rewrite",
        fixturePath("aof", `${id}-${kind}`),
        "-o",
        out,
        "--target",
        id,
        "--form",
        form,
      ];
      const { code, stderr } = await runCommand(args);
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      if (id === "redis-6.0")
        await cp(
          join(out, `appendonly.aof.1.base.${form === "rdb" ? "rdb" : "aof"}`),
          join(folder, "appendonly.aof"),
        );
      const sidecar = JSON.parse(readFileSync(fixturePath("aof", `${id}-${kind}.json`), "utf8"));
      expect(await digestOn(folder)).toBe(sidecar.digest);
      await rm(folder, { recursive: true });
    },
  );

  async function digestOn(folder: string): Promise<string> {
    const paths = await filesBelow(folder);
    const contents = await Promise.all(paths.map((path) => readFile(join(folder, path))));
    const files = Object.fromEntries(paths.map((path, index) => [path, contents[index]]));
    return withServer(id, { args: options, files }, async ({ client }) =>
      String(await client.sendCommand(["DEBUG", "DIGEST"])),
    );
  }
});

async function copyOf(id: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "holdfast-"));
  await cp(fixturePath("aof", `${id}-mixed`), folder, { recursive: true });
  return folder;
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return files.map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
}

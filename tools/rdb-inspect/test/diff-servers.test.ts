/** What six servers make of a file when they load it and save it again is equal to it, whatever they are told about encodings. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeWithServer, fixturePath, type ServerClient, withServer } from "@holdfast/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runCommand } from "./run-command.ts";

const servers = ["redis-6.0", "redis-7.0", "redis-8.0", "redis-8.6", "valkey-8.1", "valkey-9.1"] as const;

/** Packed encodings only for the smallest values, short nodes, nothing compressed. */
const otherEncodings = [
  ["--rdbcompression", "no"],
  ["--hash-max-ziplist-entries", "2"],
  ["--zset-max-ziplist-entries", "2"],
  ["--set-max-intset-entries", "2"],
  ["--list-max-ziplist-size", "3"],
  ["--stream-node-max-entries", "3"],
].flat();

let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "holdfast-"));
});

afterAll(() => rmSync(folder, { recursive: true }));

/** What the server saves when it has loaded the file; `change` is done in between. */
async function resaved(
  id: (typeof servers)[number],
  path: string,
  args: readonly string[],
  change: (client: ServerClient) => Promise<unknown> = async () => {},
): Promise<string> {
  const files = { "dump.rdb": readFileSync(path) };
  const bytes = await withServer(id, { args, files }, async ({ client, server }) => {
    await change(client);
    await client.sendCommand(["SAVE"]);
    return readFileSync(join(server.directory, "dump.rdb"));
  });
  const output = join(folder, "resaved.rdb");
  writeFileSync(output, bytes);
  return output;
}

/** Keys and fields that are past their time are gone when a server has loaded them, and so are idempotency ids. */
const comparable = [
  ["--not-expires", "past"],
  ["--not-key", "fields:*past*"],
  ["--not-key", "stream:idempotent*"],
].flat();

const contents = ["types", "encodings", "streams", "expiry"] as const;

describeWithServer(servers, "a file loaded and saved again", (id) => {
  const cases = contents.flatMap((content) => [
    { name: `${id}-${content}`, args: otherEncodings },
    { name: `redis-6.0-${content}`, args: [] },
  ]);
  for (const { name, args } of cases) {
    test(`is equal to ${name} with ${args.length === 0 ? "the server's" : "other"} encodings`, async () => {
      const path = fixturePath("rdb", `${name}.rdb`);
      const { code, stdout } = await runCommand(["diff", path, await resaved(id, path, args), ...comparable]);
      expect(stdout.toString()).toMatch(/^EQUAL/);
      expect(code).toBe(0);
    });
  }

  test("and changed by commands differs in just that", async () => {
    const path = fixturePath("rdb", "redis-6.0-types.rdb");
    const changed = await resaved(id, path, otherEncodings, async (client) => {
      await client.sendCommand(["HSET", "user:1001", "city", "Atlantis"]);
      await client.sendCommand(["DEL", "newsletter"]);
      await client.sendCommand(["SET", "brand new", "1"]);
    });
    const { code, stdout } = await runCommand(["diff", path, changed, "--json"]);
    expect(code).toBe(40);
    expect(JSON.parse(stdout.toString())).toMatchObject({
      changedCount: 1,
      onlyInA: [{ key: "newsletter", type: "set" }],
      onlyInB: [{ key: "brand new", type: "string" }],
      changed: [
        {
          key: "user:1001",
          value: { samples: [{ kind: "field", change: "changed", name: "city", b: "Atlantis" }] },
        },
      ],
    });
  });
});

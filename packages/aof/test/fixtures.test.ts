/** Append-only files that real servers wrote: a check calls them sound, and what is read is what the server said it had. */
import { readdirSync, readFileSync } from "node:fs";
import { nodePlatform } from "@holdfast/platform";
import { describeWithServer, fixturePath, withServer } from "@holdfast/testkit";
import { describe, expect, test } from "vitest";
import { checkAof, nearestServer } from "../src/index.ts";
import { readEvents } from "./read-events.ts";
import { readServerFiles } from "./server-files.ts";

/** What the test needs of the JSON beside a fixture. */
interface Sidecar {
  readonly server: { readonly family: "redis" | "valkey"; readonly version: string };
  readonly options: readonly string[];
  readonly digest: string;
  readonly baseKeys: number;
  readonly aofBytes: number;
  readonly commandsAfter: number;
  readonly unitsAfter: number;
}

const { files } = nodePlatform();
const SERVERS = ["redis-6.0", "redis-7.0", "redis-8.0", "redis-8.6", "valkey-8.1", "valkey-9.1"] as const;
const names = readdirSync(fixturePath("aof"))
  .filter((name) => name.endsWith(".json"))
  .map((name) => name.replace(/\.json$/, ""));
const sidecarOf = (name: string) =>
  JSON.parse(readFileSync(fixturePath("aof", `${name}.json`), "utf8")) as Sidecar;

test("every server has written an RDB as base and one of commands", () => {
  expect(names).toEqual(SERVERS.flatMap((id) => [`${id}-commands`, `${id}-mixed`]));
});

describe.each(names)("%s", (name) => {
  const sidecar = sidecarOf(name);
  const path = fixturePath("aof", name);

  test("is sound, whole, and as large as its server said", async () => {
    const report = await checkAof(files, path);
    expect({ verdict: report.verdict, problems: report.problems }).toEqual({
      verdict: "sound",
      problems: [],
    });
    expect(report.files.reduce((sum, file) => sum + file.soundBytes, 0)).toBe(sidecar.aofBytes);
    const base = report.files[0];
    if (base.rdb !== undefined) {
      expect(base.rdb.keyCount).toBe(sidecar.baseKeys);
      expect(report.server).toBe(nearestServer(sidecar.server.family, sidecar.server.version));
    }
    const units = report.files.reduce((sum, file) => sum + file.units, 0);
    expect(units).toBe(sidecar.unitsAfter);
  });

  test("holds the commands that were sent behind the rewrite, in every mode", async () => {
    for (const mode of ["strict", "like-redis", "salvage"] as const) {
      const lines = await readEvents(files, path, { mode });
      const written = lines.slice(lines.findLastIndex((line) => line.includes("later:0 ")));
      const commands = written.filter((line) => !/^(SELECT \d+|MULTI|EXEC|end .*|# .*)$/s.test(line));
      expect(commands).toHaveLength(sidecar.commandsAfter);
      expect(commands.at(-1)).toBe("SET last value");
    }
  });
});

describeWithServer(SERVERS, "the append-only fixtures", (id) => {
  test("load into the data that their server had", async () => {
    const directory = fixturePath("aof", `${id}-mixed`);
    const { options, digest } = sidecarOf(`${id}-mixed`);
    const content = await readServerFiles(directory);
    await withServer(id, { args: options, files: content }, async ({ client }) => {
      expect(String(await client.sendCommand(["DEBUG", "DIGEST"]))).toBe(digest);
    });
  });
});

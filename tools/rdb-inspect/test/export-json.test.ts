/** The JSON export of every real dump says what its server said of it, and what is in it can be read back. */
import { readFileSync } from "node:fs";
import { listFixtures } from "@holdfast/testkit";
import { describe, expect, test } from "vitest";
import { dump, runCommand } from "./run-command.ts";

interface Line {
  readonly meta?: string;
  readonly db: number;
  readonly key: unknown;
  readonly type: string;
  readonly value: unknown;
  readonly expireAtMs?: number;
  readonly code?: string;
}

interface Sidecar {
  readonly functions?: readonly string[];
  readonly keys: readonly {
    db: number;
    key: unknown;
    type: string;
    value?: unknown;
    expireAtMs?: number | null;
    expired?: boolean;
  }[];
}

async function linesOf(path: string, ...more: readonly string[]): Promise<Line[]> {
  const { stdout, code, stderr } = await runCommand(["export", path, ...more]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return stdout
    .toString()
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);
}

const nameOf = (line: { db: number; key: unknown }) => `${line.db} ${JSON.stringify(line.key)}`;

describe("export --format ndjson", () => {
  test.each(listFixtures("rdb", ".rdb").map(({ name, path }) => [name, path]))("of %s", async (_, path) => {
    const sidecar = JSON.parse(readFileSync(path.replace(/rdb$/, "json"), "utf8")) as Sidecar;
    const lines = await linesOf(path);
    const keys = lines.filter((line) => line.meta === undefined);
    expect(keys.map(nameOf).sort()).toEqual(sidecar.keys.map(nameOf).sort());
    expect(
      lines
        .filter((line) => line.meta === "function")
        .map((line) => line.code)
        .sort(),
    ).toEqual([...(sidecar.functions ?? [])].sort());
    const byName = new Map(keys.map((line) => [nameOf(line), line]));
    for (const wanted of sidecar.keys) {
      const line = byName.get(nameOf(wanted));
      if (wanted.expired !== true) expect(line?.expireAtMs ?? null).toEqual(wanted.expireAtMs ?? null);
      const isDigested = JSON.stringify(wanted.value ?? null).includes("$sha256");
      if (wanted.expired === true || isDigested) continue;
      if (wanted.type === "string" || wanted.type === "list") expect(line?.value).toEqual(wanted.value);
      if (wanted.type === "set") expect(sortedJson(line?.value)).toEqual(sortedJson(wanted.value));
    }
  });

  test("json is the same objects in one array", async () => {
    const path = dump("redis-7.0-types");
    const { stdout } = await runCommand(["export", path, "--format", "json"]);
    expect(JSON.parse(stdout.toString())).toEqual(await linesOf(path));
  });

  test("a filter leaves out keys before their values are read", async () => {
    const lines = await linesOf(dump("redis-7.0-types"), "--key", "leaderboard:*", "--not-type", "string");
    expect(lines.filter((line) => line.meta === undefined).map((line) => line.key)).toEqual([
      "leaderboard:all-time",
      "leaderboard:weekly",
    ]);
  });

  test("a filter on sizes reads the file twice", async () => {
    const lines = await linesOf(dump("redis-7.0-types"), "--min-elements", "900");
    expect(
      lines
        .filter((line) => line.meta === undefined)
        .map((line) => line.key)
        .sort(),
    ).toEqual(["leaderboard:all-time", "newsletter", "stock:warehouse"]);
    const { code, stderr } = await runCommand(["export", "-", "--min-elements", "900"], {
      stdin: readFileSync(dump("redis-7.0-types")),
    });
    expect(code).toBe(2);
    expect(stderr).toContain("a stream cannot be");
  });
});

function sortedJson(value: unknown): string[] {
  return (value as unknown[]).map((element) => JSON.stringify(element)).sort();
}

/** Which server counts as here: a fetched one first, else one on PATH that is complete and of the right release. */
import { tmpdir } from "node:os";
import { join } from "node:path";
import fs from "fs-extra";
import { describe, expect, onTestFinished, test } from "vitest";
import { serverTools, toolFileName } from "./catalogue.ts";
import { findServer, parseVersion } from "./installation.ts";

async function folder(): Promise<string> {
  const path = await fs.mkdtemp(join(tmpdir(), "path-"));
  onTestFinished(() => fs.remove(path));
  return path;
}

/** A folder with programs that do nothing but tell their version. */
async function programs(version: string, names: readonly string[]): Promise<string> {
  const path = await folder();
  for (const name of names) {
    await fs.writeFile(join(path, name), `#!/bin/sh\necho "Redis server v=${version} sha=00000000:0"\n`, {
      mode: 0o755,
    });
  }
  return path;
}

const allTools = serverTools.map((tool) => toolFileName("redis", tool));

describe("a server on PATH", () => {
  test("is used when its release is the wanted one, whatever the patch level", async () => {
    const path = await programs("7.0.99", allTools);
    const found = await findServer("redis-7.0", { folder: await folder(), path: `/nowhere:${path}` });
    expect(found?.version).toBe("7.0.99");
    expect(found?.command("check-rdb")).toEqual([join(path, "redis-check-rdb")]);
  });

  test("is not used for another release", async () => {
    const path = await programs("7.2.5", allTools);
    expect(await findServer("redis-7.0", { folder: await folder(), path })).toBeUndefined();
    expect(await findServer("valkey-8.1", { folder: await folder(), path })).toBeUndefined();
  });

  test("is not used when one of its tools is missing", async () => {
    const path = await programs("7.0.15", allTools.slice(0, -1));
    expect(await findServer("redis-7.0", { folder: await folder(), path })).toBeUndefined();
  });
});

describe("a version", () => {
  test("is read from what either family prints", () => {
    expect(parseVersion("Redis server v=6.0.16 sha=00000000:0 malloc=jemalloc-5.2.1 bits=64")).toBe("6.0.16");
    expect(parseVersion("Valkey server v=9.1.2 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64")).toBe("9.1.2");
    expect(parseVersion("nothing of the kind")).toBeUndefined();
  });
});

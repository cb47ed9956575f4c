/** `rdb-inspect digest`: one line that a script can compare, or a mark that it is not the whole answer. */

import { readFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { fixturePath, readHexFixture } from "@holdfast/testkit";
import { describe, expect, test } from "vitest";
import { dump, runCommand } from "./run-command.ts";

/** DEBUG DIGEST of Redis 7.0.15 with redis-7.0-types loaded; packages/rdb asks six servers themselves. */
const typesDigest = "974d3ed555a524fdb023f467081177e0a2e5ece4";

async function documentOf(...args: string[]): Promise<Record<string, unknown>> {
  return JSON.parse((await runCommand(["digest", "--json", ...args])).stdout.toString());
}

describe("digest", () => {
  test("prints the server's forty digits and nothing else, from a stream too", async () => {
    const expected = { code: 0, stdout: Buffer.from(`${typesDigest}\n`), stderr: "" };
    expect(await runCommand(["digest", dump("redis-7.0-types")])).toEqual(expected);
    const stdin = gzipSync(await readFile(dump("redis-7.0-types")));
    expect(await runCommand(["digest", "-"], { stdin })).toEqual(expected);
  });

  test("is zeros for a file without keys", async () => {
    const { stdout } = await runCommand(["digest", dump("redis-6.0-empty")]);
    expect(stdout.toString()).toBe(`${"0".repeat(40)}\n`);
  });

  test("of another server has its scores", async () => {
    const newer = await documentOf(dump("redis-7.0-types"), "--target", "redis-8.0");
    expect(newer).toMatchObject({ server: "redis-8.0", isPartial: false });
    expect(newer.digest).not.toBe(typesDigest);
  });

  test("leaves expired keys out, says so, and counts them when asked to", async () => {
    const { stderr } = await runCommand(["digest", dump("redis-7.0-expiry")]);
    expect(stderr).toContain("have expired and are left out");
    const kept = await documentOf(dump("redis-7.0-expiry"), "--keep-expired");
    const loaded = await documentOf(dump("redis-7.0-expiry"));
    expect(kept.expiredCount).toBe(0);
    expect(Number(kept.keyCount)).toBe(Number(loaded.keyCount) + Number(loaded.expiredCount));
  });

  test("of vector sets is whole", async () => {
    const document = await documentOf(dump("redis-8.0-vectors"));
    expect(document).toMatchObject({ undigestedCount: 0, isPartial: false });
  });

  test("marks the answer and exits with 12 when a value has no digest", async () => {
    const stdin = readHexFixture(fixturePath("rdb/hex", "array.hex"));
    const { code, stdout, stderr } = await runCommand(["digest", "-"], { stdin });
    expect(code).toBe(12);
    expect(stdout.toString()).toMatch(/^[0-9a-f]{40} {2}partial\n$/);
    expect(stderr).toContain("keys of modules or arrays have no digest here");
  });

  test("marks the answer when the file is damaged", async () => {
    const stdin = (await readFile(dump("redis-7.0-types"))).subarray(0, 100_000);
    const { code, stdout, stderr } = await runCommand(["digest", "-"], { stdin });
    expect(code).toBe(11);
    expect(stdout.toString()).toMatch(/^[0-9a-f]{40} {2}partial\n$/);
    expect(stderr).toContain("the result is partial");
  });

  test("--keys has a line for each key that fits the filters, as text or as objects", async () => {
    const args = ["digest", dump("redis-7.0-types"), "--keys", "--key", "user:1013"];
    expect((await runCommand(args)).stdout.toString()).toBe(
      "065ba56012003d546333d51c0631f7c2113d0540  user:1013 in db 0\n",
    );
    expect(JSON.parse((await runCommand([...args, "--json"])).stdout.toString())).toEqual({
      db: 0,
      key: "user:1013",
      digest: "065ba56012003d546333d51c0631f7c2113d0540",
    });
  });
});

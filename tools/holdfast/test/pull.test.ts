/** What `pull` leaves behind when links break, snapshots are wrong, disks are full and people press Ctrl-C. */
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Interrupted } from "@holdfast/command-line";
import { type Connection, faultyFiles, nodePlatform } from "@holdfast/platform";
import { fixturePath } from "@holdfast/testkit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { runCommand } from "./run-command.ts";
import { replid, scriptedPrimary } from "./scripted-primary.ts";

const url = "redis://primary";
const snapshot = await readFile(fixturePath("rdb", "redis-7.0-types.rdb"));
const end = (connection: Connection) => void connection.close();

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "holdfast-"));
});
afterEach(() => rm(folder, { recursive: true }));

function output(): string {
  return join(folder, "dump.rdb");
}

describe("pull", () => {
  test("writes the snapshot as it was sent and says what it is", async () => {
    const network = await scriptedPrimary({ snapshot });
    const { code, stdout, stderr } = await runCommand(["pull", url, "-o", output()], { network });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout.toString()).toBe(
      `${output()}: 161.4 KiB, 1,074 keys, checksum right, redis://primary:6379 at offset 100 of ${replid}\n`,
    );
    expect(snapshot.equals(await readFile(output()))).toBe(true);
    expect(await readdir(folder)).toEqual(["dump.rdb"]);
  });

  test("begins anew when the link breaks in the middle, and keeps nothing of the first attempt", async () => {
    const network = await scriptedPrimary({ snapshot, sentBytes: 100_000, after: end }, { snapshot });
    const { code, stdout, stderr } = await runCommand(["pull", url, "-o", output(), "--json"], { network });
    expect(code).toBe(0);
    expect(stderr).toMatch(
      /^holdfast: redis:\/\/primary:6379: the connection .* ended during snapshot; again in \d+ms\n$/,
    );
    expect(JSON.parse(stdout.toString())).toEqual({
      format: "holdfast-pull",
      version: 1,
      path: output(),
      source: "redis://primary:6379",
      sizeBytes: snapshot.length,
      keyCount: 1074,
      dialect: "redis",
      rdbVersion: 10,
      checksum: "ok",
      replid,
      offset: 100,
      streamDb: null,
      attempts: 2,
    });
    expect(snapshot.equals(await readFile(output()))).toBe(true);
  });

  test.each([0, 1, 9, 50_000, snapshot.length - 1])(
    "of a link that breaks after %i bytes for good exits with 20 and leaves nothing",
    async (sentBytes) => {
      const network = await scriptedPrimary({ snapshot, sentBytes, after: end });
      const { code, stdout, stderr } = await runCommand(["pull", url, "-o", output(), "--retries", "1"], {
        network,
      });
      expect({ code, stdout: stdout.length, left: await readdir(folder) }).toEqual({
        code: 20,
        stdout: 0,
        left: [],
      });
      expect(stderr).toContain("client-output-buffer-limit");
      expect(stderr.match(/again in/g)).toHaveLength(1);
    },
  );

  test("gives a silent server up after --timeout", async () => {
    const network = await scriptedPrimary({ snapshot, sentBytes: 1000 });
    const args = ["pull", url, "-o", output(), "--timeout", "20ms", "--retries", "0"];
    const { code, stderr } = await runCommand(args, { network });
    expect({ code, left: await readdir(folder) }).toEqual({ code: 20, left: [] });
    expect(stderr).toContain("said nothing for 20 ms");
    expect(stderr).toContain("--timeout");
  });

  test.each([
    ["a wrong checksum", flipped(snapshot.length - 1), 13],
    ["wrong bytes", flipped(0), 10],
    ["an end that is missing", snapshot.subarray(0, 90_000), 11],
    ["a version of the future", Buffer.concat([Buffer.from("REDIS9999"), snapshot.subarray(9)]), 12],
  ])("of a snapshot with %s keeps nothing and tries once", async (_, wrong, wanted) => {
    const network = await scriptedPrimary({ snapshot: wrong });
    const { code, stderr } = await runCommand(["pull", url, "-o", output()], { network });
    expect({ code, left: await readdir(folder) }).toEqual({ code: wanted, left: [] });
    expect(stderr).not.toContain("again in");
    expect(stderr).toContain("nothing was kept");
  });

  test("of a snapshot without a checksum asks for consent", async () => {
    const network = await scriptedPrimary({
      snapshot: Buffer.concat([snapshot.subarray(0, -8), Buffer.alloc(8)]),
    });
    const refused = await runCommand(["pull", url, "-o", output()], { network });
    expect({ code: refused.code, left: await readdir(folder) }).toEqual({ code: 13, left: [] });
    expect(refused.stderr).toContain("--allow-no-checksum");
    const allowed = await runCommand(["pull", url, "-o", output(), "--allow-no-checksum"], { network });
    expect(allowed.code).toBe(0);
    expect(allowed.stdout.toString()).toContain("no checksum, structure sound");
  });

  test("does not replace a file without --force, and asks no server before it knows", async () => {
    await writeFile(output(), "old");
    const network = await scriptedPrimary();
    const refused = await runCommand(["pull", url, "-o", output()], { network });
    expect({ code: refused.code, text: await readFile(output(), "utf8") }).toEqual({ code: 30, text: "old" });
    expect(refused.stderr).toContain("--force");
    const forced = await runCommand(["pull", url, "-o", output(), "--force"], {
      network: await scriptedPrimary({ snapshot }),
    });
    expect(forced.code).toBe(0);
    expect(snapshot.equals(await readFile(output()))).toBe(true);
  });

  test("of a broken link leaves the old file with --force", async () => {
    await writeFile(output(), "old");
    const network = await scriptedPrimary({ snapshot, sentBytes: 1000, after: end });
    const { code } = await runCommand(["pull", url, "-o", output(), "--force", "--retries", "0"], {
      network,
    });
    expect({ code, text: await readFile(output(), "utf8") }).toEqual({ code: 20, text: "old" });
  });

  test("does not replace a file that appears meanwhile", async () => {
    const network = await scriptedPrimary({
      snapshot,
      sentBytes: 1000,
      after: (connection) =>
        void writeFile(output(), "another's").then(() => connection.write(snapshot.subarray(1000))),
    });
    const { code, stderr } = await runCommand(["pull", url, "-o", output()], { network });
    expect({ code, left: await readdir(folder) }).toEqual({ code: 30, left: ["dump.rdb"] });
    expect(stderr).toContain("has appeared meanwhile");
    expect(await readFile(output(), "utf8")).toBe("another's");
  });

  test.each(["truncate", "append", "sync", "rename"])(
    "exits with 23 when %s fails, and leaves nothing",
    async (operation) => {
      const network = await scriptedPrimary({ snapshot });
      const files = faultyFiles(nodePlatform().files, (call) =>
        call.operation === operation ? { code: "ENOSPC" } : undefined,
      );
      const { code, stderr } = await runCommand(["pull", url, "-o", output()], { network, files });
      expect({ code, left: await readdir(folder) }).toEqual({ code: 23, left: [] });
      expect(stderr).toContain("free some space");
    },
  );

  test("that is interrupted in the middle exits with 130 and leaves nothing", async () => {
    const stop = new AbortController();
    const network = await scriptedPrimary({
      snapshot,
      sentBytes: 50_000,
      after: () => stop.abort(new Interrupted("SIGINT")),
    });
    const { code } = await runCommand(["pull", url, "-o", output()], { network, signal: stop.signal });
    expect({ code, left: await readdir(folder) }).toEqual({ code: 130, left: [] });
  });
});

describe("pull -o -", () => {
  test("has the snapshot on stdout and the rest on stderr", async () => {
    const { code, stdout, stderr } = await runCommand(["pull", url, "-o", "-"], {
      network: await scriptedPrimary({ snapshot }),
    });
    expect(code).toBe(0);
    expect(snapshot.equals(stdout)).toBe(true);
    expect(stderr).toContain("standard output: 161.4 KiB, 1,074 keys");
    expect((await runCommand(["pull", url, "-o", "-", "--json"])).code).toBe(2);
  });

  test("does not begin anew behind what has gone out", async () => {
    const network = await scriptedPrimary({ snapshot, sentBytes: 5000, after: end }, { snapshot });
    const { code, stdout, stderr } = await runCommand(["pull", url, "-o", "-"], { network });
    expect({ code, bytes: stdout.length }).toEqual({ code: 20, bytes: 5000 });
    expect(stderr).toContain("what was written is worthless");
  });
});

function flipped(at: number): Buffer {
  const changed = Buffer.from(snapshot);
  changed[at] ^= 0x10;
  return changed;
}

/**
 * Files that we write, in the servers they are meant for: accepted by the official checker, loaded, and equal to the data they were
 * made of, for every pair of servers.
 */
import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import {
  decodeRdbBytes,
  encodeLevel,
  type KeyHead,
  type RdbLoss,
  type RdbTarget,
  rdbTarget,
} from "@holdfast/rdb";
import { describeWithServer, listFixtures, seededRandom, testSeed, withServer } from "@holdfast/testkit";
import { describe, expect, it } from "vitest";
import { run, type ServerFacts, serverLines, writeKeys } from "./ask-server.ts";
import { encodeAll } from "./same-content.ts";

const servers = ["redis-6.0", "redis-7.0", "redis-8.0", "redis-8.6", "valkey-8.1", "valkey-9.1"] as const;
type ServerId = (typeof servers)[number];

const seed = testSeed();
const runFile = promisify(execFile);
const factsOf = (id: ServerId): ServerFacts => ({
  hasFieldExpiry: ["redis-8.0", "redis-8.6", "valkey-9.1"].includes(id),
});
const argsOf = (id: ServerId) => (id === "redis-6.0" ? [] : ["--enable-debug-command", "yes"]);

interface Saved {
  readonly bytes: Uint8Array;
  readonly digest: string;
  readonly lines: ReadonlyMap<string, readonly string[]>;
}

/** Random data on a server: its file, its digest, its answers. */
async function saveRandomData(id: ServerId): Promise<Saved> {
  return withServer(id, { args: argsOf(id) }, async ({ client, server }) => {
    const keys = await writeKeys(client, seededRandom(seed), factsOf(id));
    const lines = new Map<string, string[]>();
    for (const key of keys) lines.set(key.toString("latin1"), await serverLines(client, key, factsOf(id)));
    await run(client, "SAVE");
    const digest = String(await run(client, "DEBUG", "DIGEST"));
    return { bytes: readFileSync(join(server.directory, "dump.rdb")), digest, lines };
  });
}

/** Starts the server on the file and returns its digest and its answers about keys; the checker must have accepted it. */
async function load(id: ServerId, bytes: Uint8Array, keys: Iterable<string>) {
  return withServer(id, { args: argsOf(id), files: { "dump.rdb": bytes } }, async ({ client, server }) => {
    const path = join(server.directory, "checked.rdb");
    writeFileSync(path, bytes);
    const [program, ...args] = server.installation.command("check-rdb");
    const { stdout } = await runFile(program, [...args, path]);
    expect(stdout).toContain("looks OK");
    const digest = String(await run(client, "DEBUG", "DIGEST"));
    const lines = new Map<string, string[]>();
    for (const key of keys)
      lines.set(key, await serverLines(client, Buffer.from(key, "latin1"), factsOf(id)));
    return { digest, lines };
  });
}

function encoded(
  saved: Pick<Saved, "bytes">,
  target: RdbTarget,
  level: "items" | "stored",
  losses: RdbLoss[] = [],
): Uint8Array {
  const select = (head: KeyHead) => (level === "items" ? "items" : encodeLevel(target, head.row));
  return encodeAll(decodeRdbBytes(saved.bytes, { select }), {
    target,
    onLoss: (loss) => losses.push(loss),
  });
}

describeWithServer(servers, "random data", (id) => {
  it("decoded, encoded and loaded by the same server has the same digest", async () => {
    const saved = await saveRandomData(id);
    for (const level of ["items", "stored"] as const) {
      const losses: RdbLoss[] = [];
      const bytes = encoded(saved, rdbTarget(id)!, level, losses);
      expect(losses).toEqual([]);
      const { digest, lines } = await load(id, bytes, saved.lines.keys());
      expect(digest, level).toBe(saved.digest);
      expect(lines, level).toEqual(saved.lines);
      expect(bytes.length / saved.bytes.length, level).toBeLessThan(1.02);
    }
  });
});

/** What a field that expired says where no field does. */
const withoutFieldExpiry = (lines: readonly string[]) =>
  lines.map((line) => line.replace(/ \d+$/, " undefined")).sort();

describe("from one server to another", () => {
  describeWithServer(servers, "to", (to) => {
    it.each(servers)("every key that came from %s is the same, or was named as a loss", async (from) => {
      const saved = await saveRandomData(from);
      const losses: RdbLoss[] = [];
      const bytes = encoded(saved, rdbTarget(to)!, "stored", losses);
      const { lines } = await load(to, bytes, saved.lines.keys());
      const lost = new Map(losses.map((loss) => [Buffer.from(loss.key!).toString("latin1"), loss.kind]));
      for (const [key, answered] of saved.lines) {
        const wanted = lost.get(key) === "field-expiry" ? withoutFieldExpiry(answered) : answered;
        expect(lines.get(key), key).toEqual(wanted);
        // Nothing is named that was there.
        if (lost.get(key) === "field-expiry") expect(answered).not.toEqual(wanted);
      }
    });
  });
});

describeWithServer(servers, "dumps of other servers", (to) => {
  const dumps = listFixtures("rdb", ".rdb").filter(
    ({ name }) => /-(streams|functions|vectors|expiry)$/.test(name) && !name.startsWith(to),
  );

  it.each(dumps)(
    "$name, copied as stored where that is possible or encoded anew, is the same to it",
    async ({ path }) => {
      const source = { bytes: readFileSync(path) };
      const target = rdbTarget(to)!;
      const [copied, anew]: RdbLoss[][] = [[], []];
      const files = [encoded(source, target, "stored", copied), encoded(source, target, "items", anew)];
      expect(anew).toEqual(copied);
      const [first, second] = await Promise.all(files.map((bytes) => load(to, bytes, [])));
      expect(first.digest).toBe(second.digest);
    },
  );
});

describeWithServer(servers, "every dump of the fixtures", (id) => {
  const dumps = listFixtures("rdb", ".rdb").filter(({ name }) => name.startsWith(`${id}-`));

  it.each(dumps)("$name, decoded and encoded, loads with the same digest", async ({ path }) => {
    const bytes = readFileSync(path);
    const copy = encodeAll(decodeRdbBytes(bytes), { target: rdbTarget(id)! });
    const [ours, theirs] = await Promise.all([load(id, copy, []), load(id, bytes, [])]);
    expect(ours.digest).toBe(theirs.digest);
  });
});

/** A small corpus on a real server: what is in it, and when it is built again. */
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectTo, describeWithServer, type ServerClient, withServer } from "@holdfast/testkit";
import fs from "fs-extra";
import { expect, onTestFinished, test } from "vitest";
import { type Corpus, openCorpus, requireServer } from "./corpus.ts";
import { corpusCommands, keysOf } from "./corpus-commands.ts";
import { families } from "./families.ts";
import { askServer, loadServer } from "./load-server.ts";
import { eachChunk, eachEvent } from "./read-corpus.ts";

const corpusMb = 2;

async function temporaryFolder(): Promise<string> {
  const folder = await fs.mkdtemp(join(tmpdir(), "bench-"));
  onTestFinished(() => fs.remove(folder));
  return folder;
}

/** Opens the corpus and says which steps that took. */
async function open(folder: string): Promise<{ corpus: Corpus; steps: string[] }> {
  const steps: string[] = [];
  const onStep = (step: string) => steps.push(step);
  const corpus = await openCorpus(await requireServer(), { seed: 1, corpusMb, folder, onStep });
  return { corpus, steps };
}

async function allKeys(client: ServerClient): Promise<string[]> {
  return (await client.keys("*")).map((key) => key.toString("latin1"));
}

describeWithServer("redis-7.0", "the corpus", (id) => {
  test("has every family with its number of keys, each in the encoding that is named", async () => {
    await withServer(id, {}, async ({ server, client }) => {
      await loadServer(server, corpusCommands({ seed: 1, corpusMb }));
      const keys = await allKeys(client);
      for (const { name, encoding, ...family } of families) {
        const members = keys.filter((key) => key === name || key.startsWith(`${name}:`));
        expect(members, name).toHaveLength(keysOf({ name, encoding, ...family }, corpusMb));
        const encodings = await Promise.all(members.map((key) => client.objectEncoding(key)));
        expect(new Set(encodings.map(String)), name).toEqual(new Set([encoding]));
      }
    });
  });

  test("has streams with two groups and entries that were not acknowledged", async () => {
    await withServer(id, {}, async ({ server, client }) => {
      await loadServer(server, corpusCommands({ seed: 1, corpusMb }));
      const groups = await client.xInfoGroups("events:0");
      expect(groups.map((group) => [group.consumers, group.pending])).toEqual([
        [2, expect.any(Number)],
        [2, expect.any(Number)],
      ]);
      expect(Math.min(...groups.map((group) => group.pending))).toBeGreaterThan(20);
    });
  });

  test("is kept: the second time nothing is built", async () => {
    const folder = await temporaryFolder();
    const first = await open(folder);
    expect(first.steps.at(-1)).toBe("saving");
    const second = await open(folder);
    expect(second.steps).toEqual([]);
    expect(second.corpus).toEqual(first.corpus);
    expect((await fs.readdir(folder)).toSorted()).toEqual([
      "redis-7.0-2mb-seed1.json",
      "redis-7.0-2mb-seed1.rdb",
    ]);
  });

  test("is built again when its stamp speaks of another server, another generator or another file", async () => {
    const folder = await temporaryFolder();
    const { corpus } = await open(folder);
    const stampPath = corpus.path.replace(/rdb$/, "json");
    const stamp = await fs.readJson(stampPath);
    for (const other of [{ serverVersion: "7.0.0" }, { generatorVersion: 0 }, { sizeBytes: 1 }]) {
      await fs.writeJson(stampPath, { ...stamp, ...other });
      expect((await open(folder)).steps.at(-1), JSON.stringify(other)).toBe("saving");
    }
  });

  test("is read in pieces that stay as they are until the next one was used", async () => {
    const { corpus } = await open(await temporaryFolder());
    const whole = await fs.readFile(corpus.path);
    let before = new Uint8Array(0);
    let offset = 0;
    eachChunk(corpus.path, (chunk) => {
      expect(Buffer.from(before).equals(whole.subarray(offset - before.length, offset))).toBe(true);
      offset += chunk.length;
      before = chunk as Uint8Array<ArrayBuffer>;
      return true;
    });
    expect(offset).toBe(whole.length);
  });

  test("is decoded to the end, or until the reader has enough", async () => {
    const { corpus } = await open(await temporaryFolder());
    let keyCount = 0;
    eachEvent(corpus.path, { level: "skip" }, (event) => {
      if (event.kind === "key") keyCount += 1;
      return true;
    });
    expect(keyCount).toBe(corpus.keyCount);
    const seen: string[] = [];
    eachEvent(corpus.path, { level: "skip" }, (event) => seen.push(event.kind) < 3);
    expect(seen).toHaveLength(3);
  });
});

describeWithServer("redis-7.0", "a bulk load", (id) => {
  test("leaves refused commands in the server's error statistics", async () => {
    await withServer(id, {}, async ({ server }) => {
      await loadServer(server, [Buffer.from("SET a 1\r\nLPUSH a 1\r\n")]);
      expect(await askServer(server, "INFO", "errorstats")).toContain("errorstat_WRONGTYPE:count=1");
    });
  });

  test("that loses its server fails instead of waiting", async () => {
    await withServer(id, {}, async ({ server }) => {
      const load = loadServer(server, endlessCommands());
      const refused = expect(load).rejects.toThrow();
      await (await connectTo(server)).sendCommand(["SHUTDOWN", "NOSAVE"]).catch(() => {});
      await refused;
    });
  });
});

function* endlessCommands(): Generator<Buffer, void, void> {
  for (;;) yield Buffer.from("SET a 1\r\n".repeat(10_000));
}

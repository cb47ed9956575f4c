/** What is frozen stays, whatever is written, however many snapshots there are and in whatever order they end. */
import { decodeRdbBytes, RdbEncoder, type RdbEvent, rdbTarget } from "@holdfast/rdb";
import { seededRandom, testSeed } from "@holdfast/testkit";
import { describe, expect, it } from "vitest";
import { Keyspace, type Snapshot, SnapshotLoader } from "../src/index.ts";
import { digestOf } from "./differential.ts";
import { entryLines } from "./entry-lines.ts";
import { applyWords, drawCommand } from "./random-commands.ts";

const header = { dialect: "redis", version: 12 } as const;
const rules = { scores: "shortest", marksFieldExpiry: true, nowMs: undefined } as const;

function newKeyspace(): Keyspace {
  return new Keyspace({ nowMs: () => 1_700_000_000_000 });
}

function digest(snapshot: Snapshot): string {
  return digestOf(snapshot.events(header), rules);
}

/** An RDB of all events, as a file that a server would load. */
function encoded(events: Iterable<RdbEvent>): Uint8Array {
  const encoder = new RdbEncoder({
    target: rdbTarget("redis-8.0")!,
    onLoss: (loss) => expect.fail(`lost: ${loss.kind}`),
  });
  for (const event of events) encoder.write(event);
  return encoder.take()!;
}

describe("a snapshot", () => {
  it("never changes while random commands go on, among other snapshots that come and go", () => {
    const random = seededRandom(testSeed());
    const keyspace = newKeyspace();
    const held: { readonly snapshot: Snapshot; readonly digest: string; readonly keyCount: number }[] = [];
    for (let step = 0; step < 3000; step++) {
      applyWords(keyspace, drawCommand(random));
      if (step % 150 === 0) {
        const snapshot = keyspace.freeze();
        held.push({ snapshot, digest: digest(snapshot), keyCount: snapshot.keyCount });
      }
      if (held.length > 3 || (held.length > 0 && random.below(300) === 0)) {
        const [ended] = held.splice(random.below(held.length), 1);
        expect(digest(ended.snapshot)).toBe(ended.digest);
        expect(ended.snapshot.keyCount).toBe(ended.keyCount);
        ended.snapshot.release();
      }
    }
    for (const { snapshot, digest: before } of held) expect(digest(snapshot)).toBe(before);
    expect(keyspace.statistics.total().applied).toBeGreaterThan(1000);
  });

  it("leaves the living data as it would be without it", () => {
    const seed = testSeed();
    const [random, again] = [seededRandom(seed), seededRandom(seed)];
    const [frozen, plain] = [newKeyspace(), newKeyspace()];
    let snapshot = frozen.freeze();
    for (let step = 0; step < 2000; step++) {
      applyWords(frozen, drawCommand(random));
      applyWords(plain, drawCommand(again));
      if (step % 100 !== 0) continue;
      const next = frozen.freeze();
      snapshot.release();
      snapshot = next;
      expect(entryLines(frozen.freeze().events(header))).toEqual(entryLines(plain.freeze().events(header)));
    }
  });

  it("can be read while commands are applied between its events", () => {
    const random = seededRandom(testSeed());
    const keyspace = newKeyspace();
    for (let step = 0; step < 3000; step++) applyWords(keyspace, drawCommand(random));
    const snapshot = keyspace.freeze();
    const before = entryLines(snapshot.events(header));
    const whileWriting = (function* () {
      for (const event of snapshot.events(header)) {
        for (let step = 0; step < 5; step++) applyWords(keyspace, drawCommand(random));
        yield event;
      }
    })();
    expect(entryLines(whileWriting)).toEqual(before);
  });

  it("is an RDB that loads as the same data, with every count stated on the first event of a key", () => {
    const random = seededRandom(testSeed());
    const keyspace = newKeyspace();
    for (let step = 0; step < 4000; step++) applyWords(keyspace, drawCommand(random));
    applyWords(keyspace, [
      "RPUSH",
      "long",
      ...Array.from({ length: 2000 }, (_, index) => `element ${index}`),
    ]);
    applyWords(keyspace, ["SET", "large", new Uint8Array(100_000).fill(7)]);
    const snapshot = keyspace.freeze();
    for (const event of snapshot.events(header))
      if (event.kind === "key") expect(event.itemCount).toBeGreaterThan(0);
    const loaded = newKeyspace();
    const loader = new SnapshotLoader(loaded);
    for (const event of decodeRdbBytes(encoded(snapshot.events(header)))) loader.take(event);
    expect(loader.keyCount).toBe(snapshot.keyCount);
    expect(entryLines(loaded.freeze().events(header))).toEqual(entryLines(snapshot.events(header)));
  });

  it("leaves nothing behind when it is released and all databases are emptied", () => {
    const random = seededRandom(testSeed());
    const keyspace = newKeyspace();
    const held: Snapshot[] = [];
    for (let step = 0; step < 3000; step++) {
      applyWords(keyspace, drawCommand(random));
      if (random.below(200) === 0) held.push(keyspace.freeze());
      if (held.length > 2) held.splice(random.below(held.length), 1)[0].release();
      if (random.below(1000) === 0) applyWords(keyspace, ["FLUSHALL"]);
    }
    expect(keyspace.databases.slabs.usedBytes).toBeGreaterThan(0);
    applyWords(keyspace, ["FLUSHALL"]);
    for (const snapshot of held) snapshot.release();
    expect(keyspace.databases.slabs.usedBytes).toBe(0);
  });

  it("says so when it is read after its release", () => {
    const keyspace = newKeyspace();
    applyWords(keyspace, ["SET", "a", "1"]);
    const snapshot = keyspace.freeze();
    const events = snapshot.events(header);
    events.next();
    snapshot.release();
    snapshot.release();
    expect(() => [...snapshot.events(header)]).toThrow(/KEYSPACE_SNAPSHOT_RELEASED/);
    expect(() => [...events]).toThrow(/KEYSPACE_SNAPSHOT_RELEASED/);
  });
});

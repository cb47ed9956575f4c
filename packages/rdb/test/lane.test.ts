import { readFileSync } from "node:fs";
import {
  keyFingerprint,
  makeCheckLane,
  makeSkipLane,
  type RdbDecoderOptions,
  type RdbEvent,
  type RecordLane,
} from "@holdfast/rdb";
import { chunkings, listFixtures, readHexFixture, seededRandom, testSeed } from "@holdfast/testkit";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { buildableTypes, buildRdb, type FilePlan } from "./build-rdb.ts";
import { eventsOf } from "./describe-file.ts";
import { runOf } from "./event-lines.ts";

const seed = testSeed();
const allCutsBytesMax = 12_000;
/** Of every fixture's bytes so many are changed, one at a time. */
const changesPerFile = 150;

interface Level {
  readonly level: "skip" | "check";
  readonly lane: RecordLane;
}

const levels: readonly Level[] = [
  { level: "skip", lane: laneOf(makeSkipLane()) },
  { level: "check", lane: laneOf(makeCheckLane()) },
];

const files = [
  ...listFixtures("rdb", ".rdb").map(({ name, path }) => ({
    name,
    bytes: new Uint8Array(readFileSync(path)),
  })),
  ...["rdb/hex", "rdb/broken"].flatMap((folder) =>
    listFixtures(folder, ".hex").map(({ name, path }) => ({ name, bytes: readHexFixture(path) })),
  ),
];

describe.each(levels)("a lane for level $level", ({ level, lane }) => {
  it.each(files)("says of $name what the decoder says without it, however it is cut", ({ bytes }) => {
    const options = optionsOf(level, bytes);
    const cuts =
      bytes.length <= allCutsBytesMax ? chunkings(bytes, seededRandom(seed)) : [{ chunks: [bytes] }];
    for (const { chunks } of cuts) {
      const alone = sayings(chunks, options);
      expect(sayings(chunks, { ...options, lane })).toEqual(alone);
      expect(sayings(chunks, { ...options, lane, poison: true })).toEqual(alone);
    }
  });

  it("finds the checksum right wherever a file comes in three pieces", () => {
    const { bytes } = files.find(({ name }) => name === "v8-binary-zset") as (typeof files)[number];
    const whole = sayings([bytes], optionsOf(level, bytes));
    for (let cut = 1; cut < bytes.length; cut += 1) {
      for (const behind of [1, 7, 20]) {
        const places = [0, cut, Math.min(cut + behind, bytes.length), bytes.length];
        const chunks = places.slice(1).map((end, index) => bytes.subarray(places[index], end));
        const said = sayings(chunks, { ...optionsOf(level, bytes), lane });
        expect(said, `cut at ${cut}, ${behind} behind it`).toEqual(whole);
      }
    }
  });

  it("says the same of files with a byte changed", () => {
    const random = seededRandom(seed);
    for (const { bytes } of files.filter((file) => file.bytes.length < allCutsBytesMax)) {
      for (let change = 0; change < changesPerFile; change += 1) {
        const damaged = bytes.slice();
        damaged[random.below(bytes.length)] = random.below(256);
        const options = optionsOf(level, damaged);
        const alone = sayings([damaged], options);
        const withLane = sayings([damaged], { ...options, lane });
        // Comparing whole lists tens of thousands of times is slow; only a difference is worth a report.
        if (JSON.stringify(withLane) !== JSON.stringify(alone)) {
          console.error(`seed ${seed}: ${Buffer.from(damaged).toString("hex")}`);
          expect(withLane).toEqual(alone);
        }
      }
    }
  });

  it("says the same of any file of any types", () => {
    const plans: fc.Arbitrary<FilePlan> = fc.record({
      header: fc.constantFrom("REDIS0011", "REDIS0012", "REDIS0009", "VALKEY080"),
      checksum: fc.boolean(),
      keys: fc.array(
        fc.record({
          type: fc.constantFrom(...buildableTypes),
          size: fc.integer({ min: 1, max: 300 }),
          seed: fc.nat(),
        }),
        { maxLength: 12 },
      ),
    });
    const holds = fc.property(plans, (plan) => {
      const { bytes } = buildRdb(plan);
      const options = optionsOf(level, bytes);
      expect(sayings([bytes], { ...options, lane })).toEqual(sayings([bytes], options));
    });
    fc.assert(holds, { seed, numRuns: 200 });
  });
});

it("a lane reads the common records of real dumps", () => {
  const bytes = new Uint8Array(readFileSync(fixturePath("redis-7.0-types")));
  const inRuns = keysInRuns(eventsOf([bytes], { level: "check", lane: laneOf(makeCheckLane()) }));
  expect(inRuns).toBeGreaterThan(1000);
});

it("a lane asks nobody: with a choice to be made for each key it is not used", () => {
  const bytes = new Uint8Array(readFileSync(fixturePath("redis-7.0-types")));
  const lane = laneOf(makeSkipLane());
  expect(keysInRuns(eventsOf([bytes], { level: "skip", lane, select: () => "skip" }))).toBe(0);
});

it("a lane gives keys the fingerprints of keyFingerprint", () => {
  const bytes = new Uint8Array(readFileSync(fixturePath("redis-7.0-dbs")));
  const lane = laneOf(makeCheckLane());
  const halves = new Uint32Array(2);
  for (const event of eventsOf([bytes], { level: "check", lane })) {
    if (event.kind !== "keys") continue;
    for (let index = 0; index < event.keyCount; index += 1) {
      const key = event.rows.key(index);
      keyFingerprint(event.db, key, 0, key.length, halves, 0);
      expect(event.rows.fingerprints.slice(2 * index, 2 * index + 2)).toEqual(halves);
    }
  }
});

function optionsOf(level: "skip" | "check", bytes: Uint8Array): RdbDecoderOptions {
  return { level, trace: level === "skip", totalBytes: bytes.length };
}

function sayings(chunks: Iterable<Uint8Array>, options: RdbDecoderOptions) {
  const { lines, error, damage, trailingBytes } = runOf(chunks, options);
  return {
    // What is found in a value may be said before or after its key is named; places tell the order of all else.
    lines: [...(error === undefined ? lines : withoutUnfinished(lines))].sort(),
    error: error && [error.code, error.offset],
    damage,
    trailingBytes,
  };
}

/** Of a key that the end of the file cuts off, a decoder that waits for the whole of it says nothing. */
function withoutUnfinished(lines: readonly string[]): readonly string[] {
  const key = lines.findLastIndex((line) => line.startsWith("key "));
  const isFinished = lines.slice(key).some((line) => line.startsWith("last "));
  return key < 0 || isFinished ? lines : lines.slice(0, key);
}

function keysInRuns(events: Iterable<RdbEvent>): number {
  let count = 0;
  for (const event of events) if (event.kind === "keys") count += event.keyCount;
  return count;
}

function fixturePath(name: string): string {
  const fixture = listFixtures("rdb", ".rdb").find((candidate) => candidate.name === name);
  return fixture?.path ?? `no fixture ${name}`;
}

function laneOf(lane: RecordLane | undefined): RecordLane {
  if (lane === undefined) throw new Error("there is no WebAssembly here");
  return lane;
}

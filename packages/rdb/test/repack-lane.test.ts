/** Packing anew in the kernel says what decoding and encoding in JavaScript say: the same content, and the same damage. */
import { readFileSync } from "node:fs";
import { type CopyLane, makeRepackLane, RdbFormatError, type RdbTarget, rdbTarget } from "@holdfast/rdb";
import { chunkings, listFixtures, readHexFixture, seededRandom, testSeed } from "@holdfast/testkit";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { buildableTypes, buildRdb, type FilePlan } from "./build-rdb.ts";
import { encodeCopy } from "./encode-copy.ts";
import { contentOf } from "./same-content.ts";

const seed = testSeed();
const bytesMax = 30_000;
const allCutsBytesMax = 300;
const changesPerFile = 4;
const lane = laneHere();

const files = [
  ...listFixtures("rdb", ".rdb").map(({ name, path }) => ({
    name,
    bytes: new Uint8Array(readFileSync(path)),
  })),
  ...["rdb/hex", "rdb/broken"].flatMap((folder) =>
    listFixtures(folder, ".hex").map(({ name, path }) => ({ name, bytes: readHexFixture(path) })),
  ),
].filter(({ bytes }) => bytes.length < bytesMax);

describe.each(["redis-7.0", "redis-8.6"])("for %s", (name) => {
  const target = rdbTarget(name) as RdbTarget;

  it("any file packed anew has the content that the encoder gives it, however it is cut", () => {
    for (const { name, bytes } of files) {
      const cuts =
        bytes.length <= allCutsBytesMax ? chunkings(bytes, seededRandom(seed)) : [{ chunks: [bytes] }];
      const alone = repack([bytes], target);
      for (const { chunks } of cuts) expect(repack(chunks, target, lane).said, name).toEqual(alone.said);
    }
  });

  it("damage is found at the same place", () => {
    const random = seededRandom(seed);
    for (const { name, bytes } of files) {
      for (let change = 0; change < changesPerFile; change += 1) {
        const damaged = bytes.slice();
        damaged[random.below(bytes.length)] = random.below(256);
        const alone = repack([damaged], target);
        expect(repack([damaged], target, lane).said, `${name}, seed ${seed}`).toEqual(alone.said);
      }
    }
  });

  it("any file of any types has the content that the encoder gives it", () => {
    const plans: fc.Arbitrary<FilePlan> = fc.record({
      header: fc.constantFrom("REDIS0011", "REDIS0012", "REDIS0009", "VALKEY080"),
      checksum: fc.boolean(),
      keys: fc.array(
        fc.record({
          type: fc.constantFrom(...buildableTypes),
          size: fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 500, max: 540 })),
          seed: fc.nat(),
        }),
        { maxLength: 12 },
      ),
    });
    const holds = fc.property(plans, (plan) => {
      const { bytes } = buildRdb(plan);
      expect(repack([bytes], target, lane).said).toEqual(repack([bytes], target).said);
    });
    fc.assert(holds, { seed, numRuns: 25 });
  });
});

it("most of a real dump is packed in runs, to the bytes that the encoder makes of it", () => {
  const fixture = listFixtures("rdb", ".rdb").find(({ name }) => name === "redis-7.0-types");
  const bytes = new Uint8Array(readFileSync(fixture?.path ?? ""));
  const target = rdbTarget("redis-7.0") as RdbTarget;
  const { inRuns, keyCount, file } = repack([bytes], target, lane);
  expect(inRuns).toBeGreaterThan(keyCount * 0.8);
  expect(file.equals(repack([bytes], target).file)).toBe(true);
});

interface Repacked {
  readonly said: object;
  readonly file: Buffer;
  readonly inRuns: number;
  readonly keyCount: number;
}

function repack(chunks: Iterable<Uint8Array>, target: RdbTarget, repackLane?: CopyLane): Repacked {
  const { file, keyCount, inRuns, losses, error } = encodeCopy(chunks, target, repackLane, {
    level: "items",
  });
  const said =
    error === undefined ? { keyCount, lossCount: losses.length, content: contentIn(file) } : { error };
  return { said, file, inRuns, keyCount };
}

/** Of members that stand twice, which only level "check" looks for, an encoder makes a file that is no more sound. */
function contentIn(file: Uint8Array): unknown {
  try {
    return contentOf(file);
  } catch (thrown) {
    if (!(thrown instanceof RdbFormatError)) throw thrown;
    return [thrown.code, thrown.offset];
  }
}

function laneHere(): CopyLane {
  const made = makeRepackLane();
  if (made === undefined) throw new Error("there is no WebAssembly here");
  return made;
}

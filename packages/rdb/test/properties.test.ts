import { readFileSync } from "node:fs";
import {
  collectEntries,
  RdbDecoder,
  type RdbEntry,
  RdbFormatError,
  type ReadLevel,
  type StreamPart,
} from "@holdfast/rdb";
import {
  chunkings,
  listFixtures,
  readHexFixture,
  type SeededRandom,
  seededRandom,
  testSeed,
} from "@holdfast/testkit";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { buildableTypes, buildRdb, type FilePlan, type ModelKey } from "./build-rdb.ts";
import { eventsOf, idText } from "./describe-file.ts";
import { isBeginningOf, runOf } from "./event-lines.ts";

const seed = testSeed();
const levels: readonly ReadLevel[] = ["items", "check", "skip", "raw"];
const mutationsCount = 24_000;

const plans: fc.Arbitrary<FilePlan> = fc.record({
  header: fc.constantFrom("REDIS0011", "REDIS0012", "REDIS0009", "VALKEY080"),
  checksum: fc.boolean(),
  keys: fc.array(
    fc.record({
      type: fc.constantFrom(...buildableTypes),
      size: fc.integer({ min: 1, max: 12 }),
      seed: fc.nat(),
    }),
    { maxLength: 6 },
  ),
});

describe("any file", () => {
  it("decodes to what was put in, however it is cut", () => {
    const holds = fc.property(plans, (plan) => {
      const { bytes, keys } = buildRdb(plan);
      for (const { name, chunks } of chunkings(bytes, seededRandom(seed))) {
        const events = eventsOf(chunks, { poison: true, batchItems: 3, chunkBytes: 1000 });
        const found = [...collectEntries(events, { limitBytes: 1 << 20 })].map(modelOf);
        expect(found, name).toEqual(keys);
      }
    });
    fc.assert(holds, { seed, numRuns: 150 });
  });

  it("is sound to a check, and says the same at every level however it is cut", () => {
    const holds = fc.property(plans, fc.constantFrom(...levels), (plan, level) => {
      const { bytes } = buildRdb(plan);
      const whole = runOf([bytes], { level });
      expect([whole.error, whole.damage]).toEqual([undefined, []]);
      expect(whole.end?.checksum).toBe(plan.checksum ? "ok" : "off");
      for (const { name, chunks } of chunkings(bytes, seededRandom(seed)))
        expect(runOf(chunks, { level, poison: true }).lines, name).toEqual(whole.lines);
    });
    fc.assert(holds, { seed, numRuns: 100 });
  });

  it("cut short is truncated, and nothing that is not there appears", () => {
    const holds = fc.property(
      plans,
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (plan, share) => {
        const { bytes } = buildRdb(plan);
        const size = Math.floor(bytes.length * share);
        const whole = runOf([bytes], {});
        const run = runOf([bytes.subarray(0, size)], {});
        expect([run.error?.code, run.error?.offset]).toEqual(["RDB_TRUNCATED", size]);
        expect(isBeginningOf(run.lines, whole.lines)).toBe(true);
      },
    );
    fc.assert(holds, { seed, numRuns: 300 });
  });
});

describe("any bytes", () => {
  it("end in an error with a code and an offset, or cleanly", () => {
    const holds = fc.property(
      fc.constantFrom("", "REDIS0011", "REDIS0015", "VALKEY080", "REDIS0001"),
      fc.uint8Array({ maxLength: 200 }),
      fc.constantFrom(...levels),
      (header, bytes, level) => expectTyped(Buffer.concat([Buffer.from(header), bytes]), level),
    );
    fc.assert(holds, { seed, numRuns: 4000 });
  });

  it("made of sound files by changing, moving, doubling and cutting do the same", () => {
    const random = seededRandom(seed);
    const sources = soundFiles();
    for (let count = 0; count < mutationsCount; count += 1) {
      const bytes = mutated(random.pick(sources), random.pick(sources), random);
      expectTyped(bytes, levels[count % levels.length]);
    }
  });
});

/** A run that throws anything but an RdbFormatError fails; a hang runs into the test's time limit. */
function expectTyped(bytes: Uint8Array, level: ReadLevel): void {
  const decoder = new RdbDecoder({ level, trace: level === "skip", totalBytes: bytes.length });
  try {
    if (bytes.length > 0) decoder.push(bytes);
    while (decoder.next() !== undefined);
    decoder.end();
    while (decoder.next() !== undefined);
  } catch (error) {
    if (!(error instanceof RdbFormatError)) {
      console.error(`seed ${seed}, level ${level}: ${Buffer.from(bytes).toString("hex")}`);
      throw error;
    }
    const isInside = error.offset >= 0 && error.offset <= bytes.length;
    if (!error.code.startsWith("RDB_") || !isInside)
      expect([error.code, error.offset]).toBe("a place in the file");
  }
}

function soundFiles(): Uint8Array[] {
  const hex = listFixtures("rdb/hex", ".hex").map(({ path }) => readHexFixture(path));
  const real = listFixtures("rdb", ".rdb").map(({ path }) => new Uint8Array(readFileSync(path)));
  return [...hex, ...real].filter((bytes) => bytes.length < 6000);
}

function mutated(bytes: Uint8Array, other: Uint8Array, random: SeededRandom): Uint8Array {
  let result = bytes.slice();
  for (let changes = 1 + random.below(4); changes > 0; changes -= 1) {
    const at = 9 + random.below(Math.max(1, result.length - 9));
    const size = random.below(24);
    switch (random.below(5)) {
      case 0:
        result[at] = random.pick([0, 1, 0x7f, 0x80, 0x81, 0xc0, 0xc3, 0xfe, 0xff]);
        break;
      case 1:
        result[at] = random.below(256);
        break;
      case 2:
        result = Buffer.concat([result.subarray(0, at), result.subarray(at + size)]);
        break;
      case 3:
        result = Buffer.concat([result.subarray(0, at), result.subarray(Math.max(0, at - size))]);
        break;
      default: {
        const from = random.below(other.length);
        result = Buffer.concat([
          result.subarray(0, at),
          other.subarray(from, from + size),
          result.subarray(at),
        ]);
      }
    }
  }
  return result;
}

function modelOf(entry: RdbEntry): ModelKey {
  const { db, key, row, expireAtMs, idleSec } = entry;
  return { db, key: latin1(key), row: row.number, expireAtMs, idleSec, value: modelValueOf(entry) };
}

function modelValueOf({ value }: RdbEntry): string[] {
  switch (value.of) {
    case "string":
      return [latin1(value.bytes)];
    case "elements":
      return value.elements.map(latin1);
    case "fields":
      return value.fields.map(({ field, value: text }) => `${latin1(field)}=${latin1(text)}`);
    case "scored":
      return value.members.map(({ member, score }) => `${latin1(member)}=${score}`);
    case "stream":
      return value.parts.map(partOf);
    default:
      return [];
  }
}

function partOf(part: StreamPart<Uint8Array>): string {
  switch (part.kind) {
    case "entry":
      return `${idText(part.id)} ${latin1(part.fields[0])}=${latin1(part.fields[1])}`;
    case "meta":
      return `meta ${part.length} ${part.lastId.ms}`;
    case "group":
      return `group ${latin1(part.name)}`;
    case "pending":
      return `pending ${idText(part.id)} ${part.deliveredAtMs} ${part.deliveryCount}`;
    case "consumer":
      return `consumer ${latin1(part.name)} ${part.seenAtMs}`;
    case "owned":
      return `owned ${idText(part.id)}`;
    default:
      return part.kind;
  }
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}

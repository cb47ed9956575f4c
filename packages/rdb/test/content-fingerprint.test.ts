/** Fingerprints of content: the kernel against JavaScript, one encoding against another, and what chance allows. */
import { readFileSync } from "node:fs";
import {
  ContentFingerprinter,
  type ContentLane,
  type ContentRules,
  decodeRdbBytes,
  makeContentLane,
  RdbDecoder,
  type RdbEvent,
  type RdbLoss,
  rdbTarget,
  rdbTargetNames,
} from "@holdfast/rdb";
import { chunkings, listFixtures, readHexFixture, seededRandom, testSeed } from "@holdfast/testkit";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { listpackOf } from "./build-packed.ts";
import { buildableTypes, buildRdb, type FilePlan } from "./build-rdb.ts";
import { eventsOfPlan, plannedRows } from "./random-events.ts";
import { encodeAll } from "./same-content.ts";

const seed = testSeed();
const allCutsBytesMax = 12_000;
const changesPerFile = 12;

const files = [
  ...listFixtures("rdb", ".rdb").map(({ name, path }) => ({
    name,
    bytes: new Uint8Array(readFileSync(path)),
  })),
  ...["rdb/hex", "rdb/broken"].flatMap((folder) =>
    listFixtures(folder, ".hex").map(({ name, path }) => ({ name, bytes: readHexFixture(path) })),
  ),
];

function laneOf(rules: ContentRules = {}): ContentLane {
  const lane = makeContentLane(rules);
  if (lane === undefined) throw new Error("there is no WebAssembly here");
  return lane;
}

const lane = laneOf();

/** A line a key: fingerprint of the key, of its content; and how the file ended. */
function printsOf(chunks: readonly Uint8Array[], use: ContentLane | undefined, rules: ContentRules = {}) {
  const prints: string[] = [];
  const maker = new ContentFingerprinter(rules);
  const decoder = new RdbDecoder({ level: "items", lane: use, reuseKeys: true, poison: use === undefined });
  let lanes = 0;
  const take = (event: RdbEvent) => {
    if (event.kind === "keys") {
      lanes += event.keyCount;
      for (let row = 0; row < event.keyCount; row++)
        prints.push((use as ContentLane).words.subarray(8 * row, 8 * row + 8).join(" "));
    } else if (maker.take(event)) prints.push(maker.words.join(" "));
  };
  const drain = () => {
    for (let event = decoder.next(); event !== undefined; event = decoder.next()) take(event);
  };
  let failure: unknown;
  try {
    for (const chunk of chunks) {
      decoder.push(chunk);
      drain();
    }
    decoder.end();
    drain();
  } catch (error) {
    const { code, offset } = error as { code: string; offset: number };
    failure = [code, offset];
  }
  return { prints, failure, lanes };
}

function said({ prints, failure }: ReturnType<typeof printsOf>) {
  return { prints, failure };
}

describe("the kernel for fingerprints", () => {
  it.each(files)("says of $name what JavaScript says, however it is cut", ({ bytes }) => {
    const alone = said(printsOf([bytes], undefined));
    const cuts =
      bytes.length <= allCutsBytesMax ? chunkings(bytes, seededRandom(seed)) : [{ chunks: [bytes] }];
    for (const { chunks } of cuts) expect(said(printsOf(chunks, lane))).toEqual(alone);
  });

  it("says the same of files with a byte changed", () => {
    const random = seededRandom(seed);
    for (const { name, bytes } of files.filter((file) => file.bytes.length < allCutsBytesMax)) {
      for (let change = 0; change < changesPerFile; change += 1) {
        const damaged = bytes.slice();
        damaged[random.below(bytes.length)] = random.below(256);
        expect(said(printsOf([damaged], lane)), `${name}, seed ${seed}`).toEqual(
          said(printsOf([damaged], undefined)),
        );
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
    const property = fc.property(plans, (plan) => {
      const { bytes } = buildRdb(plan);
      expect(said(printsOf([bytes], lane))).toEqual(said(printsOf([bytes], undefined)));
    });
    fc.assert(property, { seed, numRuns: 150 });
  });

  it.each([1, 7, 300, 4097])(
    "says the same of vector sets and large values in pieces of %i bytes",
    (size) => {
      for (const { name, bytes } of files.filter((file) => /-(vectors|streams)$/.test(file.name))) {
        const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
          bytes.subarray(index * size, (index + 1) * size),
        );
        const alone = said(printsOf([bytes], undefined));
        expect(said(printsOf(pieces, undefined)), name).toEqual(alone);
        expect(said(printsOf(pieces, lane)), name).toEqual(alone);
      }
    },
  );

  it("reads nearly every key of ordinary files", () => {
    const { bytes } = files.find(({ name }) => name === "redis-7.0-types")!;
    const { lanes, prints } = printsOf([bytes], lane);
    expect(lanes).toBeGreaterThan(prints.length * 0.9);
  });

  it("leaves expiries out when it is told to, as JavaScript does", () => {
    const { bytes } = files.find(({ name }) => name === "redis-7.0-expiry")!;
    const rules = { ignoreExpiry: true };
    const ignoring = said(printsOf([bytes], laneOf(rules), rules));
    expect(ignoring).toEqual(said(printsOf([bytes], undefined, rules)));
    expect(ignoring).not.toEqual(said(printsOf([bytes], lane)));
  });

  it("steps over the values of keys outside its range", () => {
    const { bytes } = files.find(({ name }) => name === "redis-7.0-types")!;
    const all = printsOf([bytes], lane).prints;
    const ranged = laneOf();
    ranged.setRange(0, 2 ** 31);
    const some = printsOf([bytes], ranged).prints;
    for (const [index, line] of some.entries()) {
      const words = line.split(" ");
      if (Number(words[0]) <= 2 ** 31) expect(line).toBe(all[index]);
      else expect(all[index].startsWith(words.slice(0, 4).join(" "))).toBe(true);
    }
  });

  it("reads scores as JavaScript reads them, or leaves them to it", () => {
    const random = seededRandom(seed);
    const texts: string[] = ["-0", "0.1", "-.5", "5.", "0.30000000000000004", "1e5", "inf", "-inf", "00.10"];
    const view = new DataView(new ArrayBuffer(8));
    while (texts.length < 4000) {
      view.setUint32(0, random.below(2 ** 32));
      view.setUint32(4, random.below(2 ** 32));
      const value = view.getFloat64(0);
      if (Number.isFinite(value)) texts.push(value.toPrecision(17));
      texts.push((random.below(2 ** 32) / 1000).toPrecision(17), String(random.below(2 ** 32) / 2 ** 20));
      texts.push(
        `${random.below(1e9)}.${random.below(1e9)}`,
        `0.${String(random.below(1e9)).padStart(17, "0")}`,
      );
    }
    const keys = texts.map((text, index) => {
      const blob = Buffer.from(listpackOf([Buffer.from("member"), Buffer.from(text)], random));
      return Buffer.concat([
        Buffer.from([17, 4]),
        Buffer.from(String(index).padStart(4, "0")),
        Buffer.from([blob.length]),
        blob,
      ]);
    });
    const bytes = Buffer.concat([Buffer.from("REDIS0011"), ...keys, Buffer.from([0xff]), Buffer.alloc(8)]);
    const found = printsOf([bytes], lane);
    expect(found.prints).toHaveLength(texts.length);
    expect(found.lanes).toBeGreaterThan(texts.length * 0.6);
    expect(said(found)).toEqual(said(printsOf([bytes], undefined)));
  });
});

/** Fingerprints of content by db and name. */
function printsByName(bytes: Uint8Array): Map<string, string> {
  const prints = new Map<string, string>();
  const maker = new ContentFingerprinter();
  let name = "";
  for (const event of decodeRdbBytes(bytes)) {
    if (event.kind === "key") name = nameOf(event.db, event.key);
    if (maker.take(event)) prints.set(name, maker.words.join(" "));
  }
  return prints;
}

function nameOf(db: number | undefined, key: Uint8Array): string {
  return `${db} ${Buffer.from(key).toString("latin1")}`;
}

/** Losses that do not change what is compared. */
const sideLosses: ReadonlySet<RdbLoss["kind"]> = new Set(["idle-time", "frequency"]);

describe("fingerprints of content", () => {
  it("are the same in every file that holds the same, and differ where something was lost", () => {
    const plan = fc.record({
      row: fc.constantFrom(...plannedRows),
      size: fc.integer({ min: 1, max: 150 }),
      seed: fc.nat(),
    });
    let differing = 0;
    const property = fc.property(
      fc.array(plan, { maxLength: 6 }),
      fc.constantFrom(...rdbTargetNames),
      (plans, targetName) => {
        const source = encodeAll(eventsOfPlan(plans), { target: rdbTarget("redis-8.10")! });
        const losses: RdbLoss[] = [];
        const copy = encodeAll(decodeRdbBytes(source), {
          target: rdbTarget(targetName)!,
          onLoss: (loss) => losses.push(loss),
        });
        const lost = new Set(
          losses.filter(({ kind }) => !sideLosses.has(kind)).map(({ db, key }) => nameOf(db, key!)),
        );
        const before = printsByName(source);
        const after = printsByName(copy);
        for (const [name, print] of before) {
          if (!lost.has(name)) expect(after.get(name), `${name} for ${targetName}`).toBe(print);
          else if (after.get(name) !== print) differing += 1;
        }
      },
    );
    fc.assert(property, { seed, numRuns: 120 });
    expect(differing).toBeGreaterThan(0);
  });
});

/** Words of the fingerprints of short strings that stand for `texts`. */
function keyWords(texts: Iterable<string>): Uint32Array[] {
  const maker = new ContentFingerprinter();
  const columns = Array.from({ length: 4 }, () => [] as number[]);
  for (const text of texts) {
    const bytes = Buffer.from(text, "latin1");
    maker.setKey(0, bytes, 0, bytes.length);
    for (let word = 0; word < 4; word++) columns[word].push(maker.words[word]);
  }
  return columns.map((column) => Uint32Array.from(column));
}

describe("the hash", () => {
  it("changes about half of all bits with any bit of a text", () => {
    const maker = new ContentFingerprinter();
    const random = seededRandom(seed);
    const wordsOf = (bytes: Uint8Array) => {
      maker.setKey(0, bytes, 0, bytes.length);
      return maker.words.slice(0, 4);
    };
    for (const size of [1, 4, 15, 16, 17, 40]) {
      const flips = new Float64Array(128);
      let trials = 0;
      // There are 256 texts of one byte: all of them, where chance would draw some again and again.
      const rounds = size === 1 ? 256 : 40;
      for (let round = 0; round < rounds; round++) {
        const bytes = size === 1 ? Uint8Array.of(round) : random.bytes(size);
        const before = wordsOf(bytes);
        for (let bit = 0; bit < 8 * size; bit++) {
          const changed = bytes.slice();
          changed[bit >> 3] ^= 1 << (bit & 7);
          const after = wordsOf(changed);
          trials++;
          for (let out = 0; out < 128; out++)
            flips[out] += ((before[out >> 5] ^ after[out >> 5]) >>> (out & 31)) & 1;
        }
      }
      const limit = 0.5 / Math.sqrt(trials / 4) + 0.05;
      for (const count of flips) expect(Math.abs(count / trials - 0.5), `size ${size}`).toBeLessThan(limit);
    }
  });

  it("spreads names that differ in a few digits as evenly as chance would", () => {
    const count = 60_000;
    function* names() {
      for (let index = 0; index < count; index++)
        yield `user:${String(index).padStart(10, "0")}:session:profile`;
    }
    for (const column of keyWords(names())) {
      // Of n values in 2^32 places, n^2 / 2^33 pairs are expected to meet; four times their deviation are allowed.
      const expected = count ** 2 / 2 ** 33;
      expect(count - new Set(column).size).toBeLessThan(expected + 4 * Math.sqrt(expected) + 1);
      const buckets = new Float64Array(256);
      for (const word of column) buckets[word >>> 24]++;
      const chi = buckets.reduce((sum, hits) => sum + (hits - count / 256) ** 2 / (count / 256), 0);
      expect(chi).toBeLessThan(256 + 6 * Math.sqrt(512));
    }
  });
});

import { readFileSync } from "node:fs";
import { listFixtures, readHexFixture, seededRandom, testSeed } from "@holdfast/testkit";
import { describe, expect, test } from "vitest";
import type { Input } from "../src/input.ts";
import type { PassKind } from "../src/pass.ts";
import { exportJsonPass } from "../src/passes/export-json.ts";
import { keysPass } from "../src/passes/keys.ts";
import { summaryPass } from "../src/passes/summary.ts";
import { runPass } from "../src/run-pass.ts";

const seed = testSeed();
const nowMs = Date.UTC(2026, 0, 1);
const filters = [] as const;
const changedBytesMax = 12_000;
/** Of every small fixture so many copies with one byte changed are read: each of them makes a kernel, which takes ms. */
const changesPerFile = 2;

const cases: readonly { kind: PassKind<never, object>; settings: unknown }[] = [
  { kind: exportJsonPass, settings: { filters, isArray: false } },
  { kind: exportJsonPass, settings: { filters, isArray: true } },
  { kind: summaryPass, settings: { filters, nowMs, modelName: undefined, topCount: 3, separators: [0x3a] } },
  {
    kind: keysPass,
    settings: {
      filters,
      modelName: undefined,
      look: { format: "csv", width: 80, isRaw: true, nowMs },
      sort: undefined,
      isReversed: false,
      limit: undefined,
    },
  },
] as never;

const files = [
  ...listFixtures("rdb", ".rdb").map(({ name, path }) => ({
    name,
    bytes: new Uint8Array(readFileSync(path)),
  })),
  ...["rdb/hex", "rdb/broken"].flatMap((folder) =>
    listFixtures(folder, ".hex").map(({ name, path }) => ({ name, bytes: readHexFixture(path) })),
  ),
];

describe("a kernel that writes or adds up", () => {
  for (const { kind, settings } of cases) {
    const form = JSON.stringify(settings).includes('"isArray":true') ? " of an array" : "";
    test(`gives for ${kind.name}${form} what the pass gives without it`, async () => {
      for (const { name, bytes } of files)
        expect(await outcome(kind, settings, bytes), name).toEqual(
          await outcome(alone(kind), settings, bytes),
        );
    });

    test(`gives for ${kind.name}${form} the same of files with a byte changed`, async () => {
      const random = seededRandom(seed);
      for (const { name, bytes } of files.filter((file) => file.bytes.length < changedBytesMax)) {
        for (let change = 0; change < changesPerFile; change++) {
          const changed = bytes.slice();
          changed[random.below(bytes.length)] = random.below(256);
          const expected = await outcome(alone(kind), settings, changed);
          expect(await outcome(kind, settings, changed), `${name}, seed ${seed}, change ${change}`).toEqual(
            expected,
          );
        }
      }
    });
  }
});

function alone(kind: PassKind<never, object>): PassKind<never, object> {
  return { name: kind.name, create: (settings) => kind.create(settings) };
}

/** Everything that a run says. Groups and prefixes stand in the order in which they were met first. */
async function outcome(kind: PassKind<never, object>, settings: unknown, bytes: Uint8Array) {
  const pieces: Uint8Array[] = [];
  const { result, failure, keyCount } = await runPass(kind, settings as never, inputOf(bytes), {
    write: async (piece) => {
      pieces.push(piece.slice());
    },
  });
  return {
    result: comparable(result),
    failure: failure && [failure.code, failure.offset],
    keyCount,
    output: Buffer.concat(pieces).toString("latin1"),
  };
}

function comparable(result: object): object {
  const { dbs, types, ...rest } = result as { dbs?: object[]; types?: object[] };
  const sorted = (groups: object[] | undefined) => groups?.map((group) => JSON.stringify(group)).sort();
  return { ...rest, dbs: sorted(dbs), types: sorted(types) };
}

function inputOf(bytes: Uint8Array): Input {
  return {
    name: "test.rdb",
    storedBytes: bytes.length,
    contentBytes: bytes.length,
    container: "none",
    isRereadable: true,
    isSeekable: true,
    async *chunks() {
      yield bytes;
    },
    consumedBytes: () => bytes.length,
    close: async () => {},
  };
}

/**
 * Copying whole records gives what writing key after key gives: byte for byte for what servers write; files made by hand also have
 * names in forms that an encoder would choose otherwise, and those have the same keys with the same stored values.
 */
import { readFileSync } from "node:fs";
import {
  type CopyLane,
  decodeRdbBytes,
  encodeLevel,
  type KeyHead,
  makeCopyLane,
  RdbEncoder,
  type RdbTarget,
  rdbTarget,
} from "@holdfast/rdb";
import { chunkings, listFixtures, readHexFixture, seededRandom, testSeed } from "@holdfast/testkit";
import { describe, expect, it } from "vitest";
import { encodeCopy } from "./encode-copy.ts";

const seed = testSeed();
const allCutsBytesMax = 1_000;
/** Larger files say nothing new about how runs begin and end. */
const bytesMax = 60_000;
const changesPerFile = 10;
const lane = laneHere();

const files = [
  ...listFixtures("rdb", ".rdb").map(({ name, path }) => ({
    name,
    bytes: new Uint8Array(readFileSync(path)),
    isByHand: false,
  })),
  ...["rdb/hex", "rdb/broken"].flatMap((folder) =>
    listFixtures(folder, ".hex").map(({ name, path }) => ({
      name,
      bytes: readHexFixture(path),
      isByHand: true,
    })),
  ),
].filter(({ bytes }) => bytes.length < bytesMax);

describe.each(["redis-5.0", "redis-7.0", "valkey-9.1"])("for %s", (name) => {
  const target = rdbTarget(name) as RdbTarget;

  it("a copy of any file is the same with a copying lane as without, however it is cut", () => {
    for (const { name, bytes, isByHand } of files) {
      const cuts =
        bytes.length <= allCutsBytesMax ? chunkings(bytes, seededRandom(seed)) : [{ chunks: [bytes] }];
      for (const { chunks } of cuts)
        expect(said(copy(chunks, target, lane), isByHand), name).toEqual(
          said(copy(chunks, target), isByHand),
        );
    }
  });

  it("damage is found at the same place", () => {
    const random = seededRandom(seed);
    for (const { name, bytes } of files.filter((file) => file.bytes.length < allCutsBytesMax)) {
      for (let change = 0; change < changesPerFile; change += 1) {
        const damaged = bytes.slice();
        damaged[random.below(bytes.length)] = random.below(256);
        const withLane = said(copy([damaged], target, lane), true);
        expect(withLane, `${name}, seed ${seed}`).toEqual(said(copy([damaged], target), true));
      }
    }
  });
});

it("most of a real dump is copied in runs", () => {
  const bytes = new Uint8Array(readFileSync(listFixtures("rdb", ".rdb").find(isTypes)?.path ?? ""));
  const { keyCount, inRuns } = copy([bytes], rdbTarget("redis-7.0") as RdbTarget, lane);
  expect(inRuns).toBeGreaterThan(keyCount * 0.9);
});

it("runs that leave as they lie make the same file", () => {
  const target = rdbTarget("redis-7.0") as RdbTarget;
  // Names of 60 bytes: a thousand records are more than what is copied rather than lent.
  const names = Array.from({ length: 5_000 }, (_, index) => String(index).padEnd(60, "k"));
  const encoder = new RdbEncoder({ target, onLoss: () => {} });
  encoder.write({ kind: "header", dialect: "redis", version: target.rdbVersion });
  const bytes = new Uint8Array(
    Buffer.concat([
      encoder.take() as Uint8Array,
      ...names.map((name) =>
        Buffer.concat([Buffer.from([0, name.length]), Buffer.from(name), Buffer.from([1, 0x76])]),
      ),
      Buffer.from([0xff, 0, 0, 0, 0, 0, 0, 0, 0]),
    ]),
  );
  const select = (head: KeyHead) => encodeLevel(target, head.row);
  const chunks = [bytes.subarray(0, 200_000), bytes.subarray(200_000)];
  const [copied, lent] = [false, true].map((lends) => encodeCopy(chunks, target, lane, { select }, lends));
  expect(lent.inRuns).toBe(names.length);
  expect(Buffer.compare(lent.file, copied.file)).toBe(0);
  expect(lent.file.length).toBeGreaterThan(bytes.length - 9);
});

it("an encoder that was given rows without values says so", () => {
  const encoder = new RdbEncoder({ target: rdbTarget(11) as RdbTarget, onLoss: () => {} });
  const keys = { kind: "keys", db: 0, keyCount: 1, itemCount: 1, recordOffset: 0, endOffset: 1 };
  expect(() => encoder.write(keys as never)).toThrow(
    expect.objectContaining({ code: "RDB_ENCODE_NEEDS_ITEMS" }),
  );
});

function isTypes({ name }: { readonly name: string }): boolean {
  return name === "redis-7.0-types";
}

interface Copied {
  readonly bytes: Buffer;
  readonly keyCount: number;
  readonly inRuns: number;
  readonly losses: readonly string[];
  readonly error: readonly unknown[] | undefined;
}

function copy(chunks: Iterable<Uint8Array>, target: RdbTarget, copyLane?: CopyLane): Copied {
  const { file, losses, ...rest } = encodeCopy(chunks, target, copyLane, {
    select: (head) => encodeLevel(target, head.row),
    poison: copyLane !== undefined,
  });
  const lost = losses.map(({ kind, key }) => `${kind} ${Buffer.from(key ?? []).toString("hex")}`);
  return { bytes: file, losses: lost, ...rest };
}

/** Losses before the damage are of no interest: what a value is cut off in may be said of it or not. */
function said({ bytes, keyCount, losses, error }: Copied, isByHand: boolean) {
  if (error !== undefined) return { error };
  return { keyCount, losses, file: isByHand ? storedKeysOf(bytes) : bytes.toString("latin1") };
}

function storedKeysOf(bytes: Uint8Array): string[] {
  return [...decodeRdbBytes(bytes, { level: "raw" })].map((event) => {
    if (event.kind !== "key") return event.kind;
    const { db, row, expireAtMs, idleSec, frequency, items } = event;
    const stored = items.of === "opaque" ? items.bytes : [];
    const facts = [db, row.name, expireAtMs, idleSec, frequency];
    return `${facts.join(" ")} ${[event.key, stored].map((part) => Buffer.from(part).toString("hex")).join(" ")}`;
  });
}

function laneHere(): CopyLane {
  const made = makeCopyLane();
  if (made === undefined) throw new Error("there is no WebAssembly here");
  return made;
}

import { readFileSync } from "node:fs";
import {
  RdbDecoder,
  type RdbDecoderOptions,
  RdbFormatError,
  type ReadLevel,
  type ResumePoint,
} from "@holdfast/rdb";
import { listFixtures, readHexFixture, testSeed } from "@holdfast/testkit";
import { describe, expect, it } from "vitest";
import { isBeginningOf, type Run, runOf } from "./event-lines.ts";

const levels: readonly ReadLevel[] = ["items", "check", "skip", "raw"];
/** Decoding each prefix from the start is quadratic: this is for files up to here, larger ones resume. */
const quadraticBytesMax = 600;
const smallDumpBytesMax = 20_000;
/** Of the cuts in real dumps one in so many is tried, from a seeded start; all of them with HOLDFAST_LONG=1. */
const cutsOfDumpsStep = process.env.HOLDFAST_LONG === "1" ? 1 : 12;
const seed = testSeed();

describe("a file that ends early", () => {
  for (const fixture of listFixtures("rdb/hex", ".hex")) {
    const bytes = readHexFixture(fixture.path);
    it(`${fixture.name}: every prefix is truncated at its end and says nothing that is not there`, () => {
      for (const level of levels) {
        expectPrefixes(bytes, level, bytes.length > quadraticBytesMax ? 397 : 5);
        expectCutsInRecords(bytes, level, 2);
      }
    });
  }

  for (const fixture of listFixtures("rdb", ".rdb")) {
    const bytes = new Uint8Array(readFileSync(fixture.path));
    if (bytes.length > smallDumpBytesMax) continue;
    it(`${fixture.name}: every prefix is truncated at its end and says nothing that is not there`, () => {
      for (const level of levels) {
        expectPrefixes(bytes, level, 1999);
        expectCutsInRecords(bytes, level, levels.length * cutsOfDumpsStep);
      }
    });
  }

  it("has no magic only when the bytes cannot begin one", () => {
    for (const magic of ["REDIS0011", "VALKEY080"]) {
      for (let size = 0; size < magic.length; size += 1) {
        const { error } = runOf([Buffer.from(magic.slice(0, size))], {});
        expect(`${size} ${error?.code} ${error?.offset}`).toBe(`${size} RDB_TRUNCATED ${size}`);
      }
    }
    expect(runOf([Buffer.from("REDIX")], {}).error?.code).toBe("RDB_BAD_MAGIC");
  });
});

/** Prefixes decoded from the first byte, with and without the size of the input told. */
function expectPrefixes(bytes: Uint8Array, level: ReadLevel, step: number): void {
  const whole = runOf([bytes], { level });
  const end = whole.end?.endOffset ?? 0;
  for (let size = 0; size < end; size += step) {
    const options: RdbDecoderOptions[] = [{ level }, { level, totalBytes: size }];
    for (const option of options) expectTruncated(runOf([bytes.subarray(0, size)], option), whole, size);
  }
}

function expectTruncated(run: Run, whole: Run, size: number): void {
  const found = `${run.error?.code} at ${run.error?.offset}`;
  if (found !== `RDB_TRUNCATED at ${size}`)
    expect(found, run.error?.message).toBe(`RDB_TRUNCATED at ${size}`);
  if (!isBeginningOf(run.lines, whole.lines))
    expect(run.lines).toEqual(whole.lines.slice(0, run.lines.length));
}

/**
 * Prefixes, from the last record border before their end on: what stands before was decoded when the
 * border was found, and a decoder that starts at a border knows all that the first one knew. With a step,
 * each level takes other prefixes than the level before.
 */
function expectCutsInRecords(bytes: Uint8Array, level: ReadLevel, step: number): void {
  const borders = bordersOf(bytes, level);
  const turn = (levels.indexOf(level) + seed) % step;
  for (const [index, resume] of borders.entries()) {
    const behind = borders[index + 1]?.offset ?? bytes.length;
    for (let size = resume.offset; size < behind; size += 1)
      if (size % step === turn) expectTruncatedFrom(resume, bytes, size, level);
  }
}

/** Where decoders can start: between two records. Not behind the last one, where nothing is truncated. */
function bordersOf(bytes: Uint8Array, level: ReadLevel): ResumePoint[] {
  const decoder = new RdbDecoder({ level });
  const borders: ResumePoint[] = [];
  decoder.push(bytes);
  for (let event = decoder.next(); event !== undefined; event = decoder.next()) {
    if (decoder.isBetweenRecords) {
      const resumePoint = decoder.resumePoint as ResumePoint;
      borders.push({ ...resumePoint, templates: new Map(resumePoint.templates) });
    }
    if (event.kind === "end") return borders;
  }
  return borders;
}

function expectTruncatedFrom(resume: ResumePoint, bytes: Uint8Array, size: number, level: ReadLevel): void {
  const decoder = new RdbDecoder({ level, resume });
  decoder.push(bytes.subarray(resume.offset, size));
  let found = "a clean end";
  try {
    while (decoder.next() !== undefined);
    decoder.end();
    while (decoder.next() !== undefined);
  } catch (error) {
    if (!(error instanceof RdbFormatError)) throw error;
    found = `${error.code} at ${error.offset}`;
  }
  // A resumed decoder knows no checksum, but the eight bytes have to be there all the same.
  if (found !== `RDB_TRUNCATED at ${size}`) expect(found, level).toBe(`RDB_TRUNCATED at ${size}`);
}

import { readFileSync } from "node:fs";
import { type RdbDecoderOptions, RdbFormatError, type ReadLevel } from "@holdfast/rdb";
import { chunkings, listFixtures, readHexFixture, seededRandom, testSeed } from "@holdfast/testkit";
import { describe, expect, it } from "vitest";
import { eventsOf } from "./describe-file.ts";

const seed = testSeed();

interface Expectation {
  readonly code: string | null;
  readonly offset?: number;
  readonly keysBefore: number;
  readonly db?: number;
  readonly key?: string | { readonly $base64: string };
  readonly warning?: boolean | string;
  readonly trailingBytes?: number;
}

/** What a run of the decoder found first, and how it ended. */
interface Outcome {
  code: string | null;
  offset?: number;
  db?: number;
  key?: string;
  keysBefore: number;
  warnings: { code: string; offset: number }[];
  trailingBytes: number;
}

describe("damaged files", () => {
  for (const fixture of listFixtures("rdb/broken", ".hex")) {
    const expected = JSON.parse(readFileSync(fixture.path.replace(/\.hex$/, ".json"), "utf8")) as Expectation;
    // Keys that stand twice are found by whoever remembers all keys: the check command, not the decoder.
    if (expected.code === "RDB_DUPLICATE_KEY") continue;
    it(`${fixture.name} gives ${expected.code ?? expected.warning ?? "trailing bytes"} where its sidecar says, however it is cut`, () => {
      const bytes = readHexFixture(fixture.path);
      for (const { name, chunks } of chunkings(bytes, seededRandom(seed))) {
        const found = outcomeOf(chunks, { level: "check", totalBytes: bytes.length, poison: true });
        expectOutcome(found, expected, name);
      }
    });
    it(`${fixture.name} never makes a level fail in another way`, () => {
      const bytes = readHexFixture(fixture.path);
      for (const level of ["skip", "raw", "items"] satisfies ReadLevel[]) {
        const found = outcomeOf([bytes], { level, trace: level === "skip" });
        expect(found.code === null || found.code.startsWith("RDB_"), `${level}: ${found.code}`).toBe(true);
      }
    });
  }
});

function outcomeOf(chunks: Iterable<Uint8Array>, options: RdbDecoderOptions): Outcome {
  const outcome: Outcome = { code: null, keysBefore: 0, warnings: [], trailingBytes: 0 };
  try {
    for (const event of eventsOf(chunks, options)) {
      if (event.kind === "warning") outcome.warnings.push({ code: event.code, offset: event.offset });
      else if (event.kind === "trailing") outcome.trailingBytes = event.sizeBytes;
      else if (event.kind === "damage") noteError(outcome, event.error);
      else if ((event.kind === "key" || event.kind === "items") && event.last && outcome.code === null)
        outcome.keysBefore += 1;
    }
  } catch (error) {
    if (!(error instanceof RdbFormatError)) throw error;
    noteError(outcome, error);
  }
  return outcome;
}

function noteError(outcome: Outcome, error: RdbFormatError): void {
  if (outcome.code !== null) return;
  outcome.code = error.code;
  outcome.offset = error.offset;
  if (error.db !== undefined) outcome.db = error.db;
  if (error.key !== undefined) outcome.key = Buffer.from(error.key).toString("base64");
}

function expectOutcome(found: Outcome, expected: Expectation, name: string): void {
  const isWarning = expected.warning !== undefined;
  const warning = expected.warning === true ? expected.code : expected.warning;
  if (isWarning) {
    expect(
      found.warnings.map(({ code }) => code),
      name,
    ).toContain(warning);
    expect(found.code, name).toBe(null);
  } else {
    expect({ code: found.code, keysBefore: found.keysBefore, trailing: found.trailingBytes }, name).toEqual({
      code: expected.code,
      keysBefore: expected.keysBefore,
      trailing: expected.trailingBytes ?? 0,
    });
    if (expected.offset !== undefined) expect(found.offset, name).toBe(expected.offset);
    if (expected.key !== undefined) expect(found.key, name).toBe(keyBase64(expected.key));
  }
}

function keyBase64(key: string | { readonly $base64: string }): string {
  return typeof key === "string" ? Buffer.from(key).toString("base64") : key.$base64;
}

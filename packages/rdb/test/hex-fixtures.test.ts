import { readFileSync } from "node:fs";
import { chunkings, listFixtures, readHexFixture, seededRandom, testSeed } from "@holdfast/testkit";
import { describe, expect, it } from "vitest";
import { describeFile, type FileDescription, type Json } from "./describe-file.ts";

const seed = testSeed();

describe("hand-made files of every version and type", () => {
  for (const fixture of listFixtures("rdb/hex", ".hex")) {
    it(`${fixture.name} is read as its sidecar says, however it is cut`, () => {
      const bytes = readHexFixture(fixture.path);
      const expected = expectedOf(fixture.path.replace(/\.hex$/, ".json"));
      for (const { name, chunks } of chunkings(bytes, seededRandom(seed))) {
        const found = describeFile(chunks, { poison: true, batchItems: 3 });
        expect(pick(found, expected), name).toEqual(expected);
      }
    });
  }
});

/** The sidecar, without what it explains beyond the file's own words. */
function expectedOf(path: string): FileDescription {
  const sidecar = JSON.parse(readFileSync(path, "utf8")) as FileDescription;
  return { ...sidecar, keys: sidecar.keys.map(withoutExplanations) };
}

function withoutExplanations(key: Json): Json {
  const { meta, value, ...rest } = key as { meta?: { $base64: string }; value: Json };
  return {
    ...rest,
    ...(meta === undefined ? {} : { meta: { $base64: meta.$base64 } }),
    value: withoutEmptyZones(value),
  };
}

/** The file does not tell an empty nack zone from none; the sidecar says where the type has one. */
function withoutEmptyZones(value: Json): Json {
  return JSON.parse(
    JSON.stringify(value, (name, part) => (name === "nacked" && part.length === 0 ? undefined : part)),
  );
}

function pick(found: FileDescription, expected: FileDescription): FileDescription {
  const picked: FileDescription = { keys: [] };
  for (const name of Object.keys(expected)) picked[name] = found[name];
  return picked;
}

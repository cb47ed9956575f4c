/**
 * Every fixture: decoded, encoded for the server that wrote it, and decoded again, says the same. What is decoded first are a
 * server's own bytes, so the encoder is judged by the decoder and the decoder by servers.
 */
import { readFileSync } from "node:fs";
import { decodeRdbBytes, encodeLevel, type RdbLossKind, type RdbTarget, rdbTarget } from "@holdfast/rdb";
import { listFixtures, readHexFixture } from "@holdfast/testkit";
import { describe, expect, it } from "vitest";
import { contentOf, encodeAll, factsOf } from "./same-content.ts";

const real = listFixtures("rdb", ".rdb").map(({ name, path }) => ({ name, bytes: readFileSync(path) }));
const byHand = listFixtures("rdb/hex", ".hex").map(({ name, path }) => ({
  name,
  bytes: readHexFixture(path),
}));

/** The version of the file as a target of its own. */
function targetOfFile(bytes: Uint8Array): RdbTarget {
  const digits = Buffer.from(bytes.subarray(0, 9)).toString("latin1").replace(/\D/g, "");
  return rdbTarget(Number(digits))!;
}

/** Functions of release candidates are read by no server that was ever released. */
const lossesOf: Readonly<Record<string, readonly RdbLossKind[]>> = {
  "functions-pre-ga": ["function", "function"],
};

describe.each([...real, ...byHand])("$name", ({ name, bytes }) => {
  const target = targetOfFile(bytes);
  const expected = { content: contentOf(bytes), losses: lossesOf[name] ?? [] };

  function encoded(options: Parameters<typeof decodeRdbBytes>[1]) {
    const losses: RdbLossKind[] = [];
    const copy = encodeAll(decodeRdbBytes(bytes, options), {
      target,
      onLoss: ({ kind }) => losses.push(kind),
    });
    return { copy, found: { content: contentOf(copy), losses } };
  }

  it("decoded and encoded again has the same content", () => {
    const { copy, found } = encoded({});
    expect(found).toEqual(expected);
    if (expected.losses.length === 0) expect(factsOf(copy)).toEqual(factsOf(bytes));
  });

  it("copied as stored has the same content", () => {
    expect(encoded({ select: ({ row }) => encodeLevel(target, row) }).found).toEqual(expected);
  });

  it("has the same content from small batches and short chunks", () => {
    expect(encoded({ batchItems: 3, chunkBytes: 100, poison: true }).found).toEqual(expected);
  });
});

describe.each(real)("$name, encoded for its server", ({ name, bytes }) => {
  const target = targetOfFile(bytes);
  const compressStrings = !name.endsWith("nocompression");

  it("is at most 2 % larger than the server's own file", () => {
    const copy = encodeAll(decodeRdbBytes(bytes), { target, compressStrings });
    expect(copy.length).toBeLessThanOrEqual(bytes.length * 1.02);
  });

  it("is as small as the server's own file when it is copied as stored", () => {
    const events = decodeRdbBytes(bytes, { select: ({ row }) => encodeLevel(target, row) });
    const copy = encodeAll(events, { target, compressStrings });
    expect(copy.length).toBeLessThanOrEqual(bytes.length * 1.001);
  });
});

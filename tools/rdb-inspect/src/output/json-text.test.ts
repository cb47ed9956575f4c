import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ByteSink } from "./byte-sink.ts";
import { Base64Pieces, jsonValueOfBytes, writeJsonBytes, writeJsonScore } from "./json-text.ts";

function written(write: (sink: ByteSink) => void): string {
  const sink = new ByteSink();
  write(sink);
  sink.commit();
  return Buffer.from(sink.take() ?? []).toString("utf8");
}

/** The bytes that a reader of the JSON gets back. */
function bytesOf(value: string | { $base64: string }): Buffer {
  return typeof value === "string" ? Buffer.from(value, "utf8") : Buffer.from(value.$base64, "base64");
}

describe("byte strings as JSON", () => {
  const texts = fc.string({ unit: "binary" }).map((text) => Buffer.from(text, "utf8"));

  test("every byte string can be read back exactly", () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 60 }), texts), (bytes) => {
        const text = written((sink) => writeJsonBytes(sink, bytes));
        expect(bytesOf(JSON.parse(text)).equals(bytes)).toBe(true);
        expect(JSON.parse(text)).toEqual(jsonValueOfBytes(bytes));
      }),
    );
  });

  test("UTF-8 stays readable, what JSON forbids is escaped, anything else is marked", () => {
    const json = (bytes: Uint8Array) => written((sink) => writeJsonBytes(sink, bytes));
    expect(json(Buffer.from("größe"))).toBe('"größe"');
    expect(json(Buffer.from('a"b\\c\nd\u0001'))).toBe('"a\\"b\\\\c\\nd\\u0001"');
    expect(json(Uint8Array.of(0xff, 0x41))).toBe('{"$base64":"/0E="}');
    expect(json(new Uint8Array(0))).toBe('""');
  });

  test("base64 in pieces is the base64 of the whole", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 10 })), (pieces) => {
        const text = written((sink) => {
          const base64 = new Base64Pieces();
          for (const piece of pieces) base64.write(sink, piece);
          base64.end(sink);
        });
        expect(text).toBe(Buffer.concat(pieces).toString("base64"));
      }),
    );
  });

  test.each([
    [1, "1"],
    [-1.5, "-1.5"],
    [1e21, "1e+21"],
    [-0, "-0"],
    [Number.POSITIVE_INFINITY, '"inf"'],
    [Number.NEGATIVE_INFINITY, '"-inf"'],
    [2 ** 53, "9007199254740992"],
  ])("the score %d is written as %s", (score, text) => {
    expect(written((sink) => writeJsonScore(sink, score))).toBe(text);
  });
});

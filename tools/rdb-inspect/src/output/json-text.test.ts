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

  test("texts of any size are written alike, wherever they lie in memory", () => {
    for (const sizeBytes of [255, 2047, 2048, 2049, 4096, 9001]) {
      for (const [at, mark] of [
        [0, '"'],
        [1, "\\"],
        [sizeBytes - 1, "\u0001"],
        [sizeBytes - 2, "\n"],
        [0, "x"],
      ] as const) {
        for (let offset = 0; offset < 4; offset++) {
          const memory = Buffer.alloc(sizeBytes + 8, '"');
          const start = offset + 2;
          memory.fill("a", start, start + sizeBytes);
          memory[start + at] = mark.charCodeAt(0);
          const text = memory.toString("latin1", start, start + sizeBytes);
          expect(written((sink) => writeJsonBytes(sink, memory, start, start + sizeBytes))).toBe(
            JSON.stringify(text),
          );
        }
      }
    }
  });

  test("long bytes that are no text are marked whole, long text beyond ASCII is not", () => {
    const long = Buffer.from("ä".repeat(3000));
    expect(written((sink) => writeJsonBytes(sink, long))).toBe(`"${"ä".repeat(3000)}"`);
    const cut = long.subarray(1);
    expect(written((sink) => writeJsonBytes(sink, cut))).toBe(`{"$base64":"${cut.toString("base64")}"}`);
  });

  test("a score is the shortest text that reads back as it", () => {
    const scores = fc.oneof(
      fc.double({ noNaN: true }),
      fc.integer().map((whole) => whole / 100),
    );
    fc.assert(
      fc.property(scores, (score) => {
        fc.pre(Number.isFinite(score) && !Object.is(score, -0));
        expect(written((sink) => writeJsonScore(sink, score))).toBe(String(score));
      }),
    );
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

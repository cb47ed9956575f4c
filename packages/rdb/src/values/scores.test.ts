import { ByteWindow } from "@holdfast/bytes";
import { parseHex } from "@holdfast/testkit";
import { describe, expect, it } from "vitest";
import { RdbCursor } from "../cursor.ts";
import { PackedReader } from "../packed/packed-reader.ts";
import { packedScore, readBinaryScore, readTextScore } from "./scores.ts";

function cursorOn(bytes: Uint8Array): RdbCursor {
  const window = new ByteWindow();
  window.push(bytes);
  return new RdbCursor(window, bytes.length);
}

function textScore(text: string): number {
  return readTextScore(cursorOn(Uint8Array.from([text.length, ...Buffer.from(text)])));
}

function packedTextScore(text: string): number {
  const body = Buffer.from(text);
  const bytes = Uint8Array.from([
    9 + body.length,
    0,
    0,
    0,
    1,
    0,
    0x80 | body.length,
    ...body,
    1 + body.length,
    0xff,
  ]);
  const reader = new PackedReader();
  reader.open("listpack", bytes, 0, 1);
  reader.next();
  return packedScore(reader, 3);
}

const texts: readonly (readonly [string, number])[] = [
  ["0", 0],
  ["-0", -0],
  ["3.1400000000000001", 3.14],
  ["1e+100", 1e100],
  ["-1.5E-3", -0.0015],
  [".5", 0.5],
  ["5.", 5],
  ["9007199254740993", 9007199254740992],
  ["inf", Number.POSITIVE_INFINITY],
  ["+inf", Number.POSITIVE_INFINITY],
  ["-Infinity", Number.NEGATIVE_INFINITY],
];

describe("a score as text", () => {
  for (const [text, score] of texts) {
    it(`${text} is ${score}, alone and in a listpack`, () => {
      expect(textScore(text)).toBe(score);
      expect(packedTextScore(text)).toBe(score);
    });
  }

  it("that is no number is damage", () => {
    for (const text of ["", "nan", "NaN", "1,5", "0x10", " 1", "1 ", "--1", "1e", "infin", "."]) {
      expect(() => textScore(text), text).toThrow(expect.objectContaining({ code: "RDB_BAD_SCORE" }));
      expect(() => packedTextScore(text), text).toThrow(
        expect.objectContaining({ code: "RDB_BAD_SCORE", at: 3 }),
      );
    }
  });

  it("has sizes of its own for what is not finite", () => {
    expect(readTextScore(cursorOn(parseHex("FE")))).toBe(Number.POSITIVE_INFINITY);
    expect(readTextScore(cursorOn(parseHex("FF")))).toBe(Number.NEGATIVE_INFINITY);
    expect(() => readTextScore(cursorOn(parseHex("FD")))).toThrow(
      expect.objectContaining({ code: "RDB_BAD_SCORE", at: 0 }),
    );
  });
});

describe("a score in binary", () => {
  it("is a double, and never NaN", () => {
    expect(readBinaryScore(cursorOn(parseHex("00*6 F8 3F")))).toBe(1.5);
    expect(readBinaryScore(cursorOn(parseHex("00*7 80")))).toBe(-0);
    expect(readBinaryScore(cursorOn(parseHex("00*6 F0 FF")))).toBe(Number.NEGATIVE_INFINITY);
    for (const hex of ["00*6 F8 7F", "FF*8", "01 00*5 F0 7F"])
      expect(() => readBinaryScore(cursorOn(parseHex(hex)))).toThrow(
        expect.objectContaining({ code: "RDB_BAD_SCORE", at: 0 }),
      );
  });
});

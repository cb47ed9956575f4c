import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  decimalOf,
  parseCanonicalInt,
  readI64le,
  readU16be,
  readU16le,
  readU24be,
  readU24le,
  readU32be,
  readU32le,
  readU64be,
  readU64le,
} from "./integers.ts";

const parse = (text: string) => parseCanonicalInt(Buffer.from(text, "latin1"), 0, text.length);

describe("fixed-width integers", () => {
  test("are what a DataView reads at the same place", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 8, maxLength: 30 }), fc.nat(), (bytes, index) => {
        const at = index % (bytes.length - 7);
        const view = new DataView(bytes.buffer, bytes.byteOffset);
        expect(readU16le(bytes, at)).toBe(view.getUint16(at, true));
        expect(readU24le(bytes, at)).toBe(view.getUint32(at, true) & 0xffffff);
        expect(readU32le(bytes, at)).toBe(view.getUint32(at, true));
        expect(readU64le(bytes, at)).toBe(view.getBigUint64(at, true));
        expect(readI64le(bytes, at)).toBe(view.getBigInt64(at, true));
        expect(readU16be(bytes, at)).toBe(view.getUint16(at));
        expect(readU24be(bytes, at)).toBe(view.getUint32(at) >>> 8);
        expect(readU32be(bytes, at)).toBe(view.getUint32(at));
        expect(readU64be(bytes, at)).toBe(view.getBigUint64(at));
      }),
    );
  });
});

describe("decimal text", () => {
  test("of any int64 reads back as the same int64", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
        const text = decimalOf(value);
        expect(parseCanonicalInt(text, 0, text.length)).toBe(value);
      }),
    );
  });

  test.each([
    "0",
    "-1",
    "9223372036854775807",
    "-9223372036854775808",
    "999999999999999",
    "1000000000000000",
  ])("%s is canonical", (text) => {
    expect(parse(text)).toBe(BigInt(text));
  });

  test.each([
    "",
    "-",
    "-0",
    "+1",
    "01",
    "-01",
    " 1",
    "1 ",
    "1.0",
    "1e3",
    "0x10",
    "9223372036854775808",
    "-9223372036854775809",
    "00000000000000000001",
    "100000000000000000000",
  ])("%j is not canonical", (text) => {
    expect(parse(text)).toBeUndefined();
  });

  test("only the bytes between start and end count", () => {
    expect(parseCanonicalInt(Buffer.from("x-12y"), 1, 4)).toBe(-12n);
  });

  test("of a number is the same, and an inexact number is refused", () => {
    expect(Buffer.from(decimalOf(-0)).toString()).toBe("0");
    expect(Buffer.from(decimalOf(-42)).toString()).toBe("-42");
    expect(() => decimalOf(2 ** 53)).toThrow(RangeError);
    expect(() => decimalOf(0.5)).toThrow(RangeError);
  });
});

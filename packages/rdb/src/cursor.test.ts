import { ByteWindow } from "@holdfast/bytes";
import { parseHex } from "@holdfast/testkit";
import { describe, expect, it } from "vitest";
import { RdbCursor, shortage } from "./cursor.ts";
import { Damage } from "./errors.ts";

function cursorOn(hex: string, inputEnd = Number.POSITIVE_INFINITY): RdbCursor {
  const window = new ByteWindow();
  window.push(parseHex(hex));
  return new RdbCursor(window, inputEnd);
}

function thrownBy(action: () => unknown): unknown {
  try {
    action();
  } catch (thrown) {
    return thrown;
  }
  return undefined;
}

const lengths: readonly (readonly [string, number])[] = [
  ["00", 0],
  ["3F", 63],
  ["40 00", 0],
  ["40 40", 64],
  ["7F FF", 16383],
  ["80 00 00 00 00", 0],
  ["80 00 00 40 00", 16384],
  ["80 FF FF FF FF", 2 ** 32 - 1],
  ["81 00 00 00 00 00 00 00 05", 5],
  ["81 00 00 00 01 00 00 00 00", 2 ** 32],
  ["81 00 1F FF FF FF FF FF FF", 2 ** 53 - 1],
];

describe("a length", () => {
  it("comes in 1, 2, 5 or 9 bytes, the shortest form or a longer one", () => {
    for (const [hex, value] of lengths) {
      const cursor = cursorOn(`${hex} AA`);
      expect([hex, cursor.length(), cursor.window.available]).toEqual([hex, value, 1]);
    }
  });

  it("that is not whole asks for as many bytes as its first byte announces", () => {
    for (const [hex] of lengths) {
      const bytes = parseHex(hex);
      for (let size = 0; size < bytes.length; size += 1) {
        const cursor = cursorOn("");
        if (size > 0) cursor.window.push(bytes.subarray(0, size));
        expect(thrownBy(() => cursor.length())).toBe(shortage);
        expect([hex, size, cursor.wanted]).toEqual([hex, size, size === 0 ? 1 : bytes.length]);
      }
    }
  });

  it("above 2^53 - 1, of an unknown prefix, or with the prefix of a string is damage where it stands", () => {
    for (const hex of ["81 00 20 00 00 00 00 00 00", "81 FF*8", "82", "BF", "C0", "C3", "FF"]) {
      const thrown = thrownBy(() => cursorOn(hex).length());
      expect(thrown, hex).toBeInstanceOf(Damage);
      expect([(thrown as Damage).code, (thrown as Damage).at]).toEqual(["RDB_BAD_LENGTH", 0]);
    }
  });

  it("of 64 bits is exact, and its greatest value can mean unknown", () => {
    expect(cursorOn("81 FF*8").length64()).toBe(2n ** 64n - 1n);
    expect(cursorOn("81 FF*8").optionalLength64()).toBe(undefined);
    expect(cursorOn("81 FF*7 FE").optionalLength64()).toBe(2n ** 64n - 2n);
    expect(cursorOn("40 40").length64()).toBe(64n);
    expect(cursorOn("81 FF*8").roughLength()).toBe(2 ** 64);
    expect(cursorOn("80 00 00 00 07").roughLength()).toBe(7);
  });
});

describe("numbers", () => {
  it("are little-endian and signed", () => {
    expect(cursorOn("FE FF FF FF").int32()).toBe(-2);
    expect(cursorOn("00 D8 C3 2C BB 03 00 00").int64()).toBe(4102444800000);
    expect(cursorOn("24 FA FF FF FF FF FF FF").int64()).toBe(-1500);
    expect(cursorOn("00*7 80").exactInt64()).toBe(-(2n ** 63n));
    expect(cursorOn("00*6 F8 3F").double()).toBe(1.5);
  });
});

describe("bytes that are not there", () => {
  it("are waited for: the cursor goes back to the last commit", () => {
    const cursor = cursorOn("01 02 03");
    cursor.byte();
    cursor.commit();
    cursor.byte();
    expect(thrownBy(() => cursor.skip(4))).toBe(shortage);
    expect(cursor.wanted).toBe(5);
    cursor.rewind();
    expect(cursor.peek()).toBe(2);
  });

  it("are not waited for when the input is known to end before them", () => {
    const thrown = thrownBy(() => cursorOn("01 02", 10).need(11));
    expect(thrown).toMatchObject({ code: "RDB_TRUNCATED", at: 10 });
    expect(thrownBy(() => cursorOn("01 02", 10).need(10))).toBe(shortage);
  });
});

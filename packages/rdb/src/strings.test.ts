import { ByteWindow } from "@holdfast/bytes";
import { parseHex } from "@holdfast/testkit";
import { describe, expect, it } from "vitest";
import { RdbCursor } from "./cursor.ts";
import { Arena, decimalDigits, StringReader } from "./strings.ts";

const limitBytes = 1000;

function readerOn(hex: string, arena = new Arena(false)): StringReader {
  const window = new ByteWindow();
  window.push(parseHex(hex));
  return new StringReader(new RdbCursor(window, window.limit), arena);
}

function textOf(hex: string): string {
  const reader = readerOn(hex);
  reader.read(limitBytes);
  const text = Buffer.from(reader.view()).toString("latin1");
  expect(reader.textBytes, hex).toBe(text.length);
  return text;
}

describe("a string", () => {
  it("is raw behind a length of any form", () => {
    expect(textOf("00")).toBe("");
    expect(textOf("02 61 FF")).toBe("a\u00ff");
    expect(textOf("40 02 61 62")).toBe("ab");
    expect(textOf("81 00*7 01 61")).toBe("a");
    expect(textOf("40 FA 61*250")).toBe("a".repeat(250));
  });

  it("is the text of an integer of 1, 2 or 4 bytes", () => {
    const integers: readonly (readonly [string, string])[] = [
      ["C0 00", "0"],
      ["C0 7F", "127"],
      ["C0 80", "-128"],
      ["C1 80 00", "128"],
      ["C1 FF 7F", "32767"],
      ["C1 00 80", "-32768"],
      ["C2 00 80 00 00", "32768"],
      ["C2 FF FF FF 7F", "2147483647"],
      ["C2 00 00 00 80", "-2147483648"],
    ];
    for (const [hex, text] of integers) expect(textOf(hex)).toBe(text);
  });

  it("is what an LZF block makes: literals, short and long copies, copies that overlap themselves", () => {
    expect(textOf("C3 04 03 02 61 62 63")).toBe("abc");
    expect(textOf("C3 04 04 00 61 20 00")).toBe("aaaa");
    expect(textOf("C3 05 40 5B 00 61 E0 51 00")).toBe("a".repeat(91));
    expect(textOf("C3 05 05 01 61 62 20 01")).toBe("ababa");
  });

  it("whose LZF block lies is damage at the string, with the place inside the block", () => {
    const lies: readonly (readonly [string, RegExp])[] = [
      ["C3 02 00 00 61", /cannot make 0/],
      ["C3 02 40 B1 00 61", /cannot make 177/],
      ["C3 02 02 00 61", /LZF block/],
      ["C3 04 02 02 61 62 63", /LZF block/],
      ["C3 04 04 00 61 20 01", /LZF block/],
      ["C3 01 05 04", /LZF block/],
    ];
    for (const [hex, detail] of lies) {
      const expected = { code: "RDB_BAD_LZF", at: 0, detail: expect.stringMatching(detail) };
      expect(failureOf(`${hex}`), hex).toMatchObject(expected);
    }
  });

  it("of an unknown form is damage", () => {
    for (const hex of ["C4 00", "FF 00"])
      expect(failureOf(hex)).toMatchObject({ code: "RDB_BAD_STRING", at: 0 });
  });

  it("above the limit is refused before it is unpacked or waited for", () => {
    expect(failureOf(`80 00 00 03 E9 ${"61 ".repeat(1001).trim()}`)).toMatchObject({ code: "RDB_LIMIT" });
    expect(failureOf("C3 0C 43 E9 00 61 E0 FF 00 E0 FF 00 E0 FF 00 00 00")).toMatchObject({
      code: "RDB_LIMIT",
    });
  });

  it("longer than the input is truncated, whatever the limit is", () => {
    expect(failureOf("80 FF FF FF FF 61")).toMatchObject({ code: "RDB_TRUNCATED", at: 6 });
  });
});

function failureOf(hex: string): unknown {
  try {
    readerOn(hex).read(limitBytes);
  } catch (thrown) {
    return thrown;
  }
  return undefined;
}

describe("the memory for unpacked strings", () => {
  it("is overwritten in poison mode once it is free again", () => {
    const arena = new Arena(true);
    const reader = readerOn("C3 04 03 02 61 62 63", arena);
    reader.read(limitBytes);
    const view = reader.view();
    arena.reset();
    expect([...view]).toEqual([0xdb, 0xdb, 0xdb]);
  });

  it("is not shared between strings, one behind the other", () => {
    const block = "C3 05 40 5B 00 61 E0 51 00";
    const literal = "C3 80 00 00 00 21 80 00 00 00 20 1F 62*32";
    const reader = readerOn(`${block} C3 04 03 02 61 62 63 ${literal} C0 07`);
    const texts = Array.from({ length: 4 }, () => {
      reader.read(limitBytes);
      return reader.view();
    });
    expect(texts.map((text) => Buffer.from(text).toString())).toEqual([
      "a".repeat(91),
      "abc",
      "b".repeat(32),
      "7",
    ]);
  });
});

describe("decimal digits", () => {
  it("are as many as the text has", () => {
    for (const value of [0, 9, 10, -1, -9, -10, 99, 100, 2147483647, -2147483648])
      expect(decimalDigits(value)).toBe(String(value).length);
  });
});

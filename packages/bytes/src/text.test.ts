import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { escapeBytes, isUtf8, parseEscaped } from "./text.ts";

const anyBytes = fc.oneof(
  fc.uint8Array({ maxLength: 60 }),
  fc.string({ unit: "binary" }).map((text) => new Uint8Array(Buffer.from(text))),
);

describe("escaped text", () => {
  test("turns back into exactly the same bytes", () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        expect(parseEscaped(escapeBytes(bytes))).toEqual(Uint8Array.from(bytes));
      }),
    );
  });

  test("contains nothing that a terminal would act on or hide", () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        expect(escapeBytes(bytes).replaceAll(" ", "")).not.toMatch(/[\p{C}\p{Z}]/u);
      }),
    );
  });

  test.each([
    ["plain ASCII stays", Buffer.from("user:42 x"), "user:42 x"],
    ["valid UTF-8 stays", Buffer.from("naïve 日本 🎉"), "naïve 日本 🎉"],
    ["the usual escapes", Buffer.from('a\n\r\t"\\'), 'a\\n\\r\\t\\"\\\\'],
    ["other control characters", Buffer.from("\0\x1b[31m\x7f"), "\\x00\\x1b[31m\\x7f"],
    [
      "invisible characters",
      Buffer.from("a\u200bb\u202ec\u00a0\u2028\ufeff"),
      "a\\xe2\\x80\\x8bb\\xe2\\x80\\xaec\\xc2\\xa0\\xe2\\x80\\xa8\\xef\\xbb\\xbf",
    ],
    ["single bytes that are no UTF-8", Buffer.of(0x61, 0xff, 0x80, 0x62), "a\\xff\\x80b"],
    ["a sequence cut short", Buffer.of(0xe6, 0x97), "\\xe6\\x97"],
    ["overlong forms and surrogates", Buffer.of(0xc0, 0x80, 0xed, 0xa0, 0x80), "\\xc0\\x80\\xed\\xa0\\x80"],
  ])("%s", (_name, bytes, text) => {
    expect(escapeBytes(bytes)).toBe(text);
  });

  test("hex digits may be of either case, characters outside ASCII stand for their UTF-8", () => {
    expect([...parseEscaped("\\xFF\\xfeé")]).toEqual([0xff, 0xfe, 0xc3, 0xa9]);
  });

  test.each(["\\", "\\q", "\\x", "\\x4", "\\xg0", "ok\\"])("%j is refused", (text) => {
    expect(() => parseEscaped(text)).toThrow(SyntaxError);
  });
});

test("UTF-8 is told from bytes that are not", () => {
  expect(isUtf8(Buffer.from("日本"))).toBe(true);
  expect(isUtf8(new Uint8Array(0))).toBe(true);
  expect(isUtf8(Uint8Array.of(0xef, 0xbb, 0xbf))).toBe(true);
  expect(isUtf8(Uint8Array.of(0xff))).toBe(false);
  expect(isUtf8(Uint8Array.of(0xe6, 0x97))).toBe(false);
});

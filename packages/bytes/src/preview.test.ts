import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { displayWidth, previewBytes } from "./preview.ts";

const preview = (text: string, maxWidth: number, cut: "end" | "middle" = "end") =>
  previewBytes(Buffer.from(text), { maxWidth, cut });

describe("a preview", () => {
  test.each([
    ["short text stays as it is", "user:42", 10, "user:42"],
    ["text of exactly the width stays", "0123456789", 10, "0123456789"],
    ["longer text ends in an ellipsis", "0123456789a", 10, "012345678…"],
    ["text with spaces stands in quotes", "a b", 10, '"a b"'],
    ["text with quotes stands in quotes", 'a"b', 10, '"a\\"b"'],
    ["no bytes are two quotes", "", 10, '""'],
    ["the quotes count", "1234567 9", 10, '"1234567…"'],
    ["an escape is never cut in two", "abc\x1b\x1b", 10, "abc\\x1b…"],
    ["wide characters count two cells", "日本語日本語", 10, "日本語日…"],
    ["control characters are escaped", "a\nb\x00", 20, "a\\nb\\x00"],
    ["almost no room leaves the ellipsis", "abc", 1, "…"],
    ["marks without width behind a word fit", "01234567a\u0308\u0308", 9, "01234567a\u0308\u0308"],
  ])("%s", (_name, text, maxWidth, expected) => {
    expect(preview(text, maxWidth)).toBe(expected);
  });

  test.each([
    ["keeps both ends", "session:000000:token", 11, "sessi…token"],
    ["keeps whole characters at both ends", "日本語日本語", 8, "日本…語"],
    ["keeps whole escapes at both ends", "\x01abc\x02", 10, "\\x01a…\\x02"],
  ])("cut in the middle %s", (_name, text, maxWidth, expected) => {
    expect(preview(text, maxWidth, "middle")).toBe(expected);
  });

  test("never takes more cells than allowed", () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc.string({ unit: "grapheme" }).map((text) => new Uint8Array(Buffer.from(text))),
    );
    fc.assert(
      fc.property(
        bytes,
        fc.integer({ min: 1, max: 40 }),
        fc.constantFrom("end", "middle"),
        (data, maxWidth, cut) => {
          if (data.length === 0) return;
          expect(displayWidth(previewBytes(data, { maxWidth, cut }))).toBeLessThanOrEqual(maxWidth);
        },
      ),
    );
  });

  test("of a huge value looks only at what it shows", () => {
    const huge = new Uint8Array(200_000_000).fill(0x61);
    expect(previewBytes(huge, { maxWidth: 9, cut: "middle" })).toBe("aaaa…aaaa");
    const marks = Buffer.from("e\u0301".repeat(10_000));
    expect(previewBytes(marks, { maxWidth: 9 }).length).toBeLessThan(50);
  });
});

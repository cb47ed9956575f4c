import { parseEscaped } from "@holdfast/bytes";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ByteSink } from "./byte-sink.ts";
import { writeCsvBytes } from "./csv-text.ts";

function field(bytes: Uint8Array): string {
  const sink = new ByteSink();
  writeCsvBytes(sink, bytes);
  sink.commit();
  return Buffer.from(sink.take() ?? []).toString("utf8");
}

/** The bytes behind a field: the CSV undone, then the escapes. */
function bytesOf(text: string): Uint8Array {
  return parseEscaped(text.startsWith('"') ? text.slice(1, -1).replaceAll('""', '"') : text);
}

describe("a key in CSV", () => {
  test.each([
    ["user:1001", "user:1001"],
    ["größe", "größe"],
    ["a,b", '"a,b"'],
    ['say "hi"', '"say \\""hi\\"""'],
    ["line\nbreak", "line\\nbreak"],
    ["back\\slash", "back\\\\slash"],
    ["", ""],
  ])("%j is written as %s", (key, text) => expect(field(Buffer.from(key))).toBe(text));

  test("bytes that are no text are escaped one by one", () => {
    expect(field(Uint8Array.of(0xff, 0x41, 0x00, 0x7f))).toBe("\\xffA\\x00\\x7f");
  });

  test("every key can be read back exactly, and is one line", () => {
    const texts = fc.string({ unit: "binary" }).map((text) => Buffer.from(text, "utf8"));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 40 }), texts), (bytes) => {
        expect(Buffer.compare(bytesOf(field(bytes)), bytes)).toBe(0);
        expect(field(bytes)).not.toMatch(/[\r\n]/);
      }),
    );
  });
});

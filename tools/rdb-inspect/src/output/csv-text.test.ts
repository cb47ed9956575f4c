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

/** The bytes behind a field, by the rules in the header of csv-text.ts. */
function bytesOf(text: string): Buffer {
  const unquoted = text.startsWith('"') ? text.slice(1, -1).replaceAll('""', '"') : text;
  const parts = unquoted.match(/\\x..|\\.|[^\\]+/gsu) ?? [];
  return Buffer.concat(
    parts.map((part) => {
      if (part.startsWith("\\x")) return Buffer.from(part.slice(2), "hex");
      if (part.startsWith("\\")) return Buffer.from({ n: "\n", r: "\r", t: "\t" }[part[1]] ?? part[1]);
      return Buffer.from(part);
    }),
  );
}

describe("a key in CSV", () => {
  test.each([
    ["user:1001", "user:1001"],
    ["größe", "größe"],
    ["a,b", '"a,b"'],
    ['say "hi"', '"say ""hi"""'],
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
        expect(bytesOf(field(bytes)).equals(bytes)).toBe(true);
        expect(field(bytes)).not.toMatch(/[\r\n]/);
      }),
    );
  });
});

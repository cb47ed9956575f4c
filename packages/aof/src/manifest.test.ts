import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { acceptedByValkey, acceptedManifests, refusedManifests } from "../test/manifest-cases.ts";
import { AofFormatError } from "./errors.ts";
import {
  type AofFileInfo,
  type AofManifest,
  EMPTY_MANIFEST,
  formatManifest,
  parseManifest,
} from "./manifest.ts";

const bytes = (text: string) => Buffer.from(text, "latin1");
const parse = (text: string) => parseManifest(bytes(text), "m");
const format = (manifest: AofManifest) => Buffer.from(formatManifest(manifest)).toString("latin1");
const manifest = (parts: Partial<AofManifest>): AofManifest => ({ ...EMPTY_MANIFEST, ...parts });
const base = (name: string, sequence = 1): AofFileInfo => ({ name, sequence, role: "base" });
const incr = (name: string, sequence = 1): AofFileInfo => ({ name, sequence, role: "incr" });
const history = (name: string, sequence = 1): AofFileInfo => ({ name, sequence, role: "history" });

describe("a manifest", () => {
  test("is lines of a base, history and incrs", () => {
    const text =
      "file a.2.base.rdb seq 2 type b\n" +
      "file a.1.base.rdb seq 1 type h\n" +
      "file a.1.incr.aof seq 1 type h\n" +
      "file a.2.incr.aof seq 2 type i\n" +
      "file a.3.incr.aof seq 3 type i\n";
    const read = parse(text);
    expect(read).toEqual({
      base: base("a.2.base.rdb", 2),
      history: [history("a.1.base.rdb"), history("a.1.incr.aof")],
      increments: [incr("a.2.incr.aof", 2), incr("a.3.incr.aof", 3)],
      comments: [],
    });
    expect(format(read)).toBe(text);
  });

  test("may name replication offsets, as Redis 8.0 writes them", () => {
    const text = "file a.1.incr.aof seq 1 type i startoffset 0 endoffset 2408\n";
    const read = parse(text);
    expect(read.increments).toEqual([{ ...incr("a.1.incr.aof"), startOffset: 0, endOffset: 2408 }]);
    expect(format(read)).toBe(text);
  });

  test("loses an end without a start when it is written, as with servers", () => {
    const increments = [{ ...incr("a"), endOffset: 7 }];
    expect(format(manifest({ increments }))).toBe("file a seq 1 type i\n");
  });

  test("keeps comments and pairs that nothing here knows", () => {
    const text = '# kept since 2026\n#\nfile a seq 1 type b checksum "0 x" mark ""\n';
    const read = parse(text);
    expect(read.comments).toEqual(["# kept since 2026", "#"]);
    expect(read.base).toEqual({
      ...base("a"),
      otherPairs: [
        ["checksum", "0 x"],
        ["mark", ""],
      ],
    });
    expect(format(read)).toBe(text);
  });

  test.each([...acceptedManifests, ...acceptedByValkey])("may have %s", (_what, text, expected) => {
    expect(parse(text).base).toEqual(expected);
  });

  test("may have gaps between sequences", () => {
    expect(parse("file a seq 1 type i\nfile b seq 9 type i\n").increments).toHaveLength(2);
  });

  test("of comments alone is empty", () => {
    expect(parse("# nothing yet")).toEqual(manifest({ comments: ["# nothing yet"] }));
  });

  test.each(refusedManifests)("with %s is refused, with the place", (_what, text, code, offset) => {
    const line = text === "" ? undefined : offset === 0 ? 1 : 2;
    expect(() => parse(text)).toThrow(AofFormatError);
    expect(() => parse(text)).toThrow(expect.objectContaining({ code, offset, line, path: "m" }));
  });

  test("is never written with a line that cannot be read back", () => {
    const long = manifest({ base: base("\u00fc".repeat(130)) });
    expect(() => formatManifest(long)).toThrow(expect.objectContaining({ code: "AOF_MANIFEST_LONG_LINE" }));
  });

  test("with a comment longer than a line keeps it as several", () => {
    const read = parse(`#${"x".repeat(1023)}#${"y".repeat(1023)}#z\n`);
    const again = parse(format(read));
    expect(again.comments.join("").replaceAll("#", "")).toBe(`${"x".repeat(1023)}${"y".repeat(1023)}z`);
  });
});

const name = fc
  .string({ unit: "binary", minLength: 1, maxLength: 40 })
  .filter((text) => !/[/\\\0]/.test(text) && ![".", ".."].includes(text));
const sequence = fc.integer({ min: 1, max: 2 ** 40 });
const word = fc.string({
  unit: fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code)),
  maxLength: 20,
});
const pair = fc.tuple(
  word.filter((key) => !/^(file|seq|type|startoffset|endoffset)$/i.test(key)),
  word,
);
const file = fc.record(
  { name, sequence, startOffset: fc.nat(), otherPairs: fc.array(pair, { minLength: 1, maxLength: 3 }) },
  { requiredKeys: ["name", "sequence"] },
);

test("what was written is read back, whatever the names", () => {
  const files = fc.array(file, { maxLength: 5 });
  const manifests = fc.record({
    base: fc.option(file, { nil: undefined }),
    history: files,
    increments: files,
  });
  fc.assert(
    fc.property(manifests, (drawn) => {
      const written: AofManifest = {
        base: drawn.base && { ...drawn.base, role: "base" },
        history: drawn.history.map((each) => ({ ...each, role: "history" as const })),
        increments: drawn.increments.map((each, index) => ({
          ...each,
          role: "incr" as const,
          sequence: index + 1,
        })),
        comments: ["# first"],
      };
      expect(parseManifest(formatManifest(written))).toEqual(written);
    }),
  );
});

test("any bytes are read or refused with a code", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (drawn) => {
      try {
        parseManifest(drawn);
      } catch (error) {
        expect(error).toBeInstanceOf(AofFormatError);
      }
    }),
  );
});

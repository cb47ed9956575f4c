import { listFixtures, parseHex, readHexFixture } from "@holdfast/testkit";
import { describe, expect, it } from "vitest";
import { RdbDecoder } from "./decoder.ts";
import { RdbFormatError } from "./errors.ts";
import { typeRows } from "./format.ts";

interface Extent {
  readonly type: number;
  readonly key: string;
  itemCount: number | undefined;
  endOffset: number;
}

function extentsOf(bytes: Uint8Array, level: "skip" | "items"): Extent[] {
  const decoder = new RdbDecoder({ level });
  const extents: Extent[] = [];
  decoder.push(bytes);
  decoder.end();
  for (let event = decoder.next(); event !== undefined; event = decoder.next()) {
    if (event.kind === "key") {
      const key = Buffer.from(event.key).toString("latin1");
      extents.push({ type: event.row.number, key, itemCount: event.itemCount, endOffset: event.endOffset });
    } else if (event.kind === "items") {
      const extent = extents.at(-1) as Extent;
      extent.itemCount = event.itemCount ?? extent.itemCount;
      extent.endOffset = event.endOffset;
    }
  }
  return extents;
}

describe("the layout of every type", () => {
  const walked = new Set<string>();
  for (const fixture of listFixtures("rdb/hex", ".hex")) {
    it(`walks ${fixture.name} to the same ends and counts as its readers`, () => {
      const bytes = readHexFixture(fixture.path);
      expect(extentsOf(bytes, "skip")).toEqual(extentsOf(bytes, "items"));
    });
    for (const { type } of extentsOf(readHexFixture(fixture.path), "skip"))
      for (const row of typeRows) if (row.number === type) walked.add(row.name);
  }

  it("is walked by a hand-made file", () => {
    expect(typeRows.filter((row) => !walked.has(row.name))).toEqual([]);
  });

  it("is made of known operations only, with brackets that close", () => {
    for (const { name, layout } of typeRows) {
      const letters = layout.replace(/[nN*]\(/g, "(");
      expect([name, letters.replace(/[sSplLd8reqimcotTR()]/g, "")]).toEqual([name, ""]);
      let depth = 0;
      for (const letter of letters) {
        if (letter === "(") depth += 1;
        if (letter === ")") depth -= 1;
        expect(depth).toBeGreaterThanOrEqual(0);
      }
      expect([name, depth]).toEqual([name, 0]);
    }
  });
});

describe("the trace of a walk", () => {
  it("has the numbers of each operation in file order", () => {
    const traces: readonly (readonly [string, readonly number[]])[] = [
      ["00 01 6B 03 61 62 63", [3, 0]],
      ["00 01 6B 02 31 32", [2, 1]],
      ["00 01 6B C1 00 80", [6, 1]],
      ["00 01 6B C3 04 04 00 61 20 00", [4, 0]],
      ["01 01 6B 03 01 61 C0 F6 00", [3, 1, 3, 0]],
      ["03 01 6B 02 01 61 01 35 02 62 62 FE", [2, 1, 2]],
      ["04 01 6B 01 01 66 05 61*5", [1, 1, 5]],
      ["05 01 6B 01 01 61 00*8", [1, 1]],
      ["0B 01 6B 0A 02000000 01000000 0500", [10, 1]],
      ["10 01 6B 0D 0D000000 0200 816602 817602 FF", [13, 2]],
      ["12 01 6B 02 01 03 61*3 02 09 09000000 0100 0501 FF", [2, 3, -1, 9, 1]],
      ["18 01 6B 00 D8 C3 2C BB 03 00 00 01 01 01 66 01 76", [4102444800000, 1, 1, 1, 1]],
      ["07 01 6B 81 00*6 04 00 02 07 05 02 61 62 04 00*8 03 00*4 00", [7, 2]],
      ["1C 01 6B 02 01 09 01 00 01 61 05 01 00*8", [2, 1, 9, 0, 1, 1, 8]],
    ];
    for (const [hex, expected] of traces) expect([hex, traceOf(hex)]).toEqual([hex, expected]);
  });

  it("fills up in a long value and goes on behind what was taken", () => {
    const count = 50_000;
    const head = parseHex("52 45 44 49 53 30 30 31 31 01 01 6B 80 00 00 C3 50");
    const elements = new Uint8Array(count * 2).map((_, index) => (index % 2 === 0 ? 1 : 0x61));
    const bytes = Buffer.concat([head, elements, parseHex("FF 00*8")]);
    const decoder = new RdbDecoder({ level: "skip", trace: true });
    decoder.push(bytes);
    const sizes: number[] = [];
    for (let event = decoder.next(); event !== undefined; event = decoder.next()) {
      if ((event.kind !== "key" && event.kind !== "items") || event.items.of !== "trace") continue;
      const { trace, start, end } = event.items;
      for (let index = start; index < end; index += 1) sizes.push(trace[index]);
    }
    expect(sizes.length).toBe(count + 1);
    expect([sizes[0], sizes.slice(1).every((size) => size === 1)]).toEqual([count, true]);
  });
});

function traceOf(hex: string): number[] {
  const decoder = new RdbDecoder({ level: "skip", trace: true });
  decoder.push(parseHex(`52 45 44 49 53 30 30 31 34 ${hex} FF 00*8`));
  const numbers: number[] = [];
  for (let event = decoder.next(); event !== undefined; event = decoder.next()) {
    if ((event.kind !== "key" && event.kind !== "items") || event.items.of !== "trace") continue;
    numbers.push(...event.items.trace.subarray(event.items.start, event.items.end));
  }
  return numbers;
}

describe("a walk over damage", () => {
  it("stops where it cannot know what comes next", () => {
    const damaged: readonly (readonly [string, string, number])[] = [
      ["12 01 6B 01 03 00", "RDB_BAD_QUICKLIST", 13],
      ["07 01 6B 01 06 00", "RDB_BAD_MODULE", 13],
      ["07 01 6B 00 00", "RDB_BAD_MODULE", 12],
      ["1C 01 6B 01 00 00 04 00", "RDB_BAD_ARRAY", 15],
      ["01 01 6B C0 00", "RDB_BAD_LENGTH", 12],
      ["00 01 6B C5", "RDB_BAD_STRING", 12],
    ];
    for (const [hex, code, offset] of damaged) {
      try {
        traceOf(hex);
        expect(hex).toBe("refused");
      } catch (error) {
        if (!(error instanceof RdbFormatError)) throw error;
        expect([hex, error.code, error.offset]).toEqual([hex, code, offset]);
      }
    }
  });
});

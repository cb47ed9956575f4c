import { describe, expect, it } from "vitest";
import { knownVersions, moduleTypeOf, opcode, typeRows, typeTable } from "./format.ts";
import { readerOf } from "./values/readers.ts";

describe("the type table", () => {
  it("has no number twice in one dialect", () => {
    for (const dialect of ["redis", "valkey"] as const) {
      const numbers = typeRows.filter((row) => row.dialect === "both" || row.dialect === dialect);
      expect(new Set(numbers.map((row) => row.number)).size).toBe(numbers.length);
    }
  });

  it("has no name twice, and no type on the number of an opcode", () => {
    expect(new Set(typeRows.map((row) => row.name)).size).toBe(typeRows.length);
    const opcodes = new Set<number>(Object.values(opcode));
    expect(typeRows.filter((row) => opcodes.has(row.number))).toEqual([]);
  });

  it("has a reader for every row but modules, whose bytes are kept as stored", () => {
    const unread = typeRows.filter((row) => readerOf(row) === undefined);
    expect(unread.map((row) => row.name)).toEqual(["MODULE_2"]);
  });

  it("names versions that exist, and takes each row from its own version on", () => {
    for (const row of typeRows) {
      const dialect = row.dialect === "valkey" ? "valkey" : "redis";
      expect(row.since).toBeGreaterThanOrEqual(knownVersions[dialect].first);
      expect(row.since).toBeLessThanOrEqual(knownVersions[dialect].last);
      expect(typeTable(dialect, row.since)[row.number]).toBe(row);
    }
  });

  it("gives a number its meaning by dialect and version", () => {
    const meanings = ([dialect, version, number]: readonly ["redis" | "valkey", number, number]) =>
      typeTable(dialect, version)[number]?.name;
    expect(meanings(["redis", 12, 22])).toBe("HASH_METADATA_PRE_GA");
    expect(meanings(["valkey", 80, 22])).toBe("HASH_2");
    expect(meanings(["redis", 11, 22])).toBe(undefined);
    expect(meanings(["valkey", 80, 24])).toBe(undefined);
    expect(meanings(["redis", 14, 29])).toBe(undefined);
    expect(meanings(["redis", 15, 29])).toBe("HASH_TMPL_LP");
    // A type newer than the header is taken, as servers do, when its number never meant anything else.
    expect(meanings(["redis", 9, 18])).toBe("LIST_QUICKLIST_2");
  });
});

describe("a module type id", () => {
  it("is nine characters and a version", () => {
    const name = "vectorset";
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const id = [...name].reduce((sum, letter) => (sum << 6n) | BigInt(alphabet.indexOf(letter)), 0n);
    expect(moduleTypeOf((id << 10n) | 3n)).toEqual({ name, version: 3 });
  });
});

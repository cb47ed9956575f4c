import { expect, test } from "vitest";
import { baseName, fileNameOfManifest, incrName, manifestName, namedPart } from "./file-names.ts";

test("files are called as servers call them", () => {
  expect(manifestName("appendonly.aof")).toBe("appendonly.aof.manifest");
  expect(baseName("appendonly.aof", 2, "rdb")).toBe("appendonly.aof.2.base.rdb");
  expect(baseName("x", 12, "aof")).toBe("x.12.base.aof");
  expect(incrName("appendonly.aof", 5)).toBe("appendonly.aof.5.incr.aof");
});

test.each([
  ["a.2.base.rdb", { kind: "base", sequence: 2 }],
  ["a.3.base.aof", { kind: "base", sequence: 3 }],
  ["a.4.incr.aof", { kind: "incr", sequence: 4 }],
  ["temp-a.manifest", { kind: "temporary" }],
  ["temp-a.incr", { kind: "temporary" }],
  [".a.manifest.0.tmp", { kind: "temporary" }],
  [".a.2.base.rdb.17.tmp", { kind: "temporary" }],
])("%s says what it is", (name, part) => {
  expect(namedPart("a", name)).toEqual(part);
});

test.each([
  "a.manifest",
  "a",
  "a.2.incr.rdb",
  "b.2.incr.aof",
  "a.x.incr.aof",
  "a.2.incr.aof.bak",
  ".b.manifest.0.tmp",
])("%s is not one of the parts", (name) => {
  expect(namedPart("a", name)).toBeUndefined();
});

test("a manifest's name holds the name of the append-only file, unless it is on its way", () => {
  expect(fileNameOfManifest("a.b.manifest")).toBe("a.b");
  for (const name of [".manifest", "a.manifest.bak", "temp-a.manifest"]) {
    expect(fileNameOfManifest(name)).toBeUndefined();
  }
});

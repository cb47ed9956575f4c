import type { RdbDecoderOptions, ReadLevel } from "@holdfast/rdb";
import { listFixtures, readHexFixture } from "@holdfast/testkit";
import { describe, expect, it } from "vitest";
import { runOf } from "./event-lines.ts";
import { uint64 } from "./generated-files.ts";

const smallFileBytesMax = 700;
const growthMaxBytes = 128 * 1024 * 1024;
const levels: readonly ReadLevel[] = ["items", "check", "skip", "raw"];

/** Lengths that no file has, in the form that a file would have them in. */
const hugeLengths: readonly (readonly [string, readonly number[]])[] = [
  ["2^31", [0x80, 0x80, 0, 0, 0]],
  ["2^32 - 1", [0x80, 0xff, 0xff, 0xff, 0xff]],
  ["2^53 - 1", [0x81, ...uint64(2 ** 53 - 1)]],
  ["2^62", [0x81, 0x40, 0, 0, 0, 0, 0, 0, 0]],
  ["2^64 - 1", [0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]],
];

describe("a hostile length", () => {
  // Not every byte is a length. Put in the place of each byte, a huge length stands in the place of each length.
  for (const fixture of listFixtures("rdb/hex", ".hex")) {
    const bytes = readHexFixture(fixture.path);
    if (bytes.length > smallFileBytesMax) continue;
    it(`anywhere in ${fixture.name} costs neither memory nor time`, () => {
      for (const [index, [, length]] of hugeLengths.entries()) {
        for (let at = 9; at < bytes.length; at += 1) {
          const level = levels[(at + index) % levels.length];
          expectBounded(replaced(bytes, at, length), level);
        }
      }
    });
  }

  it("in a packed encoding costs neither memory nor time", () => {
    const header = Buffer.from("REDIS0011");
    const four = [0xff, 0xff, 0xff, 0xff];
    const packed: readonly (readonly [string, number, readonly number[]])[] = [
      ["listpack of 4 GB", 16, [...four, 2, 0, 0x81, 0x66, 2, 0x81, 0x76, 2, 0xff]],
      ["listpack entry of 4 GB", 16, [14, 0, 0, 0, 1, 0, 0xf0, ...four, 0x61, 6, 0xff]],
      ["listpack of 65535 entries", 16, [13, 0, 0, 0, 0xfe, 0xff, 0x81, 0x66, 2, 0x81, 0x76, 2, 0xff]],
      ["ziplist of 4 GB", 13, [...four, 10, 0, 0, 0, 2, 0, 0, 1, 0x66, 3, 1, 0x76, 0xff]],
      ["ziplist entry of 4 GB", 10, [17, 0, 0, 0, 10, 0, 0, 0, 1, 0, 0, 0x80, ...four, 0xff]],
      ["intset of 2^32 - 1 integers", 11, [2, 0, 0, 0, ...four, 1, 0]],
      ["zipmap field of 4 GB", 9, [1, 0xfe, ...four, 0x66, 1, 0, 0x76, 0xff]],
    ];
    for (const [name, type, body] of packed) {
      const file = Uint8Array.from([...header, type, 1, 0x6b, body.length, ...body, 0xff, ...uint64(0)]);
      for (const level of ["items", "check"] as const) {
        const run = runOf([file], { level, totalBytes: file.length });
        expect(run.error?.code ?? run.damage[0], name).toMatch(/^RDB_BAD_/);
      }
    }
  });

  it("of LZF output that the input cannot make is a lie, told before anything is allocated", () => {
    const file = [
      ...Buffer.from("REDIS0011"),
      0,
      1,
      0x6b,
      0xc3,
      4,
      0x81,
      ...uint64(2 ** 40),
      0,
      0x61,
      0x20,
      0,
    ];
    const { error } = runOf([Uint8Array.from(file)], {});
    expect([error?.code, error?.offset]).toEqual(["RDB_BAD_LZF", 12]);
  });

  it("of a value that may be true is waited for, not allocated", () => {
    const before = process.memoryUsage().arrayBuffers;
    for (const type of [1, 2, 4, 5, 14, 18, 21]) {
      const file = [...Buffer.from("REDIS0011"), type, 1, 0x6b, 0x81, ...uint64(2 ** 53 - 1)];
      const { error } = runOf([Uint8Array.from(file)], {});
      expect([type, error?.code, error?.offset]).toEqual([type, "RDB_TRUNCATED", file.length]);
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(growthMaxBytes);
  });
});

function replaced(bytes: Uint8Array, at: number, length: readonly number[]): Uint8Array {
  return Uint8Array.from([...bytes.subarray(0, at), ...length, ...bytes.subarray(at + 1)]);
}

/** Ends in whatever way it likes that has a type, and asks for no more memory than a file of this size is worth. */
function expectBounded(bytes: Uint8Array, level: ReadLevel): void {
  const options: readonly RdbDecoderOptions[] = [{ level }, { level, totalBytes: bytes.length }];
  for (const option of options) {
    const before = process.memoryUsage().arrayBuffers;
    const run = runOf([bytes], option);
    const growth = process.memoryUsage().arrayBuffers - before;
    if (growth > growthMaxBytes) expect(growth, run.error?.message).toBeLessThan(growthMaxBytes);
  }
}

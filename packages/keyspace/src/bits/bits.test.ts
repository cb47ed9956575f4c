/** Bits of strings. The golden BITFIELD is from Redis 7.0; random commands are held against six servers in test/. */
import { seededRandom, testSeed } from "@holdfast/testkit";
import { expect, test } from "vitest";
import { type BitOperation, bitOperationOf, combineBits, setBit, sourceCounts } from "./bit-operations.ts";
import { applyBitfield, bitfieldSize, parseBitfield } from "./bitfield.ts";

const words = (line: string) => line.split(" ").map((word) => Buffer.from(word));

test("BITFIELD leaves the bytes that a server has", () => {
  const writes = parseBitfield(
    words("SET i5 3 -7 OVERFLOW SAT INCRBY u4 #3 99 SET u63 20 123456789012345678"),
  )!;
  const bytes = new Uint8Array(bitfieldSize(writes));
  applyBitfield(bytes, writes);
  expect(Buffer.from(bytes).toString("hex")).toBe("190f0036d36974c61e69c0");
});

test("an overflow wraps, stays at the limit, or writes nothing", () => {
  const after = (line: string) => {
    const bytes = Uint8Array.of(0xff, 0x7f, 0x80);
    applyBitfield(bytes, parseBitfield(words(line))!);
    return Buffer.from(bytes).toString("hex");
  };
  expect(after("INCRBY u8 0 3")).toBe("027f80");
  expect(after("OVERFLOW SAT INCRBY u8 0 3 INCRBY i8 8 1 INCRBY i8 16 -1")).toBe("ff7f80");
  expect(after("OVERFLOW FAIL INCRBY u8 0 1 OVERFLOW WRAP INCRBY i8 8 1")).toBe("ff8080");
  expect(after("OVERFLOW SAT SET u8 0 -1 SET i8 8 -1000")).toBe("ff8080");
  expect(after("GET u8 0")).toBe("ff7f80");
});

test("arguments that a server refuses are no writes", () => {
  const refused = [
    "SET i65 0 1",
    "SET u64 0 1",
    "SET i0 0 1",
    "SET I8 0 1",
    "SET i8 -1 1",
    "SET i8 0 x",
    "SET i8 0",
    "OVERFLOW LATER",
    "PUT i8 0 1",
    "SET i8 #9223372036854775807 1",
  ];
  for (const line of refused) expect(parseBitfield(words(line)), line).toBeUndefined();
  expect(parseBitfield(words("GET i64 7"))).toEqual([]);
});

test("BITOP is what it is bit by bit, whatever the lengths", () => {
  const rules: Record<BitOperation, (first: boolean, others: boolean[]) => boolean> = {
    and: (first, others) => first && others.every(Boolean),
    or: (first, others) => first || others.some(Boolean),
    xor: (first, others) => others.reduce((odd, bit) => odd !== bit, first),
    not: (first) => !first,
    diff: (first, others) => first && !others.some(Boolean),
    diff1: (first, others) => !first && others.some(Boolean),
    andor: (first, others) => first && others.some(Boolean),
    one: (first, others) => [first, ...others].filter(Boolean).length === 1,
  };
  const random = seededRandom(testSeed());
  const bitOf = (bytes: Uint8Array, bit: number) => (((bytes[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1) === 1;
  for (const [name, rule] of Object.entries(rules)) {
    const operation = bitOperationOf(name.toUpperCase())!;
    const [fewest, most] = sourceCounts(operation);
    for (let round = 0; round < 40; round++) {
      const count = Math.min(most, fewest + random.below(3));
      const sources = Array.from({ length: count }, () => random.bytes(random.below(9)));
      const result = combineBits(operation, sources);
      expect(result.length).toBe(Math.max(...sources.map(({ length }) => length)));
      for (let bit = 0; bit < result.length * 8; bit++) {
        const [first, ...others] = sources.map((source) => bitOf(source, bit));
        expect(bitOf(result, bit), `${name} bit ${bit}`).toBe(rule(first, others));
      }
    }
  }
  expect(bitOperationOf("NAND")).toBeUndefined();
});

test("a bit is set and cleared where it is", () => {
  const bytes = Uint8Array.of(0, 0xff);
  setBit(bytes, 0, true);
  setBit(bytes, 15, false);
  expect([...bytes]).toEqual([0x80, 0xfe]);
});

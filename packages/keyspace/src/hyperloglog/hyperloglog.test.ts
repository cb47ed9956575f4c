/** HyperLogLogs: golden bytes are from Redis 7.0; random ones are held against six servers in test/. */
import { seededRandom, testSeed } from "@holdfast/testkit";
import { expect, test } from "vitest";
import { denseBytes, headerBytes, registerCount, sparseBytesMaxDefault } from "./format.ts";
import { HyperLogLog, isHyperLogLog } from "./hyperloglog.ts";
import { Murmur64 } from "./murmur64.ts";

const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const empty = () => new HyperLogLog(undefined, sparseBytesMaxDefault);

test("an empty one, three elements and their count are the bytes of a server", () => {
  const made = empty();
  made.forgetCardinality();
  expect(hexOf(made.bytes)).toBe("48594c4c0100000000000000000000807fff");
  const found = empty();
  for (const element of ["a", "b", "c"]) expect(found.add(Buffer.from(element))).toBe(true);
  expect(found.add(Buffer.from("b"))).toBe(false);
  found.forgetCardinality();
  expect(hexOf(found.bytes)).toBe("48594c4c01000000000000000000008060f38050b1844bfb80425a");
  expect(found.refreshCardinality()).toBe(true);
  expect(hexOf(found.bytes)).toBe("48594c4c01000000030000000000000060f38050b1844bfb80425a");
  expect(found.refreshCardinality()).toBe(false);
});

test("sparse and dense hold the same registers, and the estimate is near", () => {
  const random = seededRandom(testSeed());
  const sparse = empty();
  const dense = empty();
  dense.makeDense();
  for (let count = 1; count <= 2000; count++) {
    const element = random.bytes(12);
    expect(sparse.add(element)).toBe(dense.add(element));
  }
  const registers = [sparse, dense].map((one) => {
    const taken = new Uint8Array(registerCount);
    expect(one.mergeInto(taken)).toBe(true);
    return hexOf(taken);
  });
  expect(registers[0]).toBe(registers[1]);
  dense.forgetCardinality();
  dense.refreshCardinality();
  const estimate = Number(new DataView(dense.bytes.buffer).getBigUint64(8, true));
  expect(Math.abs(estimate - 2000)).toBeLessThan(2000 * 0.05);
});

test("a register past 32, or too many bytes, make it dense", () => {
  const high = empty();
  high.raise(7, 33);
  expect(high.isDense).toBe(true);
  const full = new HyperLogLog(undefined, headerBytes + 30);
  for (let register = 0; !full.isDense; register += 100) full.raise(register, 5);
  expect(full.bytes.length).toBe(denseBytes);
});

test("what is no HyperLogLog is told from one, and torn runs are told from sound ones", () => {
  const sound = empty().bytes;
  expect(isHyperLogLog(sound)).toBe(true);
  expect(isHyperLogLog(sound.subarray(0, 15))).toBe(false);
  expect(isHyperLogLog(Uint8Array.from(sound, (byte, at) => (at === 0 ? 0x49 : byte)))).toBe(false);
  expect(isHyperLogLog(Uint8Array.from(sound, (byte, at) => (at === 4 ? 0 : byte)))).toBe(false);
  expect(isHyperLogLog(Uint8Array.from(sound, (byte, at) => (at === 4 ? 2 : byte)))).toBe(false);
  const torn = new HyperLogLog(Uint8Array.of(...sound.subarray(0, headerBytes), 0x40, 0x10), 3000);
  expect(torn.raise(16000, 3)).toBeUndefined();
  expect(torn.makeDense()).toBe(false);
  torn.forgetCardinality();
  expect(torn.refreshCardinality()).toBeUndefined();
});

test("the hash is the same as 64-bit arithmetic makes it", () => {
  const random = seededRandom(testSeed());
  const hash = new Murmur64();
  for (let round = 0; round < 300; round++) {
    const bytes = random.bytes(random.below(40));
    hash.hash(bytes);
    expect((BigInt(hash.high) << 32n) | BigInt(hash.low)).toBe(plainMurmur(bytes));
  }
});

/** The definition, number by number. */
function plainMurmur(bytes: Uint8Array): bigint {
  const factor = 0xc6a4a7935bd1e995n;
  const times = (value: bigint) => BigInt.asUintN(64, value * factor);
  const fold = (value: bigint) => value ^ (value >> 47n);
  const number = (part: Uint8Array) => part.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  let hash = 0xadc83b19n ^ times(BigInt(bytes.length));
  let at = 0;
  for (; at + 8 <= bytes.length; at += 8)
    hash = times(hash ^ times(fold(times(number(bytes.subarray(at, at + 8))))));
  if (at < bytes.length) hash = times(hash ^ number(bytes.subarray(at)));
  return fold(times(fold(hash)));
}

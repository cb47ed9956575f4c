/** DUMP payloads that real servers answered: ours for the same value and server must be the same bytes. */
import {
  collectEntries,
  decodeDumpPayload,
  encodeDumpValue,
  rdbTarget,
  refootDumpPayload,
} from "@holdfast/rdb";
import { parseHex } from "@holdfast/testkit";
import { describe, expect, it } from "vitest";
import { contentOfEntry } from "./same-content.ts";

/** Read off live servers with DUMP. */
const vectors: readonly (readonly [what: string, server: string, hex: string])[] = [
  ["the string 10", "redis-6.0", "00 c00a 0900 be6d06895a28000a"],
  ["the string 10", "redis-7.0", "00 c00a 0a00 6e9f57450eae63bb"],
  ["the string 10", "redis-8.0", "00 c00a 0c00 a5e96385f484fdf2"],
  ["the string 10", "valkey-9.1", "00 c00a 5000 a1b59ed490fc044f"],
  ["a list", "redis-6.0", "0e01 14 140000000f0000000300 00 0161 03 f2 02 c078ec ff 0900 6b0e27f8d1f0f884"],
  ["a list", "redis-7.0", "1201 02 10 100000000300 8161 02 0101 f178ec 03 ff 0a00 be747725a27199b2"],
  ["a set of integers", "redis-7.0", "0b 0c 02000000 02000000 0100 2c01 0a00 2908af514178a513"],
  ["a set of texts", "redis-8.0", "14 0d 0d0000000200 817802 817902 ff 0c00 be39d2d8d04de04a"],
  [
    "a sorted set",
    "redis-7.0",
    "11 17 170000000400 816102 83312e3504 816202 83696e6604 ff 0a00 cbfa382510d6d632",
  ],
  [
    "a hash with a field that expires",
    "redis-8.0",
    "19 00d8c32cbb030000 1f 1f0000000600 816702 817702 f400d8c32cbb03000009 816602 817602 0001 ff 0c00 ad017f051da4aad5",
  ],
  [
    "a hash with a field that expires",
    "valkey-9.1",
    "16 02 0166 0176 ffffffffffffffff 0167 0177 00d8c32cbb030000 5000 32c7385dc933de7e",
  ],
];

const mustNotLose = () => {
  throw new Error("something was lost");
};

describe.each(vectors)("%s as %s dumps it", (what, server, hex) => {
  const payload = parseHex(hex);
  const target = rdbTarget(server)!;

  it("is what we make of its value", () => {
    const copy = encodeDumpValue(decodeDumpPayload(payload), { target, onLoss: mustNotLose });
    expect(copy).toEqual(payload);
  });

  it("can be made of what the other servers dump", () => {
    for (const [, , other] of vectors.filter(([value]) => value === what)) {
      const made = encodeDumpValue(decodeDumpPayload(parseHex(other)), { target, onLoss: mustNotLose })!;
      const [ours] = collectEntries(decodeDumpPayload(made), { limitBytes: 1000 });
      const [theirs] = collectEntries(decodeDumpPayload(payload), { limitBytes: 1000 });
      expect(contentOfEntry(ours)).toEqual(contentOfEntry(theirs));
    }
  });
});

describe("a payload with another footer", () => {
  it("is what the other server dumps, where the type allows it", () => {
    const strings = vectors.filter(([value]) => value === "the string 10");
    for (const [, , from] of strings)
      for (const [, server, to] of strings)
        expect(refootDumpPayload(parseHex(from), rdbTarget(server)!)).toEqual(parseHex(to));
  });

  it("is refused where the target does not read the type", () => {
    const listpackHash = parseHex(vectors[9][2]);
    for (const server of ["redis-7.2", "valkey-9.1"])
      expect(refootDumpPayload(listpackHash, rdbTarget(server)!)).toBeUndefined();
    expect(refootDumpPayload(listpackHash, rdbTarget("redis-7.4")!)).toEqual(listpackHash);
  });
});

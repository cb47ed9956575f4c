import { readFileSync } from "node:fs";
import { fixturePath, seededRandom, testSeed } from "@holdfast/testkit";
import { describe, expect, test } from "vitest";
import { decodeRdbBytes } from "../streams.ts";
import { sha1Text } from "./sha1.ts";
import { VectorSetDigest } from "./vector-set-digest.ts";

/** The vector sets of a real server as they are stored, by name. What they come to is held against servers in digest-servers.test.ts. */
const stored = new Map<string, Uint8Array>();
let name = "";
for (const event of decodeRdbBytes(readFileSync(fixturePath("rdb", "redis-8.6-vectors.rdb")))) {
  if (event.kind === "key") name = Buffer.from(event.key).toString("latin1");
  if ((event.kind !== "key" && event.kind !== "items") || event.items.of !== "opaque") continue;
  stored.set(name, Uint8Array.from([...(stored.get(name) ?? []), ...event.items.bytes]));
}

function digestOf(pieces: Iterable<Uint8Array>): string | undefined {
  const digest = new VectorSetDigest();
  for (const piece of pieces) {
    const borrowed = Uint8Array.from(piece);
    digest.push(borrowed);
    borrowed.fill(0xdb);
  }
  return digest.isKnown ? sha1Text(digest.words) : undefined;
}

function* cut(bytes: Uint8Array, sizeOf: () => number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; ) {
    const size = sizeOf();
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

describe.each([...stored].filter(([, bytes]) => bytes.length < 8_000))("the vector set %s", (_, bytes) => {
  test("has the same digest however its bytes come", () => {
    const whole = digestOf([bytes]);
    expect(whole).toMatch(/^[0-9a-f]{40}$/);
    expect(digestOf(cut(bytes, () => 1))).toBe(whole);
    const random = seededRandom(testSeed());
    expect(digestOf(cut(bytes, () => 1 + random.below(300)))).toBe(whole);
  });

  test("has none while a byte is missing, or with one too many", () => {
    expect(digestOf([bytes.subarray(0, -1)])).toBeUndefined();
    expect(digestOf([bytes, Uint8Array.of(0)])).toBeUndefined();
  });

  test("has none under another module's name or version, or with opcodes of another order", () => {
    for (const at of [1, 8, 9]) {
      const other = bytes.slice();
      other[at] ^= 1;
      expect(digestOf([other])).toBeUndefined();
    }
  });
});

test("there are vector sets of every quantisation", () => {
  expect(stored.size).toBeGreaterThan(3);
});

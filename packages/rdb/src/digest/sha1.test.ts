import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { Sha1, sha1Text } from "./sha1.ts";

function oracle(bytes: Uint8Array): string {
  return createHash("sha1").update(bytes).digest("hex");
}

test("a string of every size around one and two blocks has the digest that node:crypto has", () => {
  const sha = new Sha1();
  for (let size = 0; size < 200; size++) {
    const bytes = Uint8Array.from({ length: size + 3 }, (_, index) => index * 37 + size);
    sha.hash(bytes, 2, 2 + size);
    expect(sha1Text(sha.words), String(size)).toBe(oracle(bytes.subarray(2, 2 + size)));
  }
});

test("a message in pieces has the digest of the whole", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 150 }), { maxLength: 6 }), (pieces) => {
      const sha = new Sha1();
      sha.begin();
      for (const piece of pieces) sha.update(piece);
      sha.finish();
      expect(sha1Text(sha.words)).toBe(oracle(Buffer.concat(pieces)));
    }),
  );
});

test("a digest is hashed as its twenty bytes", () => {
  const sha = new Sha1();
  sha.hash(Buffer.from("abc"), 0, 3);
  const first = sha1Text(sha.words);
  expect(first).toBe("a9993e364706816aba3e25717850c26c9cd0d89d");
  sha.hashWords(sha.words);
  expect(sha1Text(sha.words)).toBe(oracle(Buffer.from(first, "hex")));
});

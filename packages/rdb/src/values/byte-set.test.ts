import { seededRandom, testSeed } from "@holdfast/testkit";
import { describe, expect, it } from "vitest";
import { ByteSet } from "./byte-set.ts";

const amplyBytes = 1 << 24;

function added(set: ByteSet, text: string): boolean {
  const bytes = Buffer.from(`..${text}.`, "latin1");
  return set.add(bytes, 2, bytes.length - 1);
}

function has(set: ByteSet, text: string): boolean {
  const bytes = Buffer.from(text, "latin1");
  return set.has(bytes, 0, bytes.length);
}

describe("a set of byte strings", () => {
  it("agrees with a set of text, through growth and emptying", () => {
    const random = seededRandom(testSeed());
    const set = new ByteSet(amplyBytes);
    for (let round = 0; round < 4; round += 1) {
      const model = new Set<string>();
      for (let step = 0; step < 5000; step += 1) {
        const text = Buffer.from(random.bytes(random.below(4))).toString("latin1");
        expect(added(set, text)).toBe(!model.has(text));
        model.add(text);
        expect(has(set, text)).toBe(true);
      }
      expect([set.size, set.isComplete]).toEqual([model.size, true]);
      expect(has(set, "not there")).toBe(false);
      set.clear();
      expect([set.size, has(set, "")]).toEqual([0, false]);
    }
  });

  it("keeps copies: what was added may change", () => {
    const set = new ByteSet(amplyBytes);
    const bytes = Buffer.from("abc");
    set.add(bytes, 0, 3);
    bytes.fill(0);
    expect([has(set, "abc"), has(set, "\0\0\0")]).toEqual([true, false]);
  });

  it("tells the empty string and strings that begin alike apart", () => {
    const set = new ByteSet(amplyBytes);
    for (const text of ["", "a", "aa", "ab", "\0", "\0\0"]) expect(added(set, text)).toBe(true);
    for (const text of ["", "a", "aa", "ab", "\0", "\0\0"]) expect(added(set, text)).toBe(false);
  });

  it("finds the first that fits, in the order of adding", () => {
    const set = new ByteSet(amplyBytes);
    for (const text of ["one", "two", "three"]) added(set, text);
    expect(set.findIndex((bytes) => bytes[0] === 0x74)).toBe(1);
    expect(set.findIndex(() => false)).toBe(-1);
  });

  it("stops at its limit, says so, and is complete again when emptied", () => {
    const set = new ByteSet(4096);
    for (let index = 0; index < 2000; index += 1) expect(added(set, `member ${index}`)).toBe(true);
    expect(set.isComplete).toBe(false);
    expect(set.size).toBeLessThan(2000);
    expect(added(set, "member 0")).toBe(false);
    set.clear();
    expect([set.isComplete, set.size]).toEqual([true, 0]);
  });
});

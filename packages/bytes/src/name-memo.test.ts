import { expect, it } from "vitest";
import { NameMemo } from "./name-memo.ts";

it("says what the table says, for names that share slots, spellings and beginnings", () => {
  let state = 1;
  const below = (limit: number) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return (state >>> 8) % limit;
  };
  const numberOf = (name: Uint8Array) =>
    name.reduce((sum, byte) => (Math.imul(sum, 31) + byte) | 0, 1 + name.length);
  let asked = 0;
  const memo = new NameMemo((buffer, start, size) => {
    asked += 1;
    return numberOf(buffer.subarray(start, start + size));
  });
  const count = 20_000;
  const bytes = [0, 0x53, 0x73, 0x45, 0xff];
  for (let turn = 0; turn < count; turn++) {
    const name = Uint8Array.from({ length: below(19) }, () => bytes[below(bytes.length)]);
    const before = below(4);
    const buffer = new Uint8Array(before + name.length + below(3)).fill(0x41);
    buffer.set(name, before);
    expect(memo.find(buffer, before, name.length)).toBe(numberOf(name));
  }
  expect(asked).toBeLessThan(count);
});

it("asks the table once for what comes again", () => {
  let asked = 0;
  const memo = new NameMemo(() => {
    asked += 1;
    return 7;
  });
  const log = Buffer.from("SETset");
  for (let turn = 0; turn < 100; turn++) expect(memo.find(log, turn % 2 === 0 ? 0 : 3, 3)).toBe(7);
  expect(asked).toBe(2);
});

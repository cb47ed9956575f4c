import { parseHex } from "@holdfast/testkit";
import { describe, expect, it } from "vitest";
import { RdbFormatError } from "./errors.ts";
import { decodeRdb, decodeRdbBytes } from "./streams.ts";

const manyKeys = Buffer.concat([
  parseHex("52 45 44 49 53 30 30 31 31"),
  ...Array.from({ length: 3000 }, (_, index) =>
    Buffer.from([0, 0xc1, 0, 0, 1, 0x76].with(2, index & 255).with(3, index >> 8)),
  ),
  parseHex("FF 00*8"),
]);

async function* source(...chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

describe("the async skin", () => {
  it("hands over batches of at most 1024 events, all in order", async () => {
    const sizes: number[] = [];
    const kinds: string[] = [];
    for await (const batch of decodeRdb(source(manyKeys))) {
      sizes.push(batch.length);
      kinds.push(...batch.map(({ kind }) => kind));
    }
    expect(Math.max(...sizes)).toBe(1024);
    expect(kinds).toEqual([...decodeRdbBytes(manyKeys)].map(({ kind }) => kind));
    expect(kinds.length).toBe(3002);
  });

  it("hands over nothing for a chunk that completes nothing", async () => {
    const batches: number[] = [];
    const chunks = Array.from(manyKeys.subarray(0, 15), (byte) => Uint8Array.of(byte));
    try {
      for await (const batch of decodeRdb(source(...chunks))) batches.push(batch.length);
    } catch (error) {
      expect(error).toMatchObject({ code: "RDB_TRUNCATED", offset: 15 });
    }
    expect(batches).toEqual([1, 1]);
  });

  it("hands over what was read before an error, then throws it", async () => {
    const damaged = Buffer.concat([
      manyKeys.subarray(0, 9 + 6 * 1500),
      Uint8Array.of(0xc8),
      Buffer.alloc(40),
    ]);
    let events = 0;
    let failure: unknown;
    try {
      for await (const batch of decodeRdb(source(damaged))) events += batch.length;
    } catch (error) {
      failure = error;
    }
    expect(events).toBe(1501);
    expect(failure).toBeInstanceOf(RdbFormatError);
    expect(failure).toMatchObject({ code: "RDB_UNKNOWN_TYPE", offset: 9 + 6 * 1500 });
  });

  it("ends at once when its reader does, without reading on", async () => {
    let pulled = 0;
    const endless = async function* (): AsyncGenerator<Uint8Array> {
      for (; ; pulled += 1) yield pulled === 0 ? manyKeys.subarray(0, 9) : parseHex("FE 01");
    };
    for await (const batch of decodeRdb(endless())) if (batch[0].kind === "select-db") break;
    expect(pulled).toBe(1);
  });

  it("of bytes in hand knows their size: announced sizes are held against it", () => {
    const cut = parseHex("52 45 44 49 53 30 30 31 31 00 01 6B 80 7F FF FF FF 61");
    const events: string[] = [];
    expect(() => {
      for (const { kind } of decodeRdbBytes(cut)) events.push(kind);
    }).toThrow("2147483647 bytes announced, 1 are left");
    expect(events).toEqual(["header"]);
  });
});

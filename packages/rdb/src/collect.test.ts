import { parseHex } from "@holdfast/testkit";
import { describe, expect, it } from "vitest";
import { collectEntries, RdbEntryTooLarge } from "./collect.ts";
import { RdbDecoder } from "./decoder.ts";
import type { RdbEvent } from "./events.ts";
import { decodeRdbBytes } from "./streams.ts";

const file = parseHex(
  "52 45 44 49 53 30 30 31 31 FA 01 61 01 62 FE 02 00 01 6B 03 61 62 63 01 01 6C 03 01 78 01 79 01 7A FF 00*8",
);

describe("entries", () => {
  it("are whole and owned, however small the batches are", () => {
    const decoder = new RdbDecoder({ poison: true, batchItems: 1 });
    const events = function* (): Generator<RdbEvent> {
      for (const byte of file) {
        decoder.push(Uint8Array.of(byte));
        for (let event = decoder.next(); event !== undefined; event = decoder.next()) yield event;
      }
    };
    const entries = [...collectEntries(events(), { limitBytes: 100 })];
    expect(entries).toMatchObject([
      { db: 2, key: parseHex("6B"), type: "string", itemCount: 1, value: { bytes: parseHex("61 62 63") } },
      {
        db: 2,
        key: parseHex("6C"),
        type: "list",
        itemCount: 3,
        value: { of: "elements", elements: [parseHex("78"), parseHex("79"), parseHex("7A")] },
      },
    ]);
  });

  it("above the limit are refused, with the key", () => {
    expect([...collectEntries(decodeRdbBytes(file), { limitBytes: 3 })].length).toBe(2);
    const collect = () => [...collectEntries(decodeRdbBytes(file), { limitBytes: 2 })];
    expect(collect).toThrow(RdbEntryTooLarge);
    expect(collect).toThrow(expect.objectContaining({ key: parseHex("6B"), limitBytes: 2 }));
  });

  it("of level raw are the value's bytes as stored", () => {
    const entries = [...collectEntries(decodeRdbBytes(file, { level: "raw" }), { limitBytes: 100 })];
    expect(entries.map(({ value }) => value)).toEqual([
      { of: "opaque", bytes: parseHex("03 61 62 63") },
      { of: "opaque", bytes: parseHex("03 01 78 01 79 01 7A") },
    ]);
  });
});

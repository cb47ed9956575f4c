import { parseHex } from "@holdfast/testkit";
import { describe, expect, it } from "vitest";
import type { Damage } from "../errors.ts";
import { PackedReader, statedPackedCount } from "./packed-reader.ts";
import { validateZiplist } from "./ziplist.ts";

/** Total, place of the last entry and count in front of these entries. */
function ziplist(entries: readonly string[], count = entries.length): Uint8Array {
  const bodies = entries.map((hex) => parseHex(hex));
  const body = Buffer.concat(bodies);
  const head = Buffer.alloc(10);
  head.writeUInt32LE(body.length + 11);
  head.writeUInt32LE(10 + body.length - (bodies.at(-1)?.length ?? 0), 4);
  head.writeUInt16LE(count, 8);
  return Uint8Array.from([...head, ...body, 0xff]);
}

function entriesOf(bytes: Uint8Array): (number | bigint | string)[] {
  const reader = new PackedReader();
  reader.open("ziplist", bytes, 0, validateZiplist(bytes, 0, bytes.length, 0));
  const entries: (number | bigint | string)[] = [];
  while (reader.left > 0) {
    reader.next();
    entries.push(reader.isInteger ? reader.integer : Buffer.from(reader.text().view()).toString("latin1"));
  }
  return entries;
}

const forms: readonly (readonly [string, number | bigint | string])[] = [
  ["00 F1", 0],
  ["00 FD", 12],
  ["00 FE 80", -128],
  ["00 FE 7F", 127],
  ["00 C0 00 80", -32768],
  ["00 F0 FF FF 7F", 8388607],
  ["00 F0 00 00 80", -8388608],
  ["00 D0 00 00 00 80", -2147483648],
  ["00 E0 FF*7 7F", 2n ** 63n - 1n],
  ["00 00", ""],
  ["00 3F 61*63", "a".repeat(63)],
  ["00 40 40 61*64", "a".repeat(64)],
  ["00 7F FF 61*16383", "a".repeat(16383)],
  ["00 80 00 00 40 00 61*16384", "a".repeat(16384)],
  ["00 80 00 00 00 02 61 61", "aa"],
];

describe("a ziplist", () => {
  for (const [hex, value] of forms) {
    it(`has ${hex.slice(0, 20)} for ${String(value).slice(0, 24)}`, () => {
      expect(entriesOf(ziplist([hex]))).toEqual([value]);
    });
  }

  it("has the size of the entry before in one byte, or in five", () => {
    expect(entriesOf(ziplist(["00 01 61", "03 F3"]))).toEqual(["a", 2]);
    expect(entriesOf(ziplist(["00 01 61", "FE 03 00 00 00 F3"]))).toEqual(["a", 2]);
    expect(entriesOf(ziplist(["00 40 FE 61*254", "FE 01 01 00 00 F3", "06 F1"]))).toEqual([
      "a".repeat(254),
      2,
      0,
    ]);
  });

  it("counts up to 65534; 65535 means that one has to walk", () => {
    const bytes = ziplist(["00 F3"], 65535);
    expect(entriesOf(bytes)).toEqual([2]);
    expect(statedPackedCount("ziplist", bytes, 0, bytes.length)).toBe(undefined);
  });

  it("is damaged when header, entries or end do not fit", () => {
    const shifted = ziplist(["00 F3", "02 F4"]);
    shifted[4] = 10;
    const damaged: readonly (readonly [Uint8Array, RegExp])[] = [
      [parseHex("0A 00 00 00 0A 00 00 00 00 00"), /only 10 bytes/],
      [parseHex("0C 00 00 00 0A 00 00 00 00 00 FF"), /says 12 bytes, has 11/],
      [parseHex("0B 00 00 00 0A 00 00 00 00 00 FE"), /does not end with FF/],
      [ziplist(["00 F3"], 2), /says 2 entries, found 1/],
      [ziplist(["00 F3", "03 F3"]), /previous entry has 2 bytes, not 3 \(byte 12 /],
      [ziplist(["00 C1 00 00"]), /is no encoding/],
      [ziplist(["00 FF"]), /is no encoding/],
      [ziplist(["00 05 61"]), /behind the end/],
      [ziplist(["00 80 FF FF FF FF 61"]), /behind the end/],
      [ziplist(["00"]), /behind the end/],
      [shifted, /last entry is at 12, the header says 10/],
    ];
    for (const [bytes, detail] of damaged) {
      const damage = failureOf(bytes) as Damage;
      expect([damage.code, damage.at, damage.detail]).toEqual([
        "RDB_BAD_ZIPLIST",
        5,
        expect.stringMatching(detail),
      ]);
    }
  });
});

function failureOf(bytes: Uint8Array): unknown {
  try {
    return validateZiplist(bytes, 0, bytes.length, 5);
  } catch (error) {
    return error;
  }
}

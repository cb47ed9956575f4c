import { parseHex } from "@holdfast/testkit";
import { describe, expect, it } from "vitest";
import type { Damage } from "../errors.ts";
import { validateListpack } from "./listpack.ts";
import { PackedReader, statedPackedCount } from "./packed-reader.ts";

/** Total and count in front of these entries. */
function listpack(entries: string, count: number): Uint8Array {
  const body = parseHex(entries);
  const head = Buffer.alloc(6);
  head.writeUInt32LE(body.length + 7);
  head.writeUInt16LE(count, 4);
  return Uint8Array.from([...head, ...body, 0xff]);
}

function entriesOf(bytes: Uint8Array): (number | bigint | string)[] {
  const reader = new PackedReader();
  reader.open("listpack", bytes, 0, validateListpack(bytes, 0, bytes.length, 0));
  const entries: (number | bigint | string)[] = [];
  while (reader.left > 0) {
    reader.next();
    entries.push(reader.isInteger ? reader.integer : Buffer.from(reader.text().view()).toString("latin1"));
  }
  return entries;
}

function failureOf(bytes: Uint8Array): unknown {
  try {
    return validateListpack(bytes, 0, bytes.length, 77);
  } catch (error) {
    return error;
  }
}

const forms: readonly (readonly [string, number | bigint | string])[] = [
  ["00 01", 0],
  ["7F 01", 127],
  ["C0 80 02", 128],
  ["CF FF 02", 4095],
  ["D0 00 02", -4096],
  ["DF FF 02", -1],
  ["F1 FF 7F 03", 32767],
  ["F1 00 80 03", -32768],
  ["F2 FF FF 7F 04", 8388607],
  ["F2 00 00 80 04", -8388608],
  ["F3 FF FF FF 7F 05", 2147483647],
  ["F3 00 00 00 80 05", -2147483648],
  ["F4 FF*7 7F 09", 2n ** 63n - 1n],
  ["F4 00*7 80 09", -(2n ** 63n)],
  ["80 01", ""],
  ["81 61 02", "a"],
  ["BF 61*63 40", "a".repeat(63)],
  ["E0 40 61*64 42", "a".repeat(64)],
  ["E0 7E 61*126 01 80", "a".repeat(126)],
  ["EF FF 61*4095 20 81", "a".repeat(4095)],
  ["F0 00 10 00 00 61*4096 20 85", "a".repeat(4096)],
  ["F0 03 00 00 00 61*3 08", "aaa"],
];

describe("a listpack", () => {
  for (const [hex, value] of forms) {
    it(`has ${hex.slice(0, 20)} for ${String(value).slice(0, 24)}`, () => {
      expect(entriesOf(listpack(hex, 1))).toEqual([value]);
      expect(entriesOf(listpack(`${hex} 05 01`, 2))).toEqual([value, 5]);
    });
  }

  it("counts up to 65534; 65535 means that one has to walk", () => {
    const bytes = listpack("05 01", 65535);
    expect(entriesOf(bytes)).toEqual([5]);
    expect(statedPackedCount("listpack", bytes, 0, bytes.length)).toBe(undefined);
    expect(statedPackedCount("listpack", listpack("05 01", 1), 0, 6)).toBe(1);
    expect(statedPackedCount("listpack", listpack("05 01", 1), 0, 5)).toBe(undefined);
  });

  it("takes a back length of 16383 in two bytes or in three, as servers disagree", () => {
    const text = "F0 FA 3F 00 00 61*16378";
    for (const back of ["7F FF", "00 FF FF"])
      expect(entriesOf(listpack(`${text} ${back}`, 1))).toEqual(["a".repeat(16378)]);
  });

  it("can be empty", () => {
    expect(entriesOf(listpack("", 0))).toEqual([]);
  });

  it("is damaged when header, entries or end do not fit, and the text has the inner place", () => {
    const damaged: readonly (readonly [Uint8Array, RegExp])[] = [
      [parseHex("07 00 00 00 00 00"), /only 6 bytes/],
      [parseHex("08 00 00 00 00 00 FF"), /says 8 bytes, has 7/],
      [parseHex("07 00 00 00 00 00 FE"), /does not end with FF/],
      [listpack("05 01", 2), /says 2 entries, found 1/],
      [listpack("F5 01", 1), /begins no entry \(byte 6 /],
      [listpack("05 01 FF 01", 2), /begins no entry \(byte 8 /],
      [listpack("05 02", 1), /back length does not say 1 \(byte 7 /],
      [listpack("82 61 02", 1), /behind the end \(byte 6 /],
      [listpack("F0 FF FF FF FF 61 06", 1), /behind the end/],
      [listpack("F4 00 00", 1), /behind the end/],
      [listpack("05", 1), /behind the end/],
      [listpack("E0 7E 61*126 81 80", 1), /back length/],
    ];
    for (const [bytes, detail] of damaged) {
      const damage = failureOf(bytes) as Damage;
      expect([damage.code, damage.at]).toEqual(["RDB_BAD_LISTPACK", 77]);
      expect(damage.detail).toMatch(detail);
    }
  });
});

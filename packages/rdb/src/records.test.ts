import { parseHex } from "@holdfast/testkit";
import { describe, expect, it } from "vitest";
import { RdbDecoder } from "./decoder.ts";
import { RdbFormatError } from "./errors.ts";
import type { RdbEvent } from "./events.ts";
import { decodeRdbBytes } from "./streams.ts";

const redis = (version: number) => `52 45 44 49 53 30 30 ${hexOf(String(version).padStart(2, "0"))}`;
const valkey = "56 41 4C 4B 45 59 30 38 30";
const end = "FF 00 00 00 00 00 00 00 00";

function hexOf(text: string): string {
  return Buffer.from(text).toString("hex").match(/../g)!.join(" ");
}

/** The first event behind the header. */
function recordOf(header: string, hex: string): RdbEvent | undefined {
  return [...decodeRdbBytes(parseHex(`${header} ${hex} ${end}`))].find(({ kind }) => kind !== "header");
}

function failureOf(header: string, hex: string): unknown {
  try {
    return recordOf(header, hex);
  } catch (error) {
    return error;
  }
}

describe("records that are not values", () => {
  it("are what their opcode says", () => {
    expect(recordOf(redis(11), "FE 40 C8")).toEqual({ kind: "select-db", db: 200 });
    expect(recordOf(redis(11), "FB 05 01")).toEqual({ kind: "resize-db", keyCount: 5, expiryCount: 1 });
    expect(recordOf(redis(12), "F4 50 00 02 01")).toEqual({
      kind: "slot-info",
      slot: 4096,
      keyCount: 2,
      expiryCount: 1,
    });
    expect(recordOf(redis(11), "FA 01 61 C0 07")).toEqual({
      kind: "aux",
      name: parseHex("61"),
      value: parseHex("37"),
    });
    expect(recordOf(redis(10), "F5 02 23 21")).toEqual({ kind: "function", code: parseHex("23 21") });
    expect(recordOf(redis(9), "F7 01 02 01 05 01 78 00")).toEqual({
      kind: "module-aux",
      moduleId: 1n,
      when: 1,
      payload: parseHex("02 01 05 01 78 00"),
    });
  });

  it("of number 243 are key metadata in Redis 13 and a slot import in Valkey 80", () => {
    const key = recordOf(redis(13), "F3 01 00 00 00 00 02 05 00 00 01 6B 01 76");
    expect(key).toMatchObject({ kind: "key", meta: parseHex("01 00 00 00 00 02 05 00"), recordOffset: 9 });
    expect(recordOf(valkey, `F3 28 61*40 02 00 05 7F FF 7F FF`)).toEqual({
      kind: "slot-import",
      job: parseHex("61*40"),
      ranges: [
        { start: 0, end: 5 },
        { start: 16383, end: 16383 },
      ],
    });
  });

  it("of number 243 and 242 mean nothing where no server wrote them", () => {
    for (const header of [redis(12), redis(9)])
      expect(failureOf(header, "F3 01")).toMatchObject({ code: "RDB_UNSUPPORTED_TYPE", offset: 9 });
    for (const header of [redis(14), valkey])
      expect(failureOf(header, "F2 01 01 01 61")).toMatchObject({ code: "RDB_UNSUPPORTED_TYPE", offset: 9 });
  });

  it("with slots that do not exist are damage", () => {
    expect(failureOf(redis(12), "F4 80 00 00 40 00 00 00")).toMatchObject({
      code: "RDB_BAD_SLOT",
      offset: 10,
    });
    expect(failureOf(valkey, "F3 28 61*40 01 05 04")).toMatchObject({ code: "RDB_BAD_SLOT" });
    expect(failureOf(valkey, "F3 27 61*39 00")).toMatchObject({ code: "RDB_BAD_SLOT" });
    expect(failureOf(valkey, "F3 28 61*40 80 00 00 40 01 00 00")).toMatchObject({ code: "RDB_BAD_SLOT" });
  });

  it("of modules must say when they were written, and only with opcodes that exist", () => {
    for (const hex of ["F7 00 02 01 00", "F7 01 05 01 78 00", "F7 01 02 03 00", "F7 01 02 01 06 00"])
      expect(failureOf(redis(9), hex), hex).toMatchObject({ code: "RDB_BAD_MODULE" });
  });
});

describe("a record that must be held whole", () => {
  const records = [
    [redis(9), "F7 01 02 01 05 80 00 00 00 64"],
    [redis(9), "F7 01 02 01 05 28 61*40 05 28 61*40"],
    [redis(13), "F3 01 00*4 05 80 00 00 00 64"],
    [redis(15), "F2 01 03 28 61*40 29 61*41 2A 61*42"],
    [redis(10), "F5 80 00 00 00 64"],
    [redis(11), "FA 01 61 80 00 00 00 64"],
  ] as const;

  it("is refused above the limit, not waited for", () => {
    for (const [header, hex] of records) {
      const decoder = new RdbDecoder({ elementLimitBytes: 64 });
      decoder.push(parseHex(`${header} ${hex}`));
      expect(decoder.next()?.kind).toBe("header");
      expect(() => decoder.next(), hex).toThrow(expect.objectContaining({ code: "RDB_LIMIT" }));
    }
  });
});

describe("attributes of a key", () => {
  it("may stand in any order and belong to that key only", () => {
    const hex = "F9 07 F8 0A FC 01 00*7 00 01 6B 00 00 01 6C 00";
    const keys = [...decodeRdbBytes(parseHex(`${redis(11)} ${hex} ${end}`))].filter(
      ({ kind }) => kind === "key",
    );
    expect(keys[0]).toMatchObject({ expireAtMs: 1, idleSec: 10, frequency: 7, recordOffset: 9 });
    expect(keys[1]).toMatchObject({ expireAtMs: undefined, idleSec: undefined, frequency: undefined });
  });

  it("in seconds are milliseconds to the reader", () => {
    expect(recordOf(redis(5), "FD 02 00 00 00 00 01 6B 00")).toMatchObject({ expireAtMs: 2000 });
  });

  it("of metadata must stand directly before the type, in at most seven classes", () => {
    expect(failureOf(redis(13), "F3 01 00*4 00 FC 00*8 00 01 6B 00")).toMatchObject({ code: "RDB_BAD_META" });
    for (const classes of ["00", "08"])
      expect(failureOf(redis(13), `F3 ${classes} 00*4 00 00 01 6B 00`)).toMatchObject({
        code: "RDB_BAD_META",
      });
  });
});

describe("a byte that is neither type nor opcode", () => {
  it("is an error that names offset, db and the key behind it", () => {
    const found: string[] = [];
    try {
      const bytes = parseHex(`${redis(11)} FE 03 C8 03 61 62 63 ${end}`);
      for (const event of decodeRdbBytes(bytes)) found.push(event.kind);
    } catch (error) {
      expect(error).toBeInstanceOf(RdbFormatError);
      expect(error).toMatchObject({ code: "RDB_UNKNOWN_TYPE", offset: 11, db: 3, key: parseHex("61 62 63") });
    }
    expect(found).toEqual(["header", "select-db"]);
  });

  it("is an error that does not name the type of the key before it", () => {
    const error = failureOf(redis(11), "10 01 61 07 07 00 00 00 00 00 FF 63 01 62");
    expect(error).toMatchObject({ code: "RDB_UNKNOWN_TYPE", typeName: undefined });
  });
});

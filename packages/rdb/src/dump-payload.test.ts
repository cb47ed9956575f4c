import { crc64Bytes, parseHex } from "@holdfast/testkit";
import { describe, expect, it } from "vitest";
import { collectEntries, type EntryValue } from "./collect.ts";
import {
  acceptsDumpVersion,
  decodeDumpPayload,
  encodeDumpPayload,
  parseDumpPayload,
  type RestoringServer,
} from "./dump-payload.ts";

const limitBytes = 1 << 20;

interface Vector {
  readonly name: string;
  readonly hex: string;
  readonly type: number;
  readonly version: number;
  readonly dialect: "redis" | "valkey";
  readonly value: readonly string[];
}

const field = 4_102_444_800_000;

/** Answers of DUMP on live servers. */
const vectors: readonly Vector[] = [
  {
    name: "string of Redis 6.0",
    hex: "00 c00a 0900 be6d06895a28000a",
    type: 0,
    version: 9,
    dialect: "redis",
    value: ["10"],
  },
  {
    name: "string of Redis 7.0",
    hex: "00 c00a 0a00 6e9f57450eae63bb",
    type: 0,
    version: 10,
    dialect: "redis",
    value: ["10"],
  },
  {
    name: "string of Redis 8.0",
    hex: "00 c00a 0c00 a5e96385f484fdf2",
    type: 0,
    version: 12,
    dialect: "redis",
    value: ["10"],
  },
  {
    name: "string of Valkey 9.1",
    hex: "00 c00a 5000 a1b59ed490fc044f",
    type: 0,
    version: 80,
    dialect: "valkey",
    value: ["10"],
  },
  {
    name: "list of Redis 6.0",
    hex: "0e01 14 140000000f0000000300 00 0161 03 f2 02 c078ec ff 0900 6b0e27f8d1f0f884",
    type: 14,
    version: 9,
    dialect: "redis",
    value: ["a", "1", "-5000"],
  },
  {
    name: "list of Redis 7.0",
    hex: "1201 02 10 100000000300 8161 02 0101 f178ec 03 ff 0a00 be747725a27199b2",
    type: 18,
    version: 10,
    dialect: "redis",
    value: ["a", "1", "-5000"],
  },
  {
    name: "set of integers of Redis 7.0",
    hex: "0b 0c 02000000 02000000 0100 2c01 0a00 2908af514178a513",
    type: 11,
    version: 10,
    dialect: "redis",
    value: ["1", "300"],
  },
  {
    name: "set of Redis 8.0",
    hex: "14 0d 0d0000000200 817802 817902 ff 0c00 be39d2d8d04de04a",
    type: 20,
    version: 12,
    dialect: "redis",
    value: ["x", "y"],
  },
  {
    name: "sorted set of Redis 7.0",
    hex: "11 17 170000000400 816102 83312e3504 816202 83696e6604 ff 0a00 cbfa382510d6d632",
    type: 17,
    version: 10,
    dialect: "redis",
    value: ["a=1.5", "b=Infinity"],
  },
  {
    name: "hash with field expiry of Redis 8.0, small",
    hex: "19 00d8c32cbb030000 1f 1f0000000600 816702 817702 f400d8c32cbb03000009 816602 817602 0001 ff 0c00 ad017f051da4aad5",
    type: 25,
    version: 12,
    dialect: "redis",
    value: [`g=w until ${field}`, "f=v"],
  },
  {
    name: "hash with field expiry of Redis 8.0, as a table",
    hex: "18 00d8c32cbb030000 02 01 0167 0177 00 0166 0176 0c00 472d976693912b51",
    type: 24,
    version: 12,
    dialect: "redis",
    value: [`g=w until ${field}`, "f=v"],
  },
  {
    name: "hash with field expiry of Valkey 9.1",
    hex: "16 02 0166 0176 ffffffffffffffff 0167 0177 00d8c32cbb030000 5000 32c7385dc933de7e",
    type: 22,
    version: 80,
    dialect: "valkey",
    value: ["f=v", `g=w until ${field}`],
  },
  {
    name: "stream of Redis 7.0 with a deleted entry",
    hex: "13 01 10 0000000000000001 0000000000000001 38 380000001600 0201 0101 0101 816602 0001 0201 0001 0001 817602 0401 0301 0101 dfff02 817702 0401 0001 0101 0001 0101 816702 0501 0601 ff 02 02 01 01 01 02 00 03 00 0a00 b1b104369eee7b03",
    type: 19,
    version: 10,
    dialect: "redis",
    value: ["1-1 f=v", "2-1 g=5"],
  },
];

describe("a payload that a server answered to DUMP", () => {
  for (const { name, hex, type, version, dialect, value } of vectors) {
    const payload = parseHex(hex);
    it(`(${name}) is taken apart, decoded and made again`, () => {
      const parts = parseDumpPayload(payload);
      expect(parts).toMatchObject({ typeNumber: type, version, dialect, checksum: "ok", meta: undefined });
      expect(decoded(payload)).toEqual(value);
      expect(encodeDumpPayload(parts)).toEqual(payload);
    });
    it(`(${name}) with any byte changed is refused`, () => {
      for (let at = 0; at < payload.length; at += 1) {
        const changed = payload.slice();
        changed[at] ^= 0x01;
        expect(failureOf(changed), `byte ${at}`).toMatchObject({ code: "RDB_CHECKSUM_MISMATCH" });
      }
    });
  }

  it("says nothing of checksum when the eight bytes are zero, as Redis from 8.4 on writes them", () => {
    const payload = parseHex("00 c00a 0d00 00*8");
    expect(parseDumpPayload(payload).checksum).toBe("off");
    expect(decoded(payload)).toEqual(["10"]);
  });

  it("carries key metadata before the type", () => {
    const body = parseHex("F3 01 00*4 02 05 00 00 01 76 0D 00");
    const payload = new Uint8Array(Buffer.concat([body, crc64Bytes(body)]));
    expect(parseDumpPayload(payload)).toMatchObject({ typeNumber: 0, meta: parseHex("01 00*4 02 05 00") });
    expect(decoded(payload)).toEqual(["v"]);
    expect(encodeDumpPayload(parseDumpPayload(payload))).toEqual(payload);
  });
});

describe("a payload that is none", () => {
  it("is too short", () => {
    for (const size of [0, 1, 9, 10])
      expect(failureOf(new Uint8Array(size))).toMatchObject({ code: "RDB_TRUNCATED", offset: size });
  });

  it("has bytes behind its value, or too few of them", () => {
    expect(failureOf(sealed("00 01 76 77", 11))).toMatchObject({ code: "RDB_BAD_LENGTH", offset: 3 });
    expect(failureOf(sealed("00 03 76 77", 11))).toMatchObject({ code: "RDB_TRUNCATED", offset: 4 });
  });

  it("has a type that its version and dialect do not know", () => {
    expect(failureOf(sealed("22 00", 11))).toMatchObject({ code: "RDB_UNKNOWN_TYPE", offset: 0 });
    expect(failureOf(sealed("16 00", 11))).toMatchObject({ code: "RDB_UNKNOWN_TYPE", offset: 0 });
    expect(failureOf(sealed("18 00*8 00", 80))).toMatchObject({ code: "RDB_UNKNOWN_TYPE", offset: 0 });
  });

  it("has metadata that does not end", () => {
    expect(failureOf(sealed("F3 01 00*4 02", 13))).toMatchObject({ code: "RDB_TRUNCATED" });
  });
});

describe("a server that is asked to RESTORE", () => {
  const redis = (rdbVersion: number): RestoringServer => ({ family: "redis", rdbVersion });
  const valkey = (rdbVersion: number): RestoringServer => ({ family: "valkey", rdbVersion });
  const rows: readonly (readonly [string, RestoringServer, readonly number[], readonly number[]])[] = [
    ["Redis 6.0", redis(9), [1, 6, 9], [10, 11, 12, 80]],
    ["Redis 8.6", redis(13), [1, 9, 11, 12, 13], [14, 80]],
    ["Valkey 8.1", valkey(11), [1, 9, 11], [12, 13, 80]],
    ["Valkey 9.1", valkey(80), [1, 9, 11, 80], [12, 13, 79, 81]],
    ["Valkey 9.1, relaxed", { ...valkey(80), versionCheck: "relaxed" }, [9, 11, 12, 79, 80, 81], []],
  ];
  for (const [name, server, taken, refused] of rows) {
    it(`(${name}) goes by the version in the footer`, () => {
      expect(taken.filter((version) => !acceptsDumpVersion(server, version))).toEqual([]);
      expect(refused.filter((version) => acceptsDumpVersion(server, version))).toEqual([]);
    });
  }
});

function sealed(hex: string, version: number): Uint8Array {
  const body = Uint8Array.from([...parseHex(hex), version, 0]);
  return Buffer.concat([body, crc64Bytes(body)]);
}

function decoded(payload: Uint8Array): string[] {
  const [entry] = collectEntries(decodeDumpPayload(payload), { limitBytes });
  return modelOf(entry.value);
}

function modelOf(value: EntryValue): string[] {
  switch (value.of) {
    case "string":
      return [text(value.bytes)];
    case "elements":
      return value.elements.map(text);
    case "fields":
      return value.fields.map(({ field: name, value: content, expireAtMs }) =>
        expireAtMs === undefined
          ? `${text(name)}=${text(content)}`
          : `${text(name)}=${text(content)} until ${expireAtMs}`,
      );
    case "scored":
      return value.members.map(({ member, score }) => `${text(member)}=${score}`);
    case "stream":
      return value.parts.flatMap((part) =>
        part.kind === "entry"
          ? [`${part.id.ms}-${part.id.seq} ${text(part.fields[0])}=${text(part.fields[1])}`]
          : [],
      );
    default:
      return [];
  }
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}

function failureOf(payload: Uint8Array): unknown {
  try {
    return [...decodeDumpPayload(payload)];
  } catch (error) {
    return error;
  }
}

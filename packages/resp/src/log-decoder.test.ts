import { chunkings, seededRandom, testSeed } from "@holdfast/testkit";
import { describe, expect, test } from "vitest";
import { readLog } from "../test/read-log.ts";
import { encodeCommand } from "./encode-command.ts";
import type { RespErrorCode } from "./errors.ts";

const bytes = (text: string) => Buffer.from(text, "latin1");
const SET = "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$5\r\nhello\r\n";
const limits = { argumentsMax: 10, argumentBytesMax: 5000, lineBytesMax: 100, wholeBytesMax: 200 };

function expectLog(log: string | Uint8Array, deviations: "refuse" | "report", expected: object): void {
  const whole = typeof log === "string" ? bytes(log) : log;
  for (const { name, chunks } of chunkings(whole, seededRandom(testSeed()))) {
    const { records, error, offset, deviations: found } = readLog(chunks, { ...limits, deviations });
    const facts = { code: error?.code, at: error?.offset, begins: error?.commandOffset };
    expect({ name, records, deviations: found, ...facts, offset }).toEqual({
      name,
      deviations: [],
      code: undefined,
      at: undefined,
      begins: undefined,
      offset: whole.length,
      ...expected,
    });
  }
}

describe("large commands", () => {
  const value = "v".repeat(3000);
  const large = encodeCommand(["SET", "k", value]);

  test("come in pieces, small ones and annotations around them as always", () => {
    const log = Buffer.concat([bytes(SET), large, bytes(`#TS:1\r\n${SET}`)]);
    const records = [
      "0: SET|k|hello",
      `31~ SET|k|${value}`,
      `${31 + large.length}# #TS:1`,
      `${38 + large.length}: SET|k|hello`,
    ];
    expectLog(log, "refuse", { records });
    expectLog(log, "report", { records });
  });

  test("may be large by many arguments, some of them empty", () => {
    const args = ["RPUSH", "k", ...Array.from({ length: 8 }, (_, index) => "x".repeat(50 * index))];
    expectLog(encodeCommand(args), "refuse", { records: [`0~ ${args.join("|")}`] });
  });

  test("are held in memory only as far as they have arrived since the last piece", () => {
    const sizeBytes = 3 * 1024 ** 3;
    const header = bytes(`*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$${sizeBytes}\r\n`);
    const { pieceBytes, peakBytes } = readLog.sizes(header, sizeBytes);
    expect(pieceBytes).toBe(sizeBytes + 4);
    expect(peakBytes).toBeLessThan(16 << 20);
  });

  test.each<[string, string, RespErrorCode, number]>([
    ["other bytes behind it", `*2\r\n$300\r\n${"x".repeat(300)}xx`, "RESP_BAD_LINE_END", 310],
    ["an end inside it", `*2\r\n$300\r\n${"x".repeat(30)}`, "RESP_TRUNCATED", 40],
    ["another prefix behind it", `*2\r\n$300\r\n${"x".repeat(300)}\r\n:1\r\n`, "RESP_BAD_PREFIX", 312],
    [
      "an argument above the limit behind it",
      `*2\r\n$300\r\n${"x".repeat(300)}\r\n$5001\r\n`,
      "RESP_STRING_TOO_LONG",
      313,
    ],
  ])("with %s fail there", (_name, tail, code, at) => {
    expectLog(SET + tail, "refuse", {
      records: ["0: SET|k|hello"],
      code,
      at: 31 + at,
      begins: 31,
      offset: 31,
    });
  });
});

/** What servers load although no server writes it: the bytes, what they mean, the code, the places of the deviations. */
const overlooked: [string, string, string, RespErrorCode, number[]][] = [
  ["LF alone", "*1\n$4\nPING\r\n", "PING", "RESP_BAD_LINE_END", [2, 5]],
  ["letters behind a count", "*1garbage\r\n$4\r\nPING\r\n", "PING", "RESP_BAD_LINE_END", [2]],
  ["letters behind a size", "*1\r\n$4 cats\r\nPING\r\n", "PING", "RESP_BAD_LINE_END", [6]],
  ["signs and spaces", "*+1\r\n$ 4\r\nPING\r\n", "PING", "RESP_BAD_NUMBER", [1, 6]],
  ["leading zeros", "*1\r\n$004\r\nPING\r\n", "PING", "RESP_BAD_NUMBER", [5]],
  ["a size without digits", "*2\r\n$4\r\nPING\r\n$\r\n\r\n", "PING|", "RESP_BAD_NUMBER", [15]],
  ["a count of more than 32 bits", "*4294967297\r\n$4\r\nPING\r\n", "PING", "RESP_TOO_MANY_ARGUMENTS", [1]],
  ["other bytes behind an argument", "*1\r\n$4\r\nPINGxy", "PING", "RESP_BAD_LINE_END", [12]],
  ["CR without LF", "*1\rx\n$4\r\nPING\r\n", "PING", "RESP_BAD_LINE_END", [3]],
  ["a line without end", `*1${" ".repeat(1021)}$4\r\nPING\r\n`, "PING", "RESP_LINE_TOO_LONG", [0]],
];

describe("what servers overlook", () => {
  test.each(overlooked)(
    "%s: is reported, and read as servers read it",
    (_name, record, words, code, places) => {
      const records = ["0: SET|k|hello", `31~ ${words}`, `${31 + record.length}: SET|k|hello`];
      const deviations = places.map((at) => `${code}@${31 + at} in 31`);
      expectLog(SET + record + SET, "report", { records, deviations });
    },
  );

  test.each(overlooked)("%s: is an error when deviations are refused", (_name, record) => {
    const { records, error, offset } = readLog([bytes(SET + record + SET)], {
      ...limits,
      deviations: "refuse",
    });
    expect([records, error?.commandOffset, offset]).toEqual([["0: SET|k|hello"], 31, 31]);
  });

  test.each<[string, string, RespErrorCode, number]>([
    ["zeros", "\0\0\0", "RESP_BAD_PREFIX", 0],
    ["a blank line", "\r\n", "RESP_BAD_PREFIX", 0],
    ["an inline command", "PING\r\n", "RESP_BAD_PREFIX", 0],
    ["no arguments", "*0\r\n", "RESP_BAD_NUMBER", 1],
    ["a count of nothing", "*x\r\n", "RESP_BAD_NUMBER", 1],
    ["a count below zero", "*-1\r\n", "RESP_BAD_NUMBER", 1],
    ["a null, which crashes servers", "*1\r\n$-1\r\n", "RESP_BAD_NUMBER", 5],
    ["another prefix for an argument", "*1\r\n:1\r\n", "RESP_BAD_PREFIX", 4],
    ["too large an argument", "*1\r\n$5001\r\n", "RESP_STRING_TOO_LONG", 5],
    ["too many arguments", "*11\r\n", "RESP_TOO_MANY_ARGUMENTS", 1],
    ["a count of CR", "*\r", "RESP_BAD_NUMBER", 1],
    ["a lone star", "*", "RESP_TRUNCATED", 1],
    ["a star and zeros", "*\0\0\n", "RESP_TRUNCATED", 4],
    ["a cut header", "*1\r\n$", "RESP_TRUNCATED", 5],
    ["a cut end", "*1\r\n$4\r\nPING\r", "RESP_TRUNCATED", 13],
  ])("is not %s", (_name, tail, code, at) => {
    expectLog(SET + tail, "report", {
      records: ["0: SET|k|hello"],
      code,
      at: 31 + at,
      begins: 31,
      offset: 31,
    });
  });

  test("may come byte by byte without being read again and again", () => {
    const many = `*10000\n${"$1\r\nx\r\n".repeat(10_000)}`;
    const chunks = Array.from(bytes(many), (byte) => Uint8Array.of(byte));
    const { records, deviations } = readLog(chunks, { deviations: "report" });
    expect([records[0].split("|").length, deviations]).toEqual([10_000, ["RESP_BAD_LINE_END@6 in 0"]]);
  });
});

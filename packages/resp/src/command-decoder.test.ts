import { chunkings, seededRandom, testSeed } from "@holdfast/testkit";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readRecords } from "../test/read-records.ts";
import { CommandDecoder } from "./command-decoder.ts";
import { encodeCommand } from "./encode-command.ts";
import type { RespErrorCode } from "./errors.ts";

const bytes = (text: string) => Buffer.from(text, "latin1");
const SET = "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$5\r\nhello\r\n";

describe("commands", () => {
  test("come with their offsets, annotations between them, empty and binary arguments as they are", () => {
    const log = `#TS:17\r\n${SET}*2\r\n$0\r\n\r\n$4\r\n\r\n\0\xff\r\n#\r\n#other\n${SET}`;
    const expected = [
      "0# #TS:17",
      "8: SET|k|hello",
      "39: |\r\n\0\xff",
      "59# #",
      "62# #other",
      "69: SET|k|hello",
    ];
    for (const { name, chunks } of chunkings(bytes(log), seededRandom(testSeed()))) {
      expect({ name, ...readRecords(chunks) }).toEqual({
        name,
        records: expected,
        error: undefined,
        offset: 100,
      });
    }
  });

  test("of more than a batch, and of more arguments than the tables began with, are all there", () => {
    const long = encodeCommand(Array.from({ length: 100_000 }, (_, index) => `${index}`));
    const log = Buffer.concat([Buffer.from(SET.repeat(10_000)), long, bytes(SET)]);
    const { records, error } = readRecords([log]);
    expect(error).toBeUndefined();
    expect(records).toHaveLength(10_002);
    expect(records[10_000].split("|")).toHaveLength(100_000);
    expect(records[10_001]).toBe(`${log.length - SET.length}: SET|k|hello`);
  });

  test("are told by bounds as by views", () => {
    const decoder = new CommandDecoder({ start: 1000 });
    decoder.push(bytes(SET + SET));
    const batch = decoder.next();
    if (batch?.kind !== "commands") throw new Error("expected commands");
    expect([batch.count, batch.offset, batch.endOffset, batch.offsetOf(1)]).toEqual([2, 1000, 1062, 1031]);
    expect([batch.argumentCount(1), batch.argumentSize(1, 2)]).toEqual([3, 5]);
    const start = batch.argumentStart(1, 2);
    expect(Buffer.from(batch.buffer.subarray(start, start + 5)).toString()).toBe("hello");
  });

  test("that were encoded decode to what they were, however they are cut", () => {
    const command = fc.array(fc.uint8Array({ maxLength: 40 }), { minLength: 1, maxLength: 6 });
    const seed = testSeed();
    fc.assert(
      fc.property(fc.array(command, { maxLength: 8 }), (commands) => {
        const log = Buffer.concat(commands.map(encodeCommand));
        const expected = commands.map((args) =>
          args.map((arg) => Buffer.from(arg).toString("latin1")).join("|"),
        );
        for (const { chunks } of chunkings(log, seededRandom(seed))) {
          const found = readRecords(chunks).records.map((record) => record.replace(/^\d+: /, ""));
          expect(found).toEqual(expected);
        }
      }),
      { seed, numRuns: 60 },
    );
  });

  test("byte by byte cost the same for each byte, whether the arguments are many or large", () => {
    const many = encodeCommand(Array.from({ length: 60_000 }, () => "x"));
    const large = encodeCommand(["SET", "k", new Uint8Array(400_000)]);
    const decoder = new CommandDecoder();
    let count = 0;
    for (const byte of [...many, ...large]) {
      decoder.push(Uint8Array.of(byte));
      if (decoder.next() !== undefined) count++;
    }
    expect(count).toBe(2);
  });
});

const damaged: [string, string, RespErrorCode, number][] = [
  ["zeros between commands", "\0\0\0", "RESP_BAD_PREFIX", 0],
  ["an inline command", "PING\r\n", "RESP_BAD_PREFIX", 0],
  ["a blank line", "\r\n", "RESP_BAD_PREFIX", 0],
  ["another prefix for an argument", "*1\r\n:1\r\n", "RESP_BAD_PREFIX", 4],
  ["no arguments", "*0\r\n", "RESP_BAD_NUMBER", 1],
  ["a count below zero", "*-1\r\n", "RESP_BAD_NUMBER", 1],
  ["a size below zero", "*1\r\n$-1\r\n", "RESP_BAD_NUMBER", 5],
  ["leading zeros", "*1\r\n$03\r\nabc\r\n", "RESP_BAD_NUMBER", 5],
  ["a number of many digits", `*${"9".repeat(40)}\r\n`, "RESP_BAD_NUMBER", 1],
  ["letters behind a number", "*1x\r\n", "RESP_BAD_LINE_END", 2],
  ["LF alone behind a number", "*1\n", "RESP_BAD_LINE_END", 2],
  ["CR without LF", "*1\rx", "RESP_BAD_LINE_END", 3],
  ["other bytes behind an argument", "*1\r\n$4\r\nPINGxy", "RESP_BAD_LINE_END", 12],
  ["too many arguments", "*11\r\n", "RESP_TOO_MANY_ARGUMENTS", 1],
  ["an argument that is too long", "*1\r\n$101\r\n", "RESP_STRING_TOO_LONG", 5],
  ["a line that is too long", `#${"x".repeat(102)}`, "RESP_LINE_TOO_LONG", 0],
  ["an end inside a number", "*1", "RESP_TRUNCATED", 2],
  ["an end inside an argument", "*1\r\n$4\r\nPIN", "RESP_TRUNCATED", 11],
  ["an end before the last CR LF", "*1\r\n$4\r\nPING", "RESP_TRUNCATED", 12],
  ["an end inside an annotation", "#TS:1", "RESP_TRUNCATED", 5],
];

describe("damage", () => {
  test.each(damaged)("%s is %o, with its place, behind all that is whole", (_name, tail, code, at) => {
    const limits = { argumentsMax: 10, argumentBytesMax: 100, lineBytesMax: 100 };
    for (const { name, chunks } of chunkings(bytes(SET + tail), seededRandom(testSeed()))) {
      const { records, error, offset } = readRecords(chunks, limits);
      const facts = { code: error?.code, offset: error?.offset, commandOffset: error?.commandOffset };
      expect({ name, records, ...facts, end: offset }).toEqual({
        name,
        records: ["0: SET|k|hello"],
        code,
        offset: SET.length + at,
        commandOffset: SET.length,
        end: SET.length,
      });
    }
  });

  test("is met again by whoever asks again", () => {
    const decoder = new CommandDecoder();
    decoder.push(bytes("*1\r\n$x"));
    for (let time = 0; time < 2; time++) expect(() => decoder.next()).toThrow("expected a digit");
  });

  test("a size that nothing backs takes no memory", () => {
    const decoder = new CommandDecoder();
    const before = process.memoryUsage().arrayBuffers;
    decoder.push(bytes("*1048576\r\n$536870912\r\nx"));
    expect(decoder.next()).toBeUndefined();
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1 << 20);
  });

  test("any cut of a log gives the whole commands before it, and says that more should come", () => {
    const log = bytes(SET.repeat(3));
    for (let size = 0; size < log.length; size++) {
      const { records, error } = readRecords([log.subarray(0, size)]);
      expect(records).toHaveLength(Math.floor(size / SET.length));
      expect(error?.code).toBe(size % SET.length === 0 ? undefined : "RESP_TRUNCATED");
    }
  });
});

test("a command is encoded as servers write it, and one without a name is refused", () => {
  expect(Buffer.from(encodeCommand(["SET", "k", Buffer.from("hello")])).toString()).toBe(SET);
  expect(Buffer.from(encodeCommand(["é".repeat(5)])).toString()).toBe("*1\r\n$10\r\nééééé\r\n");
  expect(() => encodeCommand([])).toThrow(RangeError);
});

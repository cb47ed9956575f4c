import { chunkings, seededRandom, testSeed } from "@holdfast/testkit";
import { describe, expect, test } from "vitest";
import { readRequests } from "../test/read-requests.ts";
import type { RespErrorCode } from "./errors.ts";
import { RequestDecoder } from "./request-decoder.ts";

const bytes = (text: string) => Buffer.from(text, "latin1");
const PING = "*1\r\n$4\r\nPING\r\n";

describe("requests", () => {
  test("are arrays, lines of words, and bytes that ask for nothing, each with its place", () => {
    const stream = `${PING}${PING}SET "a b" c\r\n\r\nREPLCONF ACK 0\n\n*0\r\n*-1\r\n${PING}#TS:1\r\n`;
    const expected = [
      "0: PING",
      "14: PING",
      "28! SET|a b|c",
      "41.",
      "43! REPLCONF|ACK|0",
      "58.",
      "59.",
      "63.",
      "68: PING",
      "82! #TS:1",
    ];
    for (const { name, chunks } of chunkings(bytes(stream), seededRandom(testSeed()))) {
      expect({ name, ...readRequests(chunks) }).toEqual({
        name,
        records: expected,
        error: undefined,
        offset: stream.length,
      });
    }
  });

  test.each<[string, string, RespErrorCode, number]>([
    ["quotes that are not closed", 'GET "x\r\n', "RESP_UNBALANCED_QUOTES", 0],
    ["a line without end", "x".repeat(103), "RESP_LINE_TOO_LONG", 0],
    ["a count that begins with 0", "*01\r\n", "RESP_BAD_NUMBER", 1],
    ["another type in an array", "*1\r\n:1\r\n", "RESP_BAD_PREFIX", 4],
    ["a null in an array", "*1\r\n$-1\r\n", "RESP_BAD_NUMBER", 5],
    ["an end inside a line", "PIN", "RESP_TRUNCATED", 3],
    ["an end inside an array", "*1\r\n$4", "RESP_TRUNCATED", 6],
  ])("with %s are %o", (_name, tail, code, at) => {
    for (const { name, chunks } of chunkings(bytes(PING + tail), seededRandom(testSeed()))) {
      const { records, error, offset } = readRequests(chunks, { lineBytesMax: 100 });
      expect({ name, records, code: error?.code, at: error?.offset, offset }).toEqual({
        name,
        records: ["0: PING"],
        code,
        at: PING.length + at,
        offset: PING.length,
      });
    }
  });

  test("that are damaged are so again for whoever asks again", () => {
    for (const damaged of ['"\r\n', "*-x\r\n", "*1\r\nx"]) {
      const decoder = new RequestDecoder();
      decoder.push(bytes(damaged));
      const failures = [0, 1].map(() => {
        try {
          return decoder.next();
        } catch (error) {
          return String(error);
        }
      });
      expect(failures[0]).toContain("resp: ");
      expect(failures[1]).toBe(failures[0]);
    }
  });
});

import { chunkings, seededRandom, testSeed } from "@holdfast/testkit";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { plainReply, readReplies } from "../test/read-replies.ts";
import { encodeReply } from "./encode-reply.ts";
import type { RespErrorCode } from "./errors.ts";
import { type Reply, replyErrorCode } from "./reply.ts";
import { ReplyDecoder } from "./reply-decoder.ts";

const bytes = (text: string) => Buffer.from(text, "latin1");

/** What is sent, and the replies as plainReply() shows them. */
const sound: [string, string, unknown[]][] = [
  ["a simple string", "+OK\r\n", [{ simple: "OK" }]],
  ["an error", "-ERR no\r\n", [{ error: "ERR no" }]],
  ["an error with its size", "!8\r\nERR a\r\nb\r\n", [{ longError: "ERR a\r\nb" }]],
  ["integers", ":0\r\n:-7\r\n:+7\r\n:9223372036854775807\r\n", [0, -7, 7, 2n ** 63n - 1n]],
  ["strings", "$5\r\nhello\r\n$0\r\n\r\n$4\r\n\r\n\0\xff\r\n", ["hello", "", "\r\n\0\xff"]],
  ["nulls", "$-1\r\n*-1\r\n_\r\n", [{ null: "string" }, { null: "array" }, { null: "any" }]],
  ["booleans", "#t\r\n#f\r\n", [true, false]],
  [
    "doubles",
    ",1.50\r\n,-inf\r\n,1e3\r\n,nan\r\n",
    [{ double: "1.50" }, { double: "-inf" }, { double: "1e3" }, { double: "nan" }],
  ],
  [
    "a big number",
    "(-3492890328409238509324850943850943825024385\r\n",
    [{ big: "-3492890328409238509324850943850943825024385" }],
  ],
  ["a verbatim string", "=9\r\ntxt:hello\r\n", [{ verbatim: "txt", text: "hello" }]],
  ["arrays in arrays", "*2\r\n*1\r\n:1\r\n*0\r\n", [[[1], []]]],
  ["a set", "~2\r\n:1\r\n:2\r\n", [{ set: [1, 2] }]],
  ["a push", ">2\r\n$7\r\nmessage\r\n:1\r\n", [{ push: ["message", 1] }]],
  [
    "a map",
    "%2\r\n+a\r\n:1\r\n$1\r\nb\r\n*0\r\n",
    [
      {
        map: [
          [{ simple: "a" }, 1],
          ["b", []],
        ],
      },
    ],
  ],
  [
    "attributes, where they belong",
    "|1\r\n+ttl\r\n:9\r\n*2\r\n:1\r\n|1\r\n+x\r\n:2\r\n:3\r\n",
    [{ attributes: [[{ simple: "ttl" }, 9]], of: [1, { attributes: [[{ simple: "x" }, 2]], of: 3 }] }],
  ],
  ["a streamed string", "$?\r\n;4\r\nHell\r\n;1\r\no\r\n;0\r\n", ["Hello"]],
  ["an empty streamed string in an array", "*2\r\n$?\r\n;0\r\n:1\r\n", [["", 1]]],
  [
    "streamed aggregates",
    "*?\r\n:1\r\n~?\r\n.\r\n%?\r\n:1\r\n:2\r\n.\r\n.\r\n",
    [[1, { set: [] }, { map: [[1, 2]] }]],
  ],
  [
    "signs of life between replies",
    "\n\n+OK\r\n\n",
    ["keep-alive@0", "keep-alive@1", { simple: "OK" }, "keep-alive@7"],
  ],
];

describe("replies", () => {
  test.each(sound)("hold %s", (_name, sent, expected) => {
    for (const { name, chunks } of chunkings(bytes(sent), seededRandom(testSeed()))) {
      const { replies, error, offset } = readReplies(chunks);
      expect({ name, replies, error, offset }).toEqual({
        name,
        replies: expected,
        error: undefined,
        offset: sent.length,
      });
    }
  });

  test("that were encoded for RESP3 decode to what they were, however they are cut", () => {
    const seed = testSeed();
    fc.assert(
      fc.property(fc.array(replies(), { maxLength: 4 }), (sent) => {
        const stream = Buffer.concat(sent.map((reply) => encodeReply(reply, 3)));
        for (const { chunks } of chunkings(stream, seededRandom(seed))) {
          expect(readReplies(chunks).replies).toEqual(sent.map(plainReply));
        }
      }),
      { seed, numRuns: 60 },
    );
  });

  test("any prefix of them waits, or says that more should come", () => {
    const stream = bytes(sound.map(([, sent]) => sent).join(""));
    const whole = readReplies([stream]).replies;
    for (let size = 0; size < stream.length; size++) {
      const { replies, error } = readReplies([stream.subarray(0, size)]);
      expect(replies).toEqual(whole.slice(0, replies.length));
      expect([undefined, "RESP_TRUNCATED"]).toContain(error?.code);
    }
  });

  test("a flipped byte never hangs or crashes the decoder", () => {
    const stream = bytes(sound.map(([, sent]) => sent).join(""));
    const random = seededRandom(testSeed());
    for (let at = 0; at < stream.length; at++) {
      const flipped = Uint8Array.from(stream);
      flipped[at] ^= 1 << random.below(8);
      const { error, offset } = readReplies([flipped]);
      if (error === undefined) expect(offset).toBe(stream.length);
      else expect(error.offset).toBeLessThanOrEqual(stream.length);
    }
  });

  test("byte by byte cost the same for each byte", () => {
    const large = encodeReply({ kind: "string", bytes: new Uint8Array(300_000) }, 2);
    const items: Reply[] = Array.from({ length: 50_000 }, (_, value) => ({ kind: "integer", value }));
    const line = encodeReply({ kind: "simple-string", bytes: new Uint8Array(60_000).fill(65) }, 2);
    const stream = Buffer.concat([large, encodeReply({ kind: "array", items }, 2), line]);
    const chunks = Array.from(stream, (byte) => Uint8Array.of(byte));
    expect(readReplies(chunks).replies).toHaveLength(3);
  });

  test("errors begin with their code", () => {
    expect(replyErrorCode({ bytes: bytes("MOVED 1 127.0.0.1:7000") })).toBe("MOVED");
    expect(replyErrorCode({ bytes: bytes("LOADING") })).toBe("LOADING");
  });
});

const limits = { stringBytesMax: 100, lineBytesMax: 50, elementsMax: 10, depthMax: 3, replyBytesMax: 150 };
const damaged: [string, string, RespErrorCode, number][] = [
  ["another prefix", "hello\r\n", "RESP_BAD_PREFIX", 0],
  ["a blank line inside a reply", "*1\r\n\n", "RESP_BAD_PREFIX", 4],
  ["a part of a string that is not streamed", ";1\r\nx\r\n", "RESP_BAD_PREFIX", 0],
  ["a value inside a streamed string", "$?\r\n:1\r\n", "RESP_BAD_PREFIX", 4],
  ["an end of nothing", ".\r\n", "RESP_BAD_PREFIX", 0],
  ["half a pair in a streamed map", "%?\r\n:1\r\n.\r\n", "RESP_BAD_PREFIX", 8],
  ["letters for an integer", ":1x\r\n", "RESP_BAD_NUMBER", 1],
  ["an integer above 64 bits", ":9223372036854775808\r\n", "RESP_BAD_NUMBER", 1],
  ["a size below -1", "$-2\r\n", "RESP_BAD_NUMBER", 1],
  ["a size with leading zeros", "$03\r\nabc\r\n", "RESP_BAD_NUMBER", 1],
  ["a null map", "%-1\r\n", "RESP_BAD_NUMBER", 1],
  ["a streamed push", ">?\r\n", "RESP_BAD_NUMBER", 1],
  ["no double", ",1.2.3\r\n", "RESP_BAD_NUMBER", 1],
  ["no big number", "(1e3\r\n", "RESP_BAD_NUMBER", 1],
  ["another boolean", "#x\r\n", "RESP_BAD_VALUE", 1],
  ["a null with something in it", "_x\r\n", "RESP_BAD_VALUE", 1],
  ["a verbatim string without format", "=3\r\nabc\r\n", "RESP_BAD_VALUE", 1],
  ["LF alone", ":1\n", "RESP_BAD_LINE_END", 2],
  ["other bytes behind a string", "$2\r\nabcd", "RESP_BAD_LINE_END", 6],
  ["a string that is too long", "$101\r\n", "RESP_STRING_TOO_LONG", 1],
  ["a line that is too long", `+${"x".repeat(60)}`, "RESP_LINE_TOO_LONG", 0],
  ["too many elements in one array", "*11\r\n", "RESP_TOO_MANY_ELEMENTS", 1],
  ["too many elements in all", "*2\r\n*10\r\n", "RESP_TOO_MANY_ELEMENTS", 5],
  ["too many streamed elements", `*?\r\n${":1\r\n".repeat(10)}`, "RESP_TOO_MANY_ELEMENTS", 40],
  ["too many levels", "*1\r\n".repeat(4), "RESP_TOO_DEEP", 12],
  ["too much in all", `*2\r\n$90\r\n${"x".repeat(90)}\r\n$90\r\n`, "RESP_REPLY_TOO_LARGE", 101],
  ["an end inside an array", "*2\r\n:1\r\n", "RESP_TRUNCATED", 8],
  ["an end behind attributes", "|1\r\n:1\r\n:2\r\n", "RESP_TRUNCATED", 12],
  ["an end inside a string", "$5\r\nhel", "RESP_TRUNCATED", 7],
];

describe("damage", () => {
  test.each(damaged)("%s is %o, with its place", (_name, tail, code, at) => {
    for (const { name, chunks } of chunkings(bytes(`+OK\r\n${tail}`), seededRandom(testSeed()))) {
      const { replies, error } = readReplies(chunks, limits);
      const facts = { code: error?.code, offset: error?.offset, begins: error?.commandOffset };
      expect({ name, replies, ...facts }).toEqual({
        name,
        replies: [{ simple: "OK" }],
        code,
        offset: 5 + at,
        begins: 5,
      });
    }
  });

  test("is met again by whoever asks again", () => {
    const decoder = new ReplyDecoder();
    decoder.push(bytes("*2\r\n:1\r\n:x\r\n+OK\r\n"));
    for (let time = 0; time < 2; time++) expect(() => decoder.next()).toThrow("expected an integer");
    expect(decoder.offset).toBe(0);
  });
});

describe("the payload of a full resync", () => {
  const mark = "0123456789abcdef0123456789abcdef01234567";

  test("is announced by its size or its end mark, behind signs of life, and taken as it comes", () => {
    for (const header of ["$5", `$EOF:${mark}`]) {
      const stream = bytes(`+FULLRESYNC x 0\r\n\n\n${header}\r\nREDIS*1\r\n`);
      for (const { name, chunks } of chunkings(stream, seededRandom(testSeed()))) {
        expect({ name, ...readPayload(chunks) }).toEqual({
          name,
          keepAlives: 2,
          header: header.slice(1),
          payload: "REDIS*1\r\n",
          offset: stream.length,
        });
      }
    }
  });

  test.each([
    ["an error", "-ERR no\r\n", "RESP_BAD_PREFIX", 0],
    ["a size below zero", "$-1\r\n", "RESP_BAD_NUMBER", 1],
    ["a short mark", "$EOF:abc\r\n", "RESP_BAD_NUMBER", 1],
  ])("is not announced by %s", (_name, sent, code, offset) => {
    const decoder = new ReplyDecoder();
    decoder.push(bytes(sent));
    expect(() => decoder.nextPayload()).toThrow(expect.objectContaining({ code, offset }));
  });
});

/** Reads one reply, then keep-alives and a payload header, then everything else as payload. */
function readPayload(chunks: readonly Uint8Array[]) {
  const decoder = new ReplyDecoder({ poison: true });
  let stage: "reply" | "header" | "payload" = "reply";
  let keepAlives = 0;
  let header = "";
  let payload = "";
  for (const chunk of chunks) {
    decoder.push(chunk);
    if (stage === "reply" && decoder.next() !== undefined) stage = "header";
    while (stage === "header") {
      const found = decoder.nextPayload();
      if (found === undefined) break;
      if (found.kind === "keep-alive") keepAlives++;
      else {
        header = "endMark" in found ? `EOF:${Buffer.from(found.endMark)}` : `${found.sizeBytes}`;
        stage = "payload";
      }
    }
    while (stage === "payload") {
      const taken = decoder.take(4);
      if (taken.length === 0) break;
      payload += Buffer.from(taken).toString("latin1");
    }
  }
  return { keepAlives, header, payload, offset: decoder.offset };
}

/** Replies of all kinds, as they are after decoding. */
function replies(): fc.Arbitrary<Reply> {
  const text = fc.uint8Array({ maxLength: 12 });
  const line = text.map((part) => part.filter((byte) => byte !== 13 && byte !== 10));
  const int64 = fc.oneof(fc.integer(), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }));
  const { reply } = fc.letrec<{ reply: Reply; pairs: [Reply, Reply][] }>((tie) => ({
    pairs: fc.array(fc.tuple(tie("reply"), tie("reply")), { maxLength: 3 }),
    reply: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      line.map((part): Reply => ({ kind: "simple-string", bytes: part })),
      line.map((part): Reply => ({ kind: "error", bytes: part, isLong: false })),
      text.map((part): Reply => ({ kind: "error", bytes: part, isLong: true })),
      int64.map((value): Reply => ({ kind: "integer", value: exact(value) })),
      text.map((part): Reply => ({ kind: "string", bytes: part })),
      fc.constant<Reply>({ kind: "null", of: "any" }),
      fc.boolean().map((value): Reply => ({ kind: "boolean", value })),
      fc.double({ noNaN: true }).map((value): Reply => {
        const shown = Number.isFinite(value) ? String(value) : value > 0 ? "inf" : "-inf";
        return { kind: "double", value, text: Object.is(value, -0) ? "-0" : shown };
      }),
      fc.bigInt().map((value): Reply => ({ kind: "big-number", value })),
      text.map((part): Reply => ({ kind: "verbatim", format: "txt", bytes: part })),
      fc
        .tuple(fc.constantFrom("array", "set", "push"), fc.array(tie("reply"), { maxLength: 3 }))
        .map(([kind, items]): Reply => ({ kind: kind as "array", items })),
      tie("pairs").map((pairs): Reply => ({ kind: "map", pairs })),
      fc
        .tuple(tie("pairs"), text)
        .map(([attributes, part]): Reply => ({ kind: "string", bytes: part, attributes })),
    ),
  }));
  return reply;
}

function exact(value: number | bigint): number | bigint {
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

import { describe, expect, test } from "vitest";
import { encodeReply } from "./encode-reply.ts";
import type { Reply } from "./reply.ts";

const bytes = (text: string) => Buffer.from(text, "latin1");
const one: Reply = { kind: "integer", value: 1 };
const text: Reply = { kind: "string", bytes: bytes("a\r\n") };

const forms: [string, Reply, string, string][] = [
  ["a simple string", { kind: "simple-string", bytes: bytes("OK") }, "+OK\r\n", "+OK\r\n"],
  ["an error", { kind: "error", bytes: bytes("ERR x"), isLong: false }, "-ERR x\r\n", "-ERR x\r\n"],
  ["a long error", { kind: "error", bytes: bytes("E\r\nx"), isLong: true }, "!4\r\nE\r\nx\r\n", "-E  x\r\n"],
  [
    "an integer",
    { kind: "integer", value: -(2n ** 63n) },
    ":-9223372036854775808\r\n",
    ":-9223372036854775808\r\n",
  ],
  ["a string", text, "$3\r\na\r\n\r\n", "$3\r\na\r\n\r\n"],
  ["a null", { kind: "null", of: "string" }, "_\r\n", "$-1\r\n"],
  ["a null array", { kind: "null", of: "array" }, "_\r\n", "*-1\r\n"],
  ["a boolean", { kind: "boolean", value: true }, "#t\r\n", ":1\r\n"],
  ["a double", { kind: "double", value: 1.5, text: "1.50" }, ",1.50\r\n", "$4\r\n1.50\r\n"],
  ["a big number", { kind: "big-number", value: 12n }, "(12\r\n", "$2\r\n12\r\n"],
  [
    "a verbatim string",
    { kind: "verbatim", format: "mkd", bytes: bytes("x") },
    "=5\r\nmkd:x\r\n",
    "$1\r\nx\r\n",
  ],
  [
    "an array",
    { kind: "array", items: [one, text] },
    "*2\r\n:1\r\n$3\r\na\r\n\r\n",
    "*2\r\n:1\r\n$3\r\na\r\n\r\n",
  ],
  ["a set", { kind: "set", items: [one] }, "~1\r\n:1\r\n", "*1\r\n:1\r\n"],
  ["a push", { kind: "push", items: [one] }, ">1\r\n:1\r\n", "*1\r\n:1\r\n"],
  [
    "a map",
    { kind: "map", pairs: [[one, text]] },
    "%1\r\n:1\r\n$3\r\na\r\n\r\n",
    "*2\r\n:1\r\n$3\r\na\r\n\r\n",
  ],
  ["attributes", { ...one, attributes: [[one, one]] }, "|1\r\n:1\r\n:1\r\n:1\r\n", ":1\r\n"],
];

describe("a reply", () => {
  test.each(forms)("that is %s has a form in RESP3 and one in RESP2", (_name, reply, resp3, resp2) => {
    expect(Buffer.from(encodeReply(reply, 3)).toString("latin1")).toBe(resp3);
    expect(Buffer.from(encodeReply(reply, 2)).toString("latin1")).toBe(resp2);
  });

  test.each<[string, Reply]>([
    ["a line end in a simple string", { kind: "simple-string", bytes: bytes("a\nb") }],
    ["a line end in an error", { kind: "error", bytes: bytes("a\rb"), isLong: false }],
    ["an integer of more than 64 bits", { kind: "integer", value: 2n ** 63n }],
    ["a format of two characters", { kind: "verbatim", format: "md", bytes: bytes("x") }],
  ])("with %s is refused", (_name, reply) => {
    expect(() => encodeReply(reply, 3)).toThrow(RangeError);
  });
});

import fc from "fast-check";
import { expect, test } from "vitest";
import {
  type CommandArgument,
  commandRoom,
  commandSize,
  encodeCommand,
  writeCommand,
} from "./encode-command.ts";

/** The form of a command, said in another way. */
function expected(args: readonly CommandArgument[]): Buffer {
  const parts = args.map((argument) => Buffer.from(argument as Uint8Array));
  const bulks = parts.flatMap((part) => [Buffer.from(`$${part.length}\r\n`), part, Buffer.from("\r\n")]);
  return Buffer.concat([Buffer.from(`*${args.length}\r\n`), ...bulks]);
}

const argument = fc.oneof(fc.uint8Array({ maxLength: 120 }), fc.string({ unit: "binary", maxLength: 120 }));

test("a command is an array of bulk strings, whatever its arguments", () => {
  fc.assert(
    fc.property(fc.array(argument, { minLength: 1, maxLength: 120 }), (args) => {
      expect(Buffer.from(encodeCommand(args)).equals(expected(args))).toBe(true);
      expect(commandSize(args)).toBe(expected(args).length);
      expect(commandRoom(args)).toBeGreaterThanOrEqual(expected(args).length);
    }),
  );
});

test.each([9, 10, 19, 89, 99, 100, 999, 1000, 65_536, 1_000_000])(
  "an argument of %d bytes has its size in front",
  (size) => {
    const args = ["SET", Buffer.alloc(size, "v")];
    expect(Buffer.from(encodeCommand(args)).equals(expected(args))).toBe(true);
  },
);

test("a command can be written into memory that is there, and touches nothing around it", () => {
  const target = Buffer.alloc(40, "-");
  const end = writeCommand(["SET", "k", "grün"], target, 3);
  expect(target.toString()).toBe(`---*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$5\r\ngrün\r\n${"-".repeat(40 - end)}`);
});

test("a command needs a name", () => {
  expect(() => encodeCommand([])).toThrow(RangeError);
  expect(() => commandRoom([])).toThrow(RangeError);
});

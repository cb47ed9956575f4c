/**
 * Commands to bytes, in the one form that servers write: an array of bulk strings.
 */
const ZERO = 0x30;
/** Making one for each argument costs more than the rest of the encoding. */
const utf8 = new TextEncoder();

/** A string stands for its UTF-8 bytes. */
export type CommandArgument = Uint8Array | string;

/**
 * The bytes of one command, fresh memory. The first argument is its name.
 *
 * Throws RangeError when there is no argument: servers refuse, or crash on, a record without a name.
 */
export function encodeCommand(args: readonly CommandArgument[]): Uint8Array<ArrayBuffer> {
  if (args.length === 0) throw new RangeError("a command needs a name");
  const parts = args.map((arg) => (typeof arg === "string" ? utf8.encode(arg) : arg));
  let sizeBytes = lineSize(args.length);
  for (const { length } of parts) sizeBytes += lineSize(length) + length + 2;
  const bytes = new Uint8Array(sizeBytes);
  let at = writeLine(bytes, 0, "*", args.length);
  for (const part of parts) {
    at = writeLine(bytes, at, "$", part.length);
    bytes.set(part, at);
    at = writeLineEnd(bytes, at + part.length);
  }
  return bytes;
}

/** Size of a prefix, a number and an end of line. */
function lineSize(value: number): number {
  return digitsOf(value) + 3;
}

function digitsOf(value: number): number {
  let digits = 1;
  for (let rest = value; rest >= 10; rest = Math.floor(rest / 10)) digits++;
  return digits;
}

function writeLine(bytes: Uint8Array, at: number, prefix: "*" | "$", value: number): number {
  bytes[at] = prefix.charCodeAt(0);
  const end = at + 1 + digitsOf(value);
  let rest = value;
  for (let index = end - 1; index > at; index--) {
    bytes[index] = ZERO + (rest % 10);
    rest = Math.floor(rest / 10);
  }
  return writeLineEnd(bytes, end);
}

function writeLineEnd(bytes: Uint8Array, at: number): number {
  bytes[at] = 0x0d;
  bytes[at + 1] = 0x0a;
  return at + 2;
}

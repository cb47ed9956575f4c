/**
 * Commands to bytes, in the one form that servers write: an array of bulk strings.
 *
 * Hot: commandRoom and writeCommand, for whoever writes a log. `npm run bench -- aof-write` watches them.
 */
const ZERO = 0x30;
const CR = 0x0d;
const LF = 0x0a;
const STAR = 0x2a;
const DOLLAR = 0x24;
/** Up to here a loop over characters, or bytes, is quicker than a call that copies them: that costs 20 ns for any number. */
const SHORT = 24;
/** Bytes of a UTF-16 unit. */
const UTF8_MAX = 3;
/** Prefix, 16 digits, line end; and the line end behind an argument. */
const LINE_ROOM = 21;
const utf8 = new TextEncoder();

/** A string stands for its UTF-8 bytes. */
export type CommandArgument = Uint8Array | string;

/**
 * The bytes of one command, fresh memory. The first argument is its name.
 *
 * Throws RangeError when there is no argument: servers refuse, or crash on, a record without a name.
 */
export function encodeCommand(args: readonly CommandArgument[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(commandSize(args));
  writeCommand(args, bytes, 0);
  return bytes;
}

/** How many bytes the command takes. Throws RangeError when there is no argument. */
export function commandSize(args: readonly CommandArgument[]): number {
  if (args.length === 0) throw new RangeError("a command needs a name");
  let sizeBytes = digitsOf(args.length) + 3;
  for (let index = 0; index < args.length; index++) {
    const argument = args[index];
    const length = typeof argument === "string" ? textSize(argument) : argument.length;
    sizeBytes += digitsOf(length) + length + 5;
  }
  return sizeBytes;
}

/** At least as much as commandSize() says, and quicker said: for whoever makes room and then writes. The same RangeError. */
export function commandRoom(args: readonly CommandArgument[]): number {
  if (args.length === 0) throw new RangeError("a command needs a name");
  let sizeBytes = LINE_ROOM;
  for (let index = 0; index < args.length; index++) {
    const argument = args[index];
    if (typeof argument !== "string") sizeBytes += argument.length;
    else sizeBytes += argument.length > SHORT ? textSize(argument) : UTF8_MAX * argument.length;
    sizeBytes += LINE_ROOM;
  }
  return sizeBytes;
}

/** Writes the command at this index, where commandSize() bytes must have room, and returns the index behind it. */
export function writeCommand(args: readonly CommandArgument[], target: Uint8Array, at: number): number {
  at = writeLine(target, at, STAR, args.length);
  for (let index = 0; index < args.length; index++) {
    const argument = args[index];
    at = typeof argument === "string" ? writeText(argument, target, at) : writeBytes(argument, target, at);
    target[at] = CR;
    target[at + 1] = LF;
    at += 2;
  }
  return at;
}

function writeBytes(bytes: Uint8Array, target: Uint8Array, at: number): number {
  const { length } = bytes;
  at = writeLine(target, at, DOLLAR, length);
  if (length > SHORT) target.set(bytes, at);
  else for (let index = 0; index < length; index++) target[at + index] = bytes[index];
  return at + length;
}

/** Short texts are taken for ASCII, until a character says that they are not. */
function writeText(text: string, target: Uint8Array, start: number): number {
  const { length } = text;
  if (length > SHORT) return writeUtf8(text, target, start);
  const at = writeLine(target, start, DOLLAR, length);
  for (let index = 0; index < length; index++) {
    const code = text.charCodeAt(index);
    if (code >= 0x80) return writeUtf8(text, target, start);
    target[at + index] = code;
  }
  return at + length;
}

function writeUtf8(text: string, target: Uint8Array, at: number): number {
  const sizeBytes = Buffer.byteLength(text);
  at = writeLine(target, at, DOLLAR, sizeBytes);
  utf8.encodeInto(text, target.subarray(at, at + sizeBytes));
  return at + sizeBytes;
}

function textSize(text: string): number {
  if (text.length > SHORT) return Buffer.byteLength(text);
  for (let index = 0; index < text.length; index++) {
    if (text.charCodeAt(index) >= 0x80) return Buffer.byteLength(text);
  }
  return text.length;
}

function digitsOf(value: number): number {
  if (value < 10) return 1;
  if (value < 100) return 2;
  let digits = 2;
  for (let rest = value; rest >= 100; rest = Math.floor(rest / 10)) digits++;
  return digits;
}

function writeLine(target: Uint8Array, at: number, prefix: number, value: number): number {
  target[at++] = prefix;
  if (value < 10) target[at++] = ZERO + value;
  else if (value < 100) {
    // A tenth without a division: exact below 1029.
    const tens = (value * 205) >>> 11;
    target[at] = ZERO + tens;
    target[at + 1] = ZERO + value - 10 * tens;
    at += 2;
  } else at = writeDigits(target, at, value);
  target[at] = CR;
  target[at + 1] = LF;
  return at + 2;
}

function writeDigits(target: Uint8Array, at: number, value: number): number {
  const end = at + digitsOf(value);
  let rest = value;
  for (let index = end - 1; index >= at; index--) {
    const tenth = Math.floor(rest / 10);
    target[index] = ZERO + (rest - 10 * tenth);
    rest = tenth;
  }
  return end;
}

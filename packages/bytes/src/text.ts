/**
 * Bytes as text that a person can read and a program can turn back into the same bytes.
 *
 *   \n \r \t \\ \"        the usual ones
 *   \x00…\xff             any other byte that is not part of valid, visible UTF-8
 *   everything else       as it is
 *
 * What counts as visible: no control or format characters, no line separators, no lone marks of direction.
 * Shortening for a column of a table is in preview.ts.
 */

const BACKSLASH = 0x5c;
const QUOTE = 0x22;
const HEX_DIGITS = "0123456789abcdef";
/** Control and format characters, separators other than the plain space, private and unassigned code points. */
const INVISIBLE = /[\p{C}\p{Z}]/u;
const NOT_SPACE = /[^ ]/u;

const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Whether the bytes are valid UTF-8. No bytes at all are. */
export function isUtf8(bytes: Uint8Array): boolean {
  return utf8Of(bytes) !== undefined;
}

/** The text that the bytes are in UTF-8, with every character kept; undefined when they are not valid UTF-8. */
export function utf8Of(bytes: Uint8Array): string | undefined {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return undefined;
  }
}

/** A reversible text of any bytes: parseEscaped() gives them back exactly. */
export function escapeBytes(bytes: Uint8Array): string {
  return [...escapedPieces(bytes)].join("");
}

/**
 * The pieces of escapeBytes(), one for each character or byte that is shown as a unit: to cut a text without
 * cutting an escape in two.
 */
export function* escapedPieces(bytes: Uint8Array): Generator<string, void, void> {
  let at = 0;
  while (at < bytes.length) {
    const size = sequenceSize(bytes, at);
    const character = size === 1 ? String.fromCharCode(bytes[at]) : utf8Of(bytes.subarray(at, at + size));
    if (size === 0 || character === undefined) {
      yield hexEscape(bytes[at++]);
      continue;
    }
    yield escapeCharacter(character, bytes, at, size);
    at += size;
  }
}

/**
 * The bytes that a text of escapeBytes() stands for; plain characters give their UTF-8. Throws SyntaxError with
 * the index in the text for a backslash that starts none of the known escapes.
 */
export function parseEscaped(text: string): Uint8Array {
  const pieces: Uint8Array[] = [];
  let plainStart = 0;
  for (let at = text.indexOf("\\"); at !== -1; at = text.indexOf("\\", plainStart)) {
    pieces.push(Buffer.from(text.slice(plainStart, at), "utf8"));
    const size = text[at + 1] === "x" ? 4 : 2;
    pieces.push(Uint8Array.of(parseEscape(text, at)));
    plainStart = at + size;
  }
  pieces.push(Buffer.from(text.slice(plainStart), "utf8"));
  return Uint8Array.from(Buffer.concat(pieces));
}

/** Bytes of the UTF-8 sequence that starts here, 0 when none can; its trailing bytes are not checked. */
function sequenceSize(bytes: Uint8Array, at: number): number {
  const lead = bytes[at];
  if (lead < 0x80) return 1;
  const size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 0;
  return at + size <= bytes.length ? size : 0;
}

function escapeCharacter(character: string, bytes: Uint8Array, at: number, size: number): string {
  switch (character) {
    case "\n":
      return "\\n";
    case "\r":
      return "\\r";
    case "\t":
      return "\\t";
    case "\\":
      return "\\\\";
    case '"':
      return '\\"';
  }
  if (!INVISIBLE.test(character) || !NOT_SPACE.test(character)) return character;
  return Array.from(bytes.subarray(at, at + size), hexEscape).join("");
}

function hexEscape(byte: number): string {
  return `\\x${HEX_DIGITS[byte >>> 4]}${HEX_DIGITS[byte & 15]}`;
}

function parseEscape(text: string, at: number): number {
  switch (text[at + 1]) {
    case "n":
      return 0x0a;
    case "r":
      return 0x0d;
    case "t":
      return 0x09;
    case "\\":
      return BACKSLASH;
    case '"':
      return QUOTE;
  }
  const hex = /^\\x([0-9a-f]{2})/i.exec(text.slice(at, at + 4));
  if (hex === null) throw new SyntaxError(`unknown escape at index ${at} of ${JSON.stringify(text)}`);
  return Number.parseInt(hex[1], 16);
}

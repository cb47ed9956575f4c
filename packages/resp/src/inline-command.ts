/**
 * Inline commands: a line of words, as people type them and some clients still send them.
 *
 *   SET key "a value\r\n" 'it\'s'
 *
 * Words are parted by white space; a vertical tab or a form feed parts them only where a word has not begun. In double quotes \n \r \t \b \a and \xHH are escapes, and a backslash before any other byte
 * stands for that byte; in single quotes only \' is. Behind a closing quote Redis, and Valkey up to 8.1, want white space or the end; in
 * Valkey 9.1 the word may go on, as in a shell: 'a'b"c" is one word; and there a quote that ends the line closes, whatever is before it.
 * Source: sdssplitargs in sds.c of Redis 6.0 to 8.6; live servers of both families agree with it in the tests.
 * Lines of AOF manifests are split by the same rules, except that no quote closes there because it ends the line (Valkey 9.1.2 observed).
 */

const BACKSLASH = 0x5c;
const DOUBLE = 0x22;
const SINGLE = 0x27;
const LETTER_X = 0x78;
/** By the letter behind the backslash. */
const ESCAPES: ReadonlyMap<number, number> = new Map([
  [0x6e, 0x0a],
  [0x72, 0x0d],
  [0x74, 0x09],
  [0x62, 0x08],
  [0x61, 0x07],
]);

/**
 * What closes a quote, and whether a word may go on behind it.
 *
 *   lax      as clients of Valkey 9.1: a word may go on, and a quote that ends the line closes
 *   joined   as manifests of Valkey 9.1: a word may go on
 *   strict   as everywhere else
 */
export type QuoteRules = "lax" | "joined" | "strict";

/**
 * The words of a line without its end, each in fresh memory; none for a line of white space.
 *
 * undefined when a quote is not closed, or, under strict rules, something stands right behind a closing one. A line ends for the server
 * at its first zero byte, so it does here.
 */
export function splitInline(line: Uint8Array, rules: QuoteRules = "lax"): Uint8Array[] | undefined {
  const zero = line.indexOf(0);
  const text = zero === -1 ? line : line.subarray(0, zero);
  const words: Uint8Array[] = [];
  let at = 0;
  while (true) {
    while (at < text.length && isSpace(text[at])) at++;
    if (at === text.length) return words;
    const word = readWord(text, at, rules);
    if (word === undefined) return undefined;
    words.push(word.bytes);
    at = word.end;
  }
}

interface Word {
  readonly bytes: Uint8Array;
  readonly end: number;
}

/** A word may consist of bare and quoted parts: a"b c" is one of four bytes. */
function readWord(text: Uint8Array, start: number, rules: QuoteRules): Word | undefined {
  const bytes: number[] = [];
  let at = start;
  while (at < text.length && !endsWord(text[at])) {
    const byte = text[at];
    if (byte !== DOUBLE && byte !== SINGLE) {
      bytes.push(byte);
      at++;
      continue;
    }
    const inner = rules === "lax" ? text.length - 1 : text.length;
    const end =
      byte === DOUBLE ? readDouble(text, at + 1, inner, bytes) : readSingle(text, at + 1, inner, bytes);
    if (end === undefined) return undefined;
    if (rules === "strict")
      return end < text.length && !isSpace(text[end]) ? undefined : { bytes: Uint8Array.from(bytes), end };
    at = end;
  }
  return { bytes: Uint8Array.from(bytes), end: at };
}

/**
 * Appends what stands in the quotes; the index behind the closing one, or undefined when there is none. A quote at `inner` or behind
 * it cannot be escaped.
 */
function readDouble(text: Uint8Array, start: number, inner: number, bytes: number[]): number | undefined {
  let at = start;
  while (at < text.length) {
    if (text[at] === DOUBLE) return at + 1;
    const isEscape = at + 1 < text.length && (text[at + 1] !== DOUBLE || at + 1 < inner);
    if (text[at] !== BACKSLASH || !isEscape) {
      bytes.push(text[at++]);
      continue;
    }
    const code = text[at + 1] === LETTER_X ? hexByte(text, at + 2) : undefined;
    bytes.push(code ?? ESCAPES.get(text[at + 1]) ?? text[at + 1]);
    at += code === undefined ? 2 : 4;
  }
  return undefined;
}

function readSingle(text: Uint8Array, start: number, inner: number, bytes: number[]): number | undefined {
  let at = start;
  while (at < text.length) {
    if (text[at] === SINGLE) return at + 1;
    if (text[at] === BACKSLASH && text[at + 1] === SINGLE && at + 1 < inner) at++;
    bytes.push(text[at++]);
  }
  return undefined;
}

/** The byte of two hex digits that stand here; undefined when they do not. */
function hexByte(text: Uint8Array, at: number): number | undefined {
  const digits = String.fromCharCode(...text.subarray(at, at + 2));
  return /^[0-9a-f]{2}$/i.test(digits) ? Number.parseInt(digits, 16) : undefined;
}

/** Fewer bytes than those that may stand between words: a vertical tab or form feed is part of a word. */
function endsWord(byte: number): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d;
}

/** As isspace() of C in its default locale. */
function isSpace(byte: number): boolean {
  return byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
}

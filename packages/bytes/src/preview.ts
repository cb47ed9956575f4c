/**
 * Bytes for people: short enough for a column, safe for a terminal.
 *
 * The escapes are those of text.ts, so that nothing in a key can move the cursor or hide itself. A preview that was
 * not shortened can be turned back into bytes; a shortened one shows an ellipsis.
 *
 * Widths count terminal cells. Wide are the blocks that Unicode Standard Annex 11 calls W or F, and emoji; combining
 * marks take no cell. Terminals disagree about some emoji sequences: such a line may be a cell off.
 */

import { escapedPieces } from "./text.ts";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const ELLIPSIS = "…";
const PLAIN_TEXT = /^[\x20-\x7e]*$/;
const ZERO_WIDTH = /^\p{M}+$/u;
const EMOJI = /\p{Emoji_Presentation}/u;
/** First and last code point of each run of wide characters. */
const WIDE_RANGES: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0x33ff],
  [0x3400, 0x4dbf],
  [0x4e00, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x17000, 0x18aff],
  [0x1b000, 0x1b2ff],
  [0x20000, 0x3fffd],
];

export interface PreviewOptions {
  /** Most terminal cells the preview may take, quotes and ellipsis included. At least 1. */
  readonly maxWidth: number;
  /** Where the ellipsis goes when the text is too long. Default "end". */
  readonly cut?: "end" | "middle";
}

/**
 * The bytes as one line of text, at most `maxWidth` cells wide. It stands in quotes when it is empty or contains
 * spaces or quotes. Only as many bytes are looked at as can be shown.
 */
export function previewBytes(bytes: Uint8Array, options: PreviewOptions): string {
  const { maxWidth, cut = "end" } = options;
  const plain = cut === "end" ? plainWord(bytes, maxWidth) : undefined;
  if (plain !== undefined) return plain;
  const whole = fit(escapedPieces(bytes), maxWidth);
  if (whole.complete) {
    const text = inQuotes(whole.text);
    if (displayWidth(text) <= maxWidth) return text;
  }
  const shown = shorten(bytes, maxWidth, cut);
  const narrower = maxWidth - 2;
  return needsQuotes(shown) && narrower >= 2 ? `"${shorten(bytes, narrower, cut)}"` : shown;
}

/**
 * Most names begin with nothing but letters, digits and signs of ASCII, shown as they are in a cell each. Undefined when other bytes
 * have a say in the first cells.
 */
function plainWord(bytes: Uint8Array, maxWidth: number): string | undefined {
  const seen = Math.min(bytes.length, maxWidth + 1);
  for (let at = 0; at < seen; at++) {
    const byte = bytes[at];
    if (byte <= 0x20 || byte >= 0x7f || byte === QUOTE || byte === BACKSLASH) return undefined;
  }
  if (seen === 0) return undefined;
  if (seen <= maxWidth) return latin1(bytes, seen);
  return `${latin1(bytes, maxWidth - 1)}${ELLIPSIS}`;
}

/** A view and a decoder would take longer than so few characters. */
function latin1(bytes: Uint8Array, size: number): string {
  let text = "";
  for (let at = 0; at < size; at++) text += String.fromCharCode(bytes[at]);
  return text;
}

/** How many terminal cells a text takes. */
export function displayWidth(text: string): number {
  if (PLAIN_TEXT.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += characterWidth(character);
  return width;
}

function needsQuotes(text: string): boolean {
  return text === "" || text.includes(" ") || text.includes('"');
}

function inQuotes(text: string): string {
  return needsQuotes(text) ? `"${text}"` : text;
}

/** The start, and for a cut in the middle also the end, around an ellipsis, in `width` cells. */
function shorten(bytes: Uint8Array, width: number, cut: "end" | "middle"): string {
  const tailWidth = cut === "middle" ? Math.floor((width - 1) / 2) : 0;
  const head = fit(escapedPieces(bytes), width - 1 - tailWidth).text;
  return `${head}${ELLIPSIS}${tail(bytes, tailWidth)}`;
}

/** As many pieces as fit in `width` cells; a run of marks without width is cut as well. */
function fit(pieces: Iterable<string>, width: number): { text: string; complete: boolean } {
  let text = "";
  let used = 0;
  let count = 0;
  for (const piece of pieces) {
    used += displayWidth(piece);
    if (used > width || count++ > 4 * width) return { text, complete: false };
    text += piece;
  }
  return { text, complete: true };
}

/** The last pieces that fit in `width` cells. A character of one cell has at most 4 bytes. */
function tail(bytes: Uint8Array, width: number): string {
  let start = Math.max(0, bytes.length - 4 * width);
  while (start > 0 && start < bytes.length && (bytes[start] & 0xc0) === 0x80) start++;
  const pieces = [...escapedPieces(bytes.subarray(start))];
  let first = pieces.length;
  let used = 0;
  while (first > 0 && (used += displayWidth(pieces[first - 1])) <= width) first--;
  return pieces.slice(first).join("");
}

function characterWidth(character: string): number {
  const code = character.codePointAt(0)!;
  if (code < 0x300) return 1;
  if (ZERO_WIDTH.test(character)) return 0;
  if (EMOJI.test(character)) return 2;
  return WIDE_RANGES.some(([first, last]) => code >= first && code <= last) ? 2 : 1;
}

/**
 * The words of a manifest line, split and quoted as servers do in their configuration files, and for inline commands.
 *
 * Splitting is splitInline() of @holdfast/resp under its rules "joined": everything that any server reads is read, as Valkey 9.1 does where Redis and
 * older Valkey refuse. A zero byte ends a word early, however it got there, because servers keep words as C strings.
 * Source: sdssplitargs and sdscatrepr in sds.c of Redis 7.0, and how aof.c uses them.
 *
 * Text here is latin-1: one character for each byte.
 */
import { splitInline } from "@holdfast/resp";

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", b: "\b", a: "\x07" };
const QUOTED = new Map(Object.entries(ESCAPES).map(([letter, byte]) => [byte, `\\${letter}`]));
/**
 * Visible ASCII without quotes and backslash. Servers write a single quote without quoting it, and then cannot read the line
 * back; in double quotes they can.
 */
const NEEDS_NO_QUOTES = /^[!#-&(-[\]-~]+$/;

/** The words of a line; undefined when its quotes are not balanced. */
export function splitWords(line: string): string[] | undefined {
  return splitInline(Buffer.from(line, "latin1"), "joined")?.map((word) => {
    const text = Buffer.from(word.buffer, word.byteOffset, word.length).toString("latin1");
    const zeroAt = text.indexOf("\0");
    return zeroAt === -1 ? text : text.slice(0, zeroAt);
  });
}

/** A word as servers write a file's name: as it is, or in double quotes. */
export function quoteWord(word: string): string {
  if (NEEDS_NO_QUOTES.test(word)) return word;
  return `"${Array.from(word, quoteByte).join("")}"`;
}

function quoteByte(byte: string): string {
  if (byte === '"' || byte === "\\") return `\\${byte}`;
  const short = QUOTED.get(byte);
  if (short !== undefined) return short;
  return byte >= " " && byte <= "~" ? byte : `\\x${byte.charCodeAt(0).toString(16).padStart(2, "0")}`;
}

/** Manifests and what becomes of them: held against our reader in manifest.test.ts, against servers in manifest-live.test.ts. */
import type { AofFileInfo } from "../src/manifest.ts";

const base = (name: string, sequence = 1): AofFileInfo => ({ name, sequence, role: "base" });

/** What it may have; its text, a character for each byte; the base that it lists. */
export const acceptedManifests: readonly (readonly [string, string, AofFileInfo])[] = [
  ["pairs in any order, keys in any case", "TYPE b Seq 1 fIlE a\n", base("a")],
  ["any white space, and CR LF", " \tfile  a\tseq 1 type b \r\n", base("a")],
  ["a type of which the first letter is right", "file a seq 1 type basis\n", base("a")],
  ["a sequence with something behind it", "file a seq 12x type b\n", base("a", 12)],
  ["a negative sequence of a base", "file a seq -3 type b\n", base("a", -3)],
  ["a repeated key, of which the last one counts", "file a file b seq 1 type b\n", base("b")],
  [
    "double quotes with escapes",
    `${String.raw`file "a \"\x62\n\r\t\b\a\q" seq 1 type b`}\n`,
    base('a "b\n\r\t\b\x07q'),
  ],
  ["single quotes", `file 'a \\'x"' seq 1 type b` + "\n", base("a 'x\"")],
  ["a quote inside a word", `file a"b c" seq 1 type b\n`, base("ab c")],
  ["a zero byte that ends a word", `${String.raw`file "a\x00b" seq 1 type b`}\n`, base("a")],
  ["a name in UTF-8", "file gr\xc3\xbcn seq 1 type b\n", base("grün")],
  ["a base behind the incrs, after a comment", "#x\nfile a seq 1 type b\n", base("a")],
];

/** The same for what Valkey 9.1 accepts, and Redis does not. */
export const acceptedByValkey: typeof acceptedManifests = [
  ["a word directly behind quotes", 'file "a"b seq 1 type b\n', base("ab")],
  ["several quotes in a word", `file "a"'b'c"d" seq 1 type b\n`, base("abcd")],
];

/** What is wrong with it; its text; our error code; where the line begins. Servers refuse these as well. */
export const manifestsThatServersRefuse: readonly (readonly [string, string, string, number])[] = [
  ["nothing", "", "AOF_MANIFEST_EMPTY", 0],
  ["a blank line", "file a seq 1 type b\n\n", "AOF_MANIFEST_BAD_LINE", 20],
  ["a last line without a line feed", "file a seq 1 type b", "AOF_MANIFEST_UNENDED_LINE", 0],
  ["a line of 1025 bytes", `file a seq 1 type b${" ".repeat(1005)}\n`, "AOF_MANIFEST_LONG_LINE", 0],
  ["a long comment that goes on as something else", `#${"x".repeat(1023)}y\n`, "AOF_MANIFEST_BAD_LINE", 1024],
  ["an odd number of words", "file a seq 1 type b more\n", "AOF_MANIFEST_BAD_LINE", 0],
  ["too few words", "file a seq 1\n", "AOF_MANIFEST_BAD_LINE", 0],
  ["no file", "fill a seq 1 type b\n", "AOF_MANIFEST_BAD_LINE", 0],
  ["no sequence", "file a sec 1 type b\n", "AOF_MANIFEST_BAD_LINE", 0],
  ["sequence 0", "file a seq 0 type b\n", "AOF_MANIFEST_BAD_LINE", 0],
  ["a sequence that is none", "file a seq abc type b\n", "AOF_MANIFEST_BAD_LINE", 0],
  ["no type", "file a seq 1 tape b\n", "AOF_MANIFEST_BAD_LINE", 0],
  ["an empty type", 'file a seq 1 type ""\n', "AOF_MANIFEST_BAD_LINE", 0],
  ["a type in capitals", "file a seq 1 type B\n", "AOF_MANIFEST_BAD_TYPE", 0],
  ["an unknown type", "file a seq 1 type toString\n", "AOF_MANIFEST_BAD_TYPE", 0],
  ["a path", "file a/b seq 1 type b\n", "AOF_MANIFEST_BAD_NAME", 0],
  ["a path of Windows", `${String.raw`file "a\\b" seq 1 type b`}\n`, "AOF_MANIFEST_BAD_NAME", 0],
  [
    "a quote behind a backslash that ends the line",
    `${String.raw`file a seq 1 type 'b\'`}\n`,
    "AOF_MANIFEST_BAD_LINE",
    0,
  ],
  ["quotes that are not closed", 'file "a seq 1 type b\n', "AOF_MANIFEST_BAD_LINE", 0],
  ["a zero byte", "file a\0 seq 1 type b\n", "AOF_MANIFEST_BAD_LINE", 0],
  ["two bases", "file a seq 1 type b\nfile c seq 2 type b\n", "AOF_MANIFEST_TWO_BASES", 20],
  ["incrs that do not rise", "file a seq 2 type i\nfile c seq 2 type i\n", "AOF_MANIFEST_BAD_ORDER", 20],
  ["a negative incr", "file a seq -1 type i\n", "AOF_MANIFEST_BAD_ORDER", 0],
];

/** The same for the three things that servers accept and we do not. */
export const refusedManifests: readonly (readonly [string, string, string, number])[] = [
  ...manifestsThatServersRefuse,
  ["a sequence above 2^53", "file a seq 9007199254740992 type b\n", "AOF_MANIFEST_BAD_NUMBER", 0],
  ["the directory above", "file .. seq 1 type h\n", "AOF_MANIFEST_BAD_NAME", 0],
  ["a name that is no text", "file a\xff seq 1 type b\n", "AOF_MANIFEST_BAD_NAME", 0],
];

/**
 * The manifest of an append-only directory: which files there are, and in which order.
 *
 *   # a line that begins with # is a comment
 *   file appendonly.aof.2.base.rdb seq 2 type b
 *   file appendonly.aof.1.base.rdb seq 1 type h
 *   file appendonly.aof.5.incr.aof seq 5 type i startoffset 1204 endoffset 2408
 *
 * A line is pairs of a key and a value in any order. Its length is at most 1024 bytes with the line feed. Bases come first when
 * servers write it, then history, then incrs in order. Offsets are those of replication, and of Redis 8.0 or later.
 *
 * What is accepted here is what Redis 7.0 to 8.6 and Valkey 9.1 accept, except for the limits in the README. Source: aof.c,
 * aofLoadManifestFromFile and getAofManifestAsString. Words and quotes are in manifest-words.ts.
 */
import { utf8Of } from "@holdfast/bytes";
import { AofFormatError, type AofFormatErrorCode } from "./errors.ts";
import { isPlainName } from "./file-names.ts";
import { quoteWord, splitWords } from "./manifest-words.ts";

/** Base: what the incrs build on. History: no longer needed, and to be removed. */
export type AofRole = "base" | "incr" | "history";

export interface AofFileInfo {
  readonly name: string;
  /** Never 0. Base and incrs count for themselves. */
  readonly sequence: number;
  readonly role: AofRole;
  /** Replication offset at the first byte of the file (Redis 8.0 or later). */
  readonly startOffset?: number | undefined;
  /** Replication offset behind its last byte: written when the server was shut down. Counts only with a `startOffset`. */
  readonly endOffset?: number | undefined;
  /** Pairs that nothing here knows, in order; each word byte for byte as latin-1. */
  readonly otherPairs?: readonly (readonly [string, string])[] | undefined;
}

export interface AofManifest {
  readonly base: AofFileInfo | undefined;
  readonly history: readonly AofFileInfo[];
  /** Sequences rise; there may be gaps. The last one is appended to. */
  readonly increments: readonly AofFileInfo[];
  /** Comment lines with their #, byte for byte as latin-1. They are written in front of everything else. */
  readonly comments: readonly string[];
}

export const EMPTY_MANIFEST: AofManifest = { base: undefined, history: [], increments: [], comments: [] };

/** Longest line that servers read, its line feed included. */
const LINE_BYTES_MAX = 1024;
const WORDS_MIN = 6;
const ROLES: Readonly<Record<string, AofRole>> = { b: "base", i: "incr", h: "history" };

/**
 * Reads a manifest. A file without any line is an error; one with nothing but comments is an empty manifest. Throws
 * AofFormatError with line, offset of that line, and `path` if given.
 */
export function parseManifest(bytes: Uint8Array, path?: string): AofManifest {
  if (bytes.length === 0) {
    throw new AofFormatError("AOF_MANIFEST_EMPTY", "the manifest is empty", { offset: 0, path });
  }
  const reading = new ManifestReading();
  for (const [index, line] of linesOf(bytes).entries()) {
    try {
      reading.add(line.text);
    } catch (error) {
      if (!(error instanceof LineProblem)) throw error;
      throw new AofFormatError(error.code, error.message, { offset: line.offset, path, line: index + 1 });
    }
  }
  return reading.manifest();
}

/** The bytes of a manifest as servers of 7.0 write it, offsets only where there are some. Throws AofFormatError when a line would be too long to be read again. */
export function formatManifest(manifest: AofManifest): Uint8Array {
  const { base, history, increments, comments } = manifest;
  const files = [...(base === undefined ? [] : [base]), ...history, ...increments];
  const lines = [...comments.flatMap(foldComment), ...files.map(formatLine)];
  return Buffer.from(lines.map((line) => `${line}\n`).join(""), "latin1");
}

/** Every file that has to exist: base and incrs, in the order they are loaded in. */
export function loadedFiles({ base, increments }: AofManifest): readonly AofFileInfo[] {
  return base === undefined ? increments : [base, ...increments];
}

/** What is wrong with the line at hand; becomes an error with a place. */
class LineProblem extends Error {
  readonly code: AofFormatErrorCode;

  constructor(code: AofFormatErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

class ManifestReading {
  #base: AofFileInfo | undefined;
  readonly #history: AofFileInfo[] = [];
  readonly #increments: AofFileInfo[] = [];
  readonly #comments: string[] = [];

  add(line: string): void {
    if (line.startsWith("#")) this.#comments.push(line.replace(/\n$/, ""));
    else this.#addFile(parseLine(line));
  }

  manifest(): AofManifest {
    return {
      base: this.#base,
      history: this.#history,
      increments: this.#increments,
      comments: this.#comments,
    };
  }

  #addFile(file: AofFileInfo): void {
    switch (file.role) {
      case "base":
        if (this.#base !== undefined) {
          const detail = `a second base, ${file.name}, beside ${this.#base.name}`;
          throw new LineProblem("AOF_MANIFEST_TWO_BASES", detail);
        }
        this.#base = file;
        break;
      case "history":
        this.#history.push(file);
        break;
      case "incr":
        this.#addIncrement(file);
    }
  }

  #addIncrement(file: AofFileInfo): void {
    const before = this.#increments.at(-1)?.sequence ?? 0;
    if (file.sequence <= before) {
      const detail = `incr sequence ${file.sequence} does not rise above ${before}`;
      throw new LineProblem("AOF_MANIFEST_BAD_ORDER", detail);
    }
    this.#increments.push(file);
  }
}

interface Line {
  /** With its line feed, if it has one. */
  readonly text: string;
  readonly offset: number;
}

/** Lines as servers read them: a longer one falls into pieces of 1024 bytes, which matters for comments. */
function linesOf(bytes: Uint8Array): Line[] {
  const lines: Line[] = [];
  for (let offset = 0; offset < bytes.length; ) {
    const feed = bytes.indexOf(0x0a, offset);
    const end = Math.min(feed === -1 ? bytes.length : feed + 1, offset + LINE_BYTES_MAX);
    lines.push({ text: Buffer.from(bytes.subarray(offset, end)).toString("latin1"), offset });
    offset = end;
  }
  return lines;
}

function parseLine(text: string): AofFileInfo {
  requireWholeLine(text);
  const words = splitWords(text.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, ""));
  if (words === undefined) throw new LineProblem("AOF_MANIFEST_BAD_LINE", "the quotes are not balanced");
  if (words.length < WORDS_MIN || words.length % 2 !== 0) {
    const detail = `expected pairs of words, at least file, seq and type, found ${words.length} words`;
    throw new LineProblem("AOF_MANIFEST_BAD_LINE", detail);
  }
  const { known, otherPairs } = readPairs(words);
  const role = readRole(known.get("type"));
  const sequence = readNumber("seq", known.get("seq"));
  if (sequence === 0) throw new LineProblem("AOF_MANIFEST_BAD_LINE", "seq is missing or 0");
  const startOffset = readOffset("startoffset", known.get("startoffset"));
  const endOffset = readOffset("endoffset", known.get("endoffset"));
  return {
    name: readName(known.get("file")),
    sequence,
    role,
    ...(startOffset === undefined ? {} : { startOffset }),
    ...(endOffset === undefined ? {} : { endOffset }),
    ...(otherPairs.length === 0 ? {} : { otherPairs }),
  };
}

function requireWholeLine(text: string): void {
  if (text.includes("\0")) throw new LineProblem("AOF_MANIFEST_BAD_LINE", "a zero byte in the line");
  if (text.endsWith("\n")) return;
  if (text.length === LINE_BYTES_MAX) {
    throw new LineProblem("AOF_MANIFEST_LONG_LINE", `longer than ${LINE_BYTES_MAX} bytes`);
  }
  throw new LineProblem("AOF_MANIFEST_UNENDED_LINE", "the last line has no line feed: it may be cut short");
}

const KNOWN_KEYS = ["file", "seq", "type", "startoffset", "endoffset"];

/** The last one of a repeated key counts, as with servers. */
function readPairs(words: readonly string[]) {
  const known = new Map<string, string>();
  const otherPairs: (readonly [string, string])[] = [];
  for (let index = 0; index < words.length; index += 2) {
    const key = words[index].toLowerCase();
    if (KNOWN_KEYS.includes(key)) known.set(key, words[index + 1]);
    else otherPairs.push([words[index], words[index + 1]]);
  }
  return { known, otherPairs };
}

function readName(word: string | undefined): string {
  if (word === undefined) throw new LineProblem("AOF_MANIFEST_BAD_LINE", "file is missing");
  const name = utf8Of(Buffer.from(word, "latin1"));
  if (name === undefined) throw new LineProblem("AOF_MANIFEST_BAD_NAME", "a file name that is not UTF-8");
  if (!isPlainName(name)) {
    throw new LineProblem(
      "AOF_MANIFEST_BAD_NAME",
      `expected a plain file name, found ${JSON.stringify(name)}`,
    );
  }
  return name;
}

/** Servers look at the first letter alone, and only at small ones. */
function readRole(word: string | undefined): AofRole {
  if (word === undefined || word === "") {
    throw new LineProblem("AOF_MANIFEST_BAD_LINE", "type is missing");
  }
  const role = Object.hasOwn(ROLES, word[0]) ? ROLES[word[0]] : undefined;
  if (role !== undefined) return role;
  throw new LineProblem("AOF_MANIFEST_BAD_TYPE", `expected type b, i or h, found ${JSON.stringify(word)}`);
}

/** As atoll() reads it: digits at the beginning, 0 when there are none. */
function readNumber(key: string, word: string | undefined): number {
  const digits = /^[ \t\n\v\f\r]*([-+]?\d+)/.exec(word ?? "")?.[1];
  const value = digits === undefined ? 0 : Number(digits);
  if (Number.isSafeInteger(value)) return value;
  throw new LineProblem("AOF_MANIFEST_BAD_NUMBER", `${key} ${digits} is above 2^53 - 1`);
}

/** Servers take -1 for none. */
function readOffset(key: string, word: string | undefined): number | undefined {
  if (word === undefined) return undefined;
  const value = readNumber(key, word);
  return value === -1 ? undefined : value;
}

function formatLine(file: AofFileInfo): string {
  const { name, sequence, role, startOffset, endOffset, otherPairs = [] } = file;
  const words = [
    ["file", quoteWord(Buffer.from(name, "utf8").toString("latin1"))],
    ["seq", String(sequence)],
    ["type", role[0]],
    ...(startOffset === undefined ? [] : [["startoffset", String(startOffset)]]),
    ...(startOffset === undefined || endOffset === undefined ? [] : [["endoffset", String(endOffset)]]),
    ...otherPairs.map((pair) => pair.map(quoteWord)),
  ];
  const line = words.map((pair) => pair.join(" ")).join(" ");
  if (line.length < LINE_BYTES_MAX) return line;
  const detail = `the line of ${name} would be longer than ${LINE_BYTES_MAX} bytes`;
  throw new AofFormatError("AOF_MANIFEST_LONG_LINE", detail, { offset: 0 });
}

/** A comment that came in pieces of a longer line must not leave one behind that is no comment. */
function foldComment(comment: string): string[] {
  const pieces: string[] = [];
  for (let rest = comment; rest.length > 0; rest = rest === "" ? "" : `#${rest}`) {
    pieces.push(rest.slice(0, LINE_BYTES_MAX - 1));
    rest = rest.slice(LINE_BYTES_MAX - 1);
  }
  return pieces;
}

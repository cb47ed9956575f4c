/**
 * Conversations: what two sides of a protocol say to each other, as a text that people read and tests repeat.
 *
 *   # A replica that missed five bytes goes on without a snapshot.
 *   replica  replid=aaaa offset=95                what is given, before the line of dashes
 *   ----
 *   replica > PSYNC aaaa 96                       words: a command, as an array of bulk strings
 *   primary > +CONTINUE aaaa                      + - : $ * begin a line that is sent as it stands, with CR LF
 *   primary > "\n"                                JSON text: these bytes and nothing else
 *   primary > <empty.rdb> "+more"                 several of the last two kinds may follow each other; <name> is asked for
 *   replica ! continued at 95                     anything else that happens: compared as text
 *   at 1000                                       what is done to the tested side, in words of its own
 *
 * `aaaa` is short for 40 times a hex digit, anywhere. Only one side is tested: its lines are what it has to do, all others are done
 * to it. Running a conversation gives the text back with what really happened, so a difference reads like a diff.
 */
import { readFileSync } from "node:fs";

export interface ConversationLine {
  /** "replica", "primary", or "" for lines without a speaker. */
  readonly who: string;
  /** ">" says bytes, "!" tells something else, "" is an instruction. */
  readonly sign: ">" | "!" | "";
  readonly text: string;
}

export interface Conversation {
  /** The comment at its head. */
  readonly title: string;
  /** Words such as replid=aaaa, by name. */
  readonly given: ReadonlyMap<string, string>;
  readonly lines: readonly ConversationLine[];
}

export function readConversation(path: string): Conversation {
  const [head, body] = readFileSync(path, "utf8").split(/^-{4,}$/m);
  if (body === undefined)
    throw new Error(`${path}: no line of dashes between what is given and what is said`);
  const title = head.split("\n").filter((line) => line.startsWith("#"));
  const given = [...head.matchAll(/(\w+)=(\S+)/g)].map(([, name, value]) => [name, lengthen(value)] as const);
  const lines = body.split("\n").filter((line) => line.trim() !== "" && !line.startsWith("#"));
  return {
    title: title.map((line) => line.slice(1).trim()).join(" "),
    given: new Map(given),
    lines: lines.map(parseLine),
  };
}

function parseLine(line: string): ConversationLine {
  const said = /^(\w+) ([>!]) (.*)$/.exec(line.trimEnd());
  if (said === null) return { who: "", sign: "", text: line.trim() };
  return { who: said[1], sign: said[2] as ">" | "!", text: said[3] };
}

/** The bytes that the text of a ">" line stands for; `named` gives those of <name>. */
export function conversationBytes(text: string, named: (name: string) => Uint8Array): Uint8Array {
  const long = lengthen(text);
  if (/^["<]/.test(long)) {
    const parts = [...long.matchAll(/"(?:[^"\\]|\\.)*"|<([^>]+)>/g)];
    return Buffer.concat(parts.map(([part, name]) => (name === undefined ? quoted(part) : named(name))));
  }
  if (/^[-+:$*]/.test(long)) return Buffer.from(`${long}\r\n`, "latin1");
  const words = long.split(" ");
  const bulks = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`);
  return Buffer.from(`*${words.length}\r\n${bulks.join("")}`);
}

/** Bytes as the text of a ">" line: words where they are one command, a line where they are one, JSON otherwise. */
export function conversationText(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString("latin1");
  for (const candidate of [wordsOf(text), text.replace(/\r\n$/, "")]) {
    if (candidate === undefined || /["<\r\n]/.test(candidate)) continue;
    const again = conversationBytes(candidate, () => new Uint8Array(0));
    if (Buffer.compare(again, bytes) === 0) return shortReplids(candidate);
  }
  return shortReplids(JSON.stringify(text));
}

function wordsOf(text: string): string | undefined {
  const bulks = [...text.matchAll(/\$\d+\r\n(.*?)\r\n/gs)].map((match) => match[1]);
  return text.startsWith("*") && bulks.every((word) => /^[^\s]+$/.test(word)) ? bulks.join(" ") : undefined;
}

function quoted(json: string): Buffer {
  return Buffer.from(JSON.parse(json) as string, "latin1");
}

/** Replids are long and tell nothing: four equal hex digits by themselves stand for forty. */
function lengthen(text: string): string {
  return text.replace(/(?<![0-9a-f])([a-f])\1{3}(?![0-9a-z])/g, (_, digit: string) => digit.repeat(40));
}

/** Shortens what was lengthened: for texts that are compared with those of a file. */
export function shortReplids(text: string): string {
  return text.replace(/([a-f])\1{39}/g, (_, digit: string) => digit.repeat(4));
}

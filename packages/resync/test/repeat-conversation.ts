/** Repeats a conversation with one side tested, and gives the whole of it back as it went. */
import {
  type Chunking,
  type Conversation,
  chunkings,
  conversationBytes,
  fixturePath,
  listFixtures,
  readConversation,
  seededRandom,
  testSeed,
} from "@holdfast/testkit";
import { expect, test } from "vitest";
import { smallSnapshot } from "./small-snapshots.ts";

export interface TestedSide {
  /** Takes one chunk from the other side. */
  receive(bytes: Uint8Array): void;
  /** Does what a line without a speaker says; returns what to write instead of the line, if anything. */
  instruct(word: string, value: string): string | undefined;
  /** Lines for everything that was done since it was asked last, neighbours merged where cuts make no difference. */
  take(): string[];
}

/** How many ways chunkings() has to cut. */
const CUTS = [...chunkings(new Uint8Array(1), seededRandom(0))].length;

/** A test for each conversation of the folder: whole, byte by byte, and cut at random, `side` does what is written. */
export function testConversations(
  side: "replica" | "primary",
  begin: (given: ReadonlyMap<string, string>) => TestedSide,
): void {
  test.each(listFixtures(`resync/${side}`, ".txt"))("$name", ({ name }) => {
    const conversation = readConversation(fixturePath(`resync/${side}`, `${name}.txt`));
    const random = seededRandom(testSeed());
    const written = conversation.lines.map(lineText).join("\n");
    for (let cut = 0; cut < CUTS; cut++) {
      const cutting = (bytes: Uint8Array) => [...chunkings(bytes, random)][cut];
      const said = repeat(conversation, side, begin(conversation.given), cutting);
      expect(said.join("\n"), `cut ${cut}`).toBe(written);
    }
  });
}

function repeat(
  conversation: Conversation,
  side: "replica" | "primary",
  tested: TestedSide,
  cut: (bytes: Uint8Array) => Chunking,
): string[] {
  const said: string[] = [];
  for (const line of conversation.lines) {
    if (line.who === side) continue;
    if (line.who === "") {
      const [word, ...values] = line.text.split(" ");
      said.push(tested.instruct(word, values.join(" ")) ?? line.text);
    } else {
      said.push(lineText(line));
      for (const chunk of cut(conversationBytes(line.text, smallSnapshot)).chunks)
        tested.receive(chunk.slice());
    }
    said.push(...tested.take().map((text) => `${side} ${text}`));
  }
  return said;
}

function lineText({ who, sign, text }: Conversation["lines"][number]): string {
  return who === "" ? text : `${who} ${sign} ${text}`;
}

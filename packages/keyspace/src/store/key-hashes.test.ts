import { ByteSlice } from "@holdfast/rdb";
import { CommandDecoder, encodeCommand } from "@holdfast/resp";
import { seededRandom, testSeed } from "@holdfast/testkit";
import { expect, it } from "vitest";
import type { CommandRows } from "../arguments.ts";
import { hashOfBytes } from "./key-hash.ts";
import { aheadMax, KeyHashes } from "./key-hashes.ts";

const seed = [17, 4] as const;
const hashOf = ({ buffer, start, end }: ByteSlice) => hashOfBytes(buffer, start, end, ...seed);

function rowsOf(commands: readonly (readonly string[])[]): CommandRows {
  const decoder = new CommandDecoder();
  decoder.push(Buffer.concat(commands.map((words) => encodeCommand(words))));
  const batch = decoder.next();
  if (batch?.kind !== "commands") throw new Error("no commands");
  return batch;
}

function wordOf(rows: CommandRows, command: number, word: number): ByteSlice {
  const at = 2 * (rows.firstArgument(command) + word);
  return new ByteSlice(rows.buffer, rows.origin + rows.bounds[at], rows.origin + rows.bounds[at + 1]);
}

it("are those of the bytes, in whatever order they are asked for", () => {
  const random = seededRandom(testSeed());
  const hashes = new KeyHashes(seed);
  for (let round = 0; round < 50; round++) {
    const commands = Array.from({ length: 1 + random.below(aheadMax) }, () =>
      ["MGET", "a", "key", `key:${random.below(100)}`].slice(0, 1 + random.below(4)),
    );
    const rows = rowsOf(commands);
    hashes.ahead(rows, 0, commands.length);
    for (let turn = 0; turn < 200; turn++) {
      const command = random.below(2) === 0 ? turn % commands.length : random.below(commands.length);
      const slice = wordOf(rows, command, random.below(commands[command].length));
      expect(hashes.of(slice)).toBe(hashOf(slice));
    }
    hashes.forget();
  }
});

it("are made anew for other bytes in the same place", () => {
  const hashes = new KeyHashes(seed);
  const rows = rowsOf([["GET", "one"]]);
  hashes.ahead(rows, 0, 1);
  const slice = wordOf(rows, 0, 1);
  const before = hashes.of(slice);
  slice.buffer[slice.start] += 1;
  hashes.forget();
  expect(hashes.of(slice)).toBe(hashOf(slice));
  expect(hashes.of(slice)).not.toBe(before);
});

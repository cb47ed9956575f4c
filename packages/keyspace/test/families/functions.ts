import { encodeDumpPayload } from "@holdfast/rdb";
import type { SeededRandom } from "@holdfast/testkit";
import type { CommandMaker } from "../differential.ts";
import { maybe } from "../random-words.ts";

const functionOpcode = 245;

function code(random: SeededRandom): string {
  const number = random.below(4);
  const head = random.pick([
    `#!lua name=lib${number}`,
    `#!LUA  name=lib${number}`,
    `#!lua name='lib${number}'`,
  ]);
  return `${head}\n-- ${random.below(1000)}\nredis.register_function('f${number}', function() return 1 end)`;
}

/** What FUNCTION DUMP answers for these libraries. */
function payload(codes: readonly string[]): Uint8Array {
  const strings = codes.map((text, index) => {
    const bytes = Buffer.from(text, "latin1");
    const head = [0x40 | (bytes.length >> 8), bytes.length & 0xff];
    return Buffer.concat([Uint8Array.from(index === 0 ? head : [functionOpcode, ...head]), bytes]);
  });
  return encodeDumpPayload({ typeNumber: functionOpcode, value: Buffer.concat(strings), version: 10 });
}

export const functionMakers: readonly CommandMaker[] = [
  (random) => ["FUNCTION", "LOAD", ...maybe(random, "REPLACE"), code(random)],
  (random) => ["function", "load", "replace", code(random)],
  (random) => ["FUNCTION", "DELETE", `lib${random.below(4)}`],
  (random) =>
    random.below(5) === 0 ? ["FUNCTION", "FLUSH", ...maybe(random, "ASYNC")] : ["FUNCTION", "LIST"],
  (random) => [
    "FUNCTION",
    "RESTORE",
    payload([code(random), ...(random.below(2) === 0 ? [code(random)] : [])]),
    ...maybe(random, random.pick(["FLUSH", "append", "REPLACE"])),
  ],
  (random) => ["SET", "key", random.below(9)],
];

/** Commands of all families at random, for properties that need no server. */
import type { SeededRandom } from "@holdfast/testkit";
import type { Keyspace, Outcome } from "../src/index.ts";
import type { CommandMaker, Word } from "./differential.ts";
import { hashExpiryMakers } from "./families/hashes.ts";
import { keyMakers } from "./families/keys.ts";
import { listMakers } from "./families/lists.ts";
import { setMakers } from "./families/sets.ts";
import { stringMakers } from "./families/strings.ts";
import { zsetMakers } from "./families/zsets.ts";

export const allMakers: readonly CommandMaker[] = [
  ...keyMakers,
  ...stringMakers,
  ...listMakers,
  ...setMakers,
  ...zsetMakers,
  ...hashExpiryMakers,
];

export function drawCommand(random: SeededRandom): readonly Word[] {
  return random.pick(allMakers)(random);
}

export function applyWords(keyspace: Keyspace, words: readonly Word[]): Outcome {
  return keyspace.apply(
    words.map((word) => (typeof word === "object" ? word : Buffer.from(String(word), "latin1"))),
  );
}

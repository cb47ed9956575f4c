/**
 * Where the keys of a command stand among its words.
 *
 * The target says it of most (COMMAND: first, last, step). Of those whose places depend on their arguments, these can stand in a stream:
 *
 *   EVAL EVALSHA FCALL                   script numkeys key…
 *   ZUNIONSTORE ZINTERSTORE ZDIFFSTORE   destination numkeys key…
 *   MSETEX                               numkeys key value…
 *   SORT key … STORE destination,  GEORADIUS, GEORADIUSBYMEMBER key … STORE|STOREDIST destination
 *
 * Source: the key specifications in src/commands/ of Redis 8 and Valkey 9, and db.c of Redis 6.0.
 */
import type { CommandFacts } from "../target/target-facts.ts";

/** Indices of the keys, rising; undefined when that is not known. `words` begin with the name. */
export function keyIndices(
  name: string,
  words: readonly Uint8Array[],
  facts: CommandFacts | undefined,
): readonly number[] | undefined {
  switch (name) {
    case "eval":
    case "evalsha":
    case "fcall":
      return counted(words, 2, 3, 1);
    case "zunionstore":
    case "zinterstore":
    case "zdiffstore": {
      const sources = counted(words, 2, 3, 1);
      return sources === undefined ? undefined : [1, ...sources];
    }
    case "msetex":
      return counted(words, 1, 2, 2);
    case "sort":
    case "georadius":
    case "georadiusbymember":
      return [1, ...storeDestinations(words)];
  }
  if (facts === undefined || facts.isMovable) return undefined;
  if (facts.firstKey === 0) return [];
  const last = facts.lastKey < 0 ? words.length + facts.lastKey : facts.lastKey;
  const indices: number[] = [];
  for (let index = facts.firstKey; index <= last && index < words.length; index += facts.step)
    indices.push(index);
  return indices;
}

function counted(words: readonly Uint8Array[], at: number, first: number, step: number) {
  const count = Number(textOf(words[at]));
  const last = first + (count - 1) * step;
  if (!Number.isSafeInteger(count) || count < 0 || last >= words.length) return undefined;
  return Array.from({ length: count }, (_, index) => first + index * step);
}

function storeDestinations(words: readonly Uint8Array[]): number[] {
  for (let index = words.length - 2; index > 1; index--) {
    const word = textOf(words[index]).toLowerCase();
    if (word === "store" || word === "storedist") return [index + 1];
  }
  return [];
}

function textOf(bytes: Uint8Array | undefined): string {
  return bytes === undefined ? "" : Buffer.from(bytes).toString("latin1");
}

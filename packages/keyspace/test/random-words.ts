/** Words that random commands are made of: few keys, so that commands meet; values that are numbers, text and bytes. */
import type { SeededRandom } from "@holdfast/testkit";
import type { Word } from "./differential.ts";

/** A key of a family: commands of one family mostly meet keys of their own type, and now and then another's. */
export function keyOf(random: SeededRandom, family: string, count = 12): string {
  const name =
    random.below(40) === 0 ? random.pick(["str", "list", "set", "zset", "hash", "stream"]) : family;
  return `${name}:${random.below(count)}`;
}

export function anyValue(random: SeededRandom): string | Uint8Array {
  switch (random.below(5)) {
    case 0:
      return String(random.below(2000) - 1000);
    case 1:
      return String(random.below(2 ** 32) * 2 ** 20);
    case 2:
      return random.bytes(random.below(20));
    case 3:
      return random.bytes(random.below(300));
    default:
      return `text ${random.below(50)}`;
  }
}

/** A member, a field or an element out of few. */
export function memberOf(random: SeededRandom, count = 30): string | Uint8Array {
  const number = random.below(count);
  return random.below(3) === 0 ? Uint8Array.of(number, 0, 255 - number) : `m${number}`;
}

export function membersOf(random: SeededRandom, most = 6): (string | Uint8Array)[] {
  return Array.from({ length: 1 + random.below(most) }, () => memberOf(random));
}

/** Unix ms far away. */
export function farMs(random: SeededRandom): number {
  return 4_000_000_000_000 + random.below(1_000_000_000);
}

export function indexOf(random: SeededRandom): number {
  return random.below(40) - 20;
}

/** These words, or none of them. */
export function maybe(random: SeededRandom, ...words: Word[]): Word[] {
  return random.below(2) === 0 ? [] : words;
}

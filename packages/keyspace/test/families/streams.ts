/** Commands on streams with many option forms: some are refused, by old servers more; that is part of the play. */
import type { SeededRandom } from "@holdfast/testkit";

const keys = ["s0", "s1", "s\xff2"];
const clockKey = "s3";
const groups = ["g0", "g1"];
const consumers = ["c0", "c1", "c\x002"];
const policies = ["KEEPREF", "DELREF", "ACKED"];

/** Draws commands; ids grow, so that later ones can name earlier ones. Words are latin-1. */
export function drawStreamCommands(random: SeededRandom, count: number): string[][] {
  const draw = new StreamDraw(random);
  return Array.from({ length: count }, () => draw.command());
}

class StreamDraw {
  readonly #random: SeededRandom;
  #ms = 5;
  readonly #ids: string[] = [];
  /** Only grows: Redis 8.6 cuts ENTRIESREAD at what was added, and other servers do not. */
  #added = 0;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  command(): string[] {
    const kinds = [
      ...Array<() => string[]>(12).fill(() => this.#add()),
      ...Array<() => string[]>(5).fill(() => this.#read()),
      ...Array<() => string[]>(3).fill(() => this.#acknowledge()),
      ...Array<() => string[]>(3).fill(() => this.#claim()),
      () => this.#trim(),
      () => this.#remove(),
      () => this.#removeByPolicy(),
      () => this.#group(),
      () => this.#group(),
      () => this.#setId(),
      () => this.#configure(),
    ];
    return this.#random.pick(kinds)();
  }

  /** Ids of the server's clock go to one stream: in it, those that are drawn would be too small for ever. */
  #add(): string[] {
    const isIdempotent = this.#chance(6);
    const isByClock = isIdempotent || this.#chance(9);
    const words = ["XADD", isByClock ? clockKey : this.#random.pick(keys)];
    if (this.#chance(10)) words.push("NOMKSTREAM");
    if (this.#chance(8)) words.push(this.#random.pick(policies));
    if (this.#chance(5)) words.push(...this.#trimWords());
    if (isIdempotent) words.push("IDMP", this.#random.pick(["p0", "p1"]), `i${this.#random.below(6)}`);
    words.push(isByClock ? "*" : this.#newId());
    const fields = this.#chance(3) ? ["a", "b"] : ["f", "g", "h"].slice(0, 1 + this.#random.below(3));
    for (const field of fields) words.push(field, this.#value());
    return words;
  }

  #trim(): string[] {
    const words = ["XTRIM", this.#key(), ...this.#trimWords()];
    if (this.#chance(3)) words.push(this.#random.pick(policies));
    return words;
  }

  #trimWords(): string[] {
    const how = this.#random.pick(["=", "~", ""]);
    const words = this.#chance(2)
      ? ["MAXLEN", how, String(this.#random.below(60))]
      : ["MINID", how, this.#oldId()];
    if (how === "~" && this.#chance(2)) words.push("LIMIT", String(this.#random.below(100)));
    return words.filter((word) => word !== "");
  }

  #remove(): string[] {
    return ["XDEL", this.#key(), ...this.#someIds()];
  }

  #removeByPolicy(): string[] {
    const ids = this.#someIds();
    const words = this.#chance(2)
      ? ["XDELEX", this.#key()]
      : ["XACKDEL", this.#key(), this.#random.pick(groups)];
    if (this.#chance(2)) words.push(this.#random.pick(policies));
    return [...words, "IDS", String(ids.length), ...ids];
  }

  #acknowledge(): string[] {
    return ["XACK", this.#key(), this.#random.pick(groups), ...this.#someIds()];
  }

  #read(): string[] {
    const words = ["XREADGROUP", "GROUP", this.#random.pick(groups), this.#random.pick(consumers)];
    if (this.#chance(2)) words.push("COUNT", String(1 + this.#random.below(20)));
    if (this.#chance(6)) words.push("NOACK");
    return [...words, "STREAMS", this.#key(), this.#chance(8) ? "0" : ">"];
  }

  #claim(): string[] {
    const place = [this.#key(), this.#random.pick(groups), this.#random.pick(consumers)];
    if (this.#chance(4)) {
      const words = ["XAUTOCLAIM", ...place, "0", this.#oldId(), "COUNT", String(1 + this.#random.below(9))];
      return this.#chance(2) ? [...words, "JUSTID"] : words;
    }
    const words = ["XCLAIM", ...place, "0", ...this.#someIds()];
    if (this.#chance(3)) words.push("FORCE");
    if (this.#chance(3)) words.push("JUSTID");
    if (this.#chance(3)) words.push("RETRYCOUNT", String(this.#random.below(9)));
    if (this.#chance(3))
      words.push(
        ...this.#random.pick([
          ["IDLE", "5000"],
          ["TIME", "1700000000000"],
        ]),
      );
    if (this.#chance(6)) words.push("LASTID", this.#oldId());
    return words;
  }

  #group(): string[] {
    const key = this.#key();
    const name = this.#random.pick(groups);
    const read = this.#chance(3) ? ["ENTRIESREAD", String(this.#random.below(2) - 1)] : [];
    const id = this.#random.pick(["$", "0", this.#oldId()]);
    switch (this.#random.below(8)) {
      case 0:
        return ["XGROUP", "SETID", key, name, id, ...read];
      case 1:
        return ["XGROUP", "CREATECONSUMER", key, name, this.#random.pick(consumers)];
      case 2:
        return ["XGROUP", "DELCONSUMER", key, name, this.#random.pick(consumers)];
      case 3:
        return this.#chance(2) ? ["XGROUP", "DESTROY", key, name] : ["DEL", key];
      default:
        return ["xgroup", "create", key, name, id, ...(this.#chance(2) ? ["mkstream"] : []), ...read];
    }
  }

  #setId(): string[] {
    const words = ["XSETID", this.#key(), this.#newId()];
    return this.#chance(2)
      ? [...words, "ENTRIESADDED", String((this.#added += 100_000)), "MAXDELETEDID", this.#oldId()]
      : words;
  }

  #configure(): string[] {
    return ["XCFGSET", this.#key(), "IDMP-MAXSIZE", String(1 + this.#random.below(6))];
  }

  #someIds(): string[] {
    return Array.from({ length: 1 + this.#random.below(6) }, () => this.#oldId());
  }

  #newId(): string {
    this.#ms += this.#random.below(3);
    const id = `${this.#ms}-${this.#random.below(4)}`;
    this.#ids.push(id);
    return id;
  }

  /** Mostly one that was drawn for an entry not long ago. */
  #oldId(): string {
    if (this.#ids.length > 0 && !this.#chance(5)) return this.#random.pick(this.#ids.slice(-100));
    const ms = Math.max(1, this.#ms - this.#random.below(60));
    return this.#chance(9) ? String(ms) : `${ms}-${this.#random.below(4)}`;
  }

  #value(): string {
    const size = this.#random.below(20) === 0 ? 500 : this.#random.below(12);
    return String.fromCharCode(...this.#random.bytes(size));
  }

  #key(): string {
    return this.#chance(8) ? clockKey : this.#random.pick(keys);
  }

  /** True once in `odds` times. */
  #chance(odds: number): boolean {
    return this.#random.below(odds) === 0;
  }
}

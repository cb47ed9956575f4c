/**
 * A log to replay: two million commands on keys of all types, 770 MB, as servers write them.
 *
 * | share | commands                    | on                                                          |
 * | 40 %  | SET, some with PXAT         | 300,000 sessions: documents of 300 to 1,600 bytes           |
 * | 15 %  | INCR, INCRBY                | 100,000 counters                                            |
 * | 17 %  | HSET of 1 to 8 fields, HDEL | 60,000 users                                                |
 * | 12 %  | RPUSH, LPOP, LTRIM          | 10,000 queues                                               |
 * | 8 %   | SADD, SREM                  | 20,000 sets                                                 |
 * | 7 %   | ZADD, ZREMRANGEBYRANK       | 5,000 rankings                                              |
 * | 1 %   | DEL                         | sessions                                                    |
 *
 * Made on first use, the same for the same seed.
 */
import { CommandWriter } from "./command-writer.ts";
import { TextMaker } from "./text-maker.ts";

const expireAtMs = 4_102_444_800_000;

/** The commands of the log, piece by piece. */
export function* mixedCommands(seed: number, commandCount: number): Iterable<Uint8Array> {
  const out = new CommandWriter();
  const make = new MixedCommands(out, seed);
  out.command("SELECT", "0");
  for (let index = 1; index < commandCount; index++) {
    make.one();
    if (out.isFull) yield out.take();
  }
  yield out.take();
}

class MixedCommands {
  readonly #out: CommandWriter;
  readonly #make: TextMaker;

  constructor(out: CommandWriter, seed: number) {
    this.#out = out;
    this.#make = new TextMaker(seed);
  }

  one(): void {
    const share = this.#make.numbers.below(100);
    if (share < 40) this.#session();
    else if (share < 55) this.#counter();
    else if (share < 72) this.#user();
    else if (share < 84) this.#queue();
    else if (share < 92) this.#tags();
    else if (share < 99) this.#ranking();
    else this.#out.command("DEL", this.#key("session", 300_000));
  }

  #key(family: string, count: number): string {
    return `${family}:${this.#make.numbers.below(count)}`;
  }

  #session(): void {
    const { numbers } = this.#make;
    const words = ["SET", this.#key("session", 300_000), this.#make.session()];
    if (numbers.below(2) === 0) words[2] += this.#make.session();
    if (numbers.below(4) === 0) words.push("PXAT", String(expireAtMs + numbers.next()));
    this.#out.command(...words);
  }

  #counter(): void {
    const key = this.#key("counter", 100_000);
    if (this.#make.numbers.below(3) > 0) this.#out.command("INCR", key);
    else this.#out.command("INCRBY", key, String(this.#make.numbers.below(1000)));
  }

  #user(): void {
    const { numbers } = this.#make;
    const key = this.#key("user", 60_000);
    if (numbers.below(10) === 0) {
      this.#out.command("HDEL", key, `field:${numbers.below(20)}`);
      return;
    }
    const words = ["HSET", key];
    for (let left = numbers.between(1, 8); left > 0; left--)
      words.push(`field:${numbers.below(20)}`, this.#make.sentence(numbers.between(1, 8)));
    this.#out.command(...words);
  }

  #queue(): void {
    const { numbers } = this.#make;
    const key = this.#key("queue", 10_000);
    const kind = numbers.below(20);
    if (kind === 0) this.#out.command("LTRIM", key, "-500", "-1");
    else if (kind < 8) this.#out.command("LPOP", key);
    else
      this.#out.command("RPUSH", key, `${this.#make.uuid()} ${this.#make.sentence(numbers.between(1, 20))}`);
  }

  #tags(): void {
    const { numbers } = this.#make;
    const key = this.#key("tags", 20_000);
    const member = `${this.#make.word()}-${numbers.below(500)}`;
    this.#out.command(numbers.below(4) === 0 ? "SREM" : "SADD", key, member);
  }

  #ranking(): void {
    const { numbers } = this.#make;
    const key = this.#key("ranking", 5_000);
    if (numbers.below(50) === 0) this.#out.command("ZREMRANGEBYRANK", key, "0", "3");
    else this.#out.command("ZADD", key, String(numbers.below(1_000_000)), `player-${numbers.below(5000)}`);
  }
}

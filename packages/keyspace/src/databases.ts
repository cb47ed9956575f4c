/** The databases of a keyspace, by number. One exists from the first time it is selected. */
import { Database } from "./database.ts";
import type { HashSeed } from "./store/key-hash.ts";
import { Records } from "./store/records.ts";
import { Slabs } from "./store/slabs.ts";

export class Databases {
  readonly slabs = new Slabs();
  readonly #records = new Records(this.slabs);
  readonly #byNumber = new Map<number, Database>();
  readonly #seed: HashSeed;

  constructor(seed: HashSeed) {
    this.#seed = seed;
  }

  at(number: number): Database {
    let found = this.#byNumber.get(number);
    if (found === undefined) {
      found = new Database(this.#records, this.#seed);
      this.#byNumber.set(number, found);
    }
    return found;
  }

  /** Those with keys, in the order of their numbers. */
  used(): [number: number, database: Database][] {
    return [...this.#byNumber]
      .filter(([, database]) => database.keyCount > 0)
      .sort(([first], [second]) => first - second);
  }

  swap(first: number, second: number): void {
    const [one, other] = [this.at(first), this.at(second)];
    this.#byNumber.set(first, other);
    this.#byNumber.set(second, one);
  }

  flushAll(): void {
    for (const database of this.#byNumber.values()) database.flush();
  }
}

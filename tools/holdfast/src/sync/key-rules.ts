/**
 * Which keys go where: filters, new names, another database. Asked for every key of the copy and of the stream.
 */
import { type FilterSettings, KeyFilter, type Rename, renamed } from "@holdfast/command-line";

export interface KeyRulesOptions {
  /** Only what a name and a database can answer: db, key, key-regex, slot. */
  readonly filters: FilterSettings;
  readonly renames: readonly Rename[];
  /** Everything goes into this database; undefined: each key into its own. */
  readonly intoDb: number | undefined;
  /** Names that begin so are kept out in any case: there a sync notes how far it is. */
  readonly ownPrefix: Uint8Array;
}

export class KeyRules {
  readonly #options: KeyRulesOptions;
  readonly #filter: KeyFilter;

  constructor(options: KeyRulesOptions) {
    this.#options = options;
    this.#filter = new KeyFilter(options.filters);
  }

  /** Every key passes, with its name. */
  get isOpen(): boolean {
    return this.#filter.isOpen && this.#options.renames.length === 0;
  }

  /** Every key of a database passes, or none of it: its name does not count. */
  get looksAtNames(): boolean {
    return this.#options.renames.length > 0 || this.#options.filters.some(({ option }) => option !== "db");
  }

  /** How names begin that never pass. */
  get ownPrefix(): Uint8Array {
    return this.#options.ownPrefix;
  }

  fits(db: number, keyBuffer: Uint8Array, keyStart = 0, keyEnd: number = keyBuffer.length): boolean {
    const head = { db, keyBuffer, keyStart, keyEnd, type: "", expireAtMs: undefined };
    if (!this.#filter.isOpen && !this.#filter.fitsHead(head)) return false;
    return !this.isOwn(keyBuffer, keyStart, keyEnd);
  }

  /** Whether anything of a database can pass. */
  takesDb(db: number): boolean {
    return this.#options.filters.every((rule) => {
      if (rule.option !== "db") return true;
      return rule.values.includes(db) !== rule.isNegated;
    });
  }

  isOwn(buffer: Uint8Array, start = 0, end: number = buffer.length): boolean {
    const { ownPrefix } = this.#options;
    if (end - start < ownPrefix.length) return false;
    for (let index = 0; index < ownPrefix.length; index++)
      if (buffer[start + index] !== ownPrefix[index]) return false;
    return true;
  }

  nameOf(key: Uint8Array): Uint8Array {
    return this.#options.renames.length === 0 ? key : renamed(key, this.#options.renames);
  }

  /** Names of the source that come out as this one. */
  originsOf(name: Uint8Array): Uint8Array[] {
    const candidates = this.#options.renames
      .filter(({ to }) => name.length >= to.length && Buffer.compare(name.subarray(0, to.length), to) === 0)
      .map(({ from, to }): Uint8Array => Buffer.concat([from, name.subarray(to.length)]));
    return [name, ...candidates].filter((each) => Buffer.compare(this.nameOf(each), name) === 0);
  }

  /** The database of the source whose keys are in this one of the target; undefined: none. */
  sourceDbOf(db: number): number | undefined {
    const { intoDb, filters } = this.#options;
    if (intoDb === undefined) return this.takesDb(db) ? db : undefined;
    const only = filters.find((rule) => rule.option === "db" && !rule.isNegated);
    return db === intoDb ? (only?.values[0] as number | undefined) : undefined;
  }

  dbOf(db: number): number {
    return this.#options.intoDb ?? db;
  }
}

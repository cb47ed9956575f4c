/**
 * Both sides compared, key by key: each key of the source with what has its name in the target, then the target's names with the source's.
 *
 * A source that is written to, or a sync that is still at work, makes differences that are none: what differs is looked at again, up to
 * ROUNDS times with a pause between, and counts only if it still does.
 */
import { formatKey } from "@holdfast/command-line";
import type { Clock } from "@holdfast/platform";
import type { KeyRules } from "../key-rules.ts";
import { compareFunctions } from "./functions.ts";
import { type Difference, differenceOf, type KeyContent } from "./key-content.ts";
import type { ServerKeys } from "./server-keys.ts";
import { countDifference, newVerification, type Verification } from "./verification.ts";

export interface VerifierOptions {
  readonly source: ServerKeys;
  readonly target: ServerKeys;
  readonly rules: KeyRules;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onProgress: (comparedKeys: number) => void;
}

interface Suspect {
  readonly kind: Difference;
  /** In the source; of an extra key in the target. */
  readonly db: number;
  readonly name: Uint8Array;
}

/** Compared at once: so many values of each side are in memory. */
export const VALUES_MAX = 16;
const ROUNDS = 5;
const PAUSE_MS = 400;
/** Looked at again; what is beyond counts at once. */
const SUSPECTS_MAX = 100_000;

export async function verifyServers(options: VerifierOptions): Promise<Verification> {
  return new Verifier(options).run();
}

class Verifier {
  readonly #options: VerifierOptions;
  readonly #result = newVerification();
  #suspects: Suspect[] = [];

  constructor(options: VerifierOptions) {
    this.#options = options;
  }

  async run(): Promise<Verification> {
    await this.#compareSource();
    await this.#lookForExtra();
    for (let round = 0; round < ROUNDS && this.#suspects.length > 0; round++) {
      await this.#options.clock.sleep(PAUSE_MS, this.#options.signal);
      this.#suspects = await this.#stillDiffering(this.#suspects);
    }
    for (const suspect of this.#suspects) this.#count(suspect);
    const [ours] = await this.#options.source.functions();
    for (const theirs of await this.#options.target.functions()) compareFunctions(ours, theirs, this.#result);
    return this.#result;
  }

  async #compareSource(): Promise<void> {
    const { source, rules, signal, onProgress } = this.#options;
    for (const db of await source.dbs()) {
      if (!rules.takesDb(db)) continue;
      for await (const names of source.names(db)) {
        const chosen = names.filter((name) => rules.fits(db, name));
        for (let start = 0; start < chosen.length; start += VALUES_MAX) {
          signal.throwIfAborted();
          for (const suspect of await this.#compare(db, chosen.slice(start, start + VALUES_MAX)))
            this.#suspect(suspect);
        }
        this.#result.comparedKeys += chosen.length;
        onProgress(this.#result.comparedKeys);
      }
    }
  }

  async #compare(db: number, names: readonly Uint8Array[]): Promise<Suspect[]> {
    const { source, target, rules } = this.#options;
    const [ours, theirs] = await Promise.all([
      source.contents(db, names),
      target.contents(
        rules.dbOf(db),
        names.map((name) => rules.nameOf(name)),
      ),
    ]);
    return names.flatMap((name, index): Suspect[] => {
      const mine: KeyContent | undefined = ours[index];
      // Gone since SCAN named it: then it must not be there either, which the other direction sees.
      const kind = mine === undefined ? undefined : differenceOf(mine, theirs[index]);
      return kind === undefined ? [] : [{ kind, db, name }];
    });
  }

  /** What the target has under names that the source's keys would get, and the source has not. */
  async #lookForExtra(): Promise<void> {
    const { target, signal } = this.#options;
    for (const db of await target.dbs()) {
      for await (const names of target.names(db)) {
        signal.throwIfAborted();
        for (const suspect of await this.#extraOf(db, names)) this.#suspect(suspect);
      }
    }
  }

  async #extraOf(targetDb: number, names: readonly Uint8Array[]): Promise<Suspect[]> {
    const { source, rules } = this.#options;
    const sourceDb = rules.sourceDbOf(targetDb);
    if (sourceDb === undefined) return [];
    const origins = names.map((name) => rules.originsOf(name).filter((each) => rules.fits(sourceDb, each)));
    const asked = origins.flat();
    const found = await source.exist(sourceDb, asked);
    let at = 0;
    return names.flatMap((name, index): Suspect[] => {
      const count = origins[index].length;
      const exists = found.slice(at, at + count);
      at += count;
      return count === 0 || exists.includes(true) ? [] : [{ kind: "extra", db: targetDb, name }];
    });
  }

  async #stillDiffering(suspects: readonly Suspect[]): Promise<Suspect[]> {
    const still: Suspect[] = [];
    for (const suspect of suspects) {
      const { kind, db, name } = suspect;
      if (kind !== "extra") still.push(...(await this.#compare(db, [name])));
      else if ((await this.#options.target.exist(db, [name]))[0])
        still.push(...(await this.#extraOf(db, [name])));
    }
    return still;
  }

  #suspect(suspect: Suspect): void {
    if (this.#suspects.length < SUSPECTS_MAX) this.#suspects.push({ ...suspect, name: suspect.name.slice() });
    else this.#count(suspect);
  }

  #count({ kind, db, name }: Suspect): void {
    countDifference(this.#result, kind, formatKey(name, db));
  }
}

/** Reads the source again for names that a renaming gave to more than one key, and compares their bytes. */
import { type FilterSettings, KeyFilter, type Rename, renamed } from "@holdfast/command-line";
import type { RdbEvent } from "@holdfast/rdb";
import type { Pass, PassKind } from "../pass.ts";
import { fingerprintOf } from "../passes/duplicate-keys.ts";
import { type ChosenKeys, selectBy } from "../passes/select.ts";

export interface RenamedSettings {
  readonly filters: FilterSettings;
  readonly chosen: ChosenKeys | undefined;
  readonly renames: readonly Rename[];
  /** Fingerprints that more than one of the new names has. */
  readonly suspects: readonly bigint[];
}

/** A name that two keys would have. */
export interface NameClash {
  readonly db: number;
  readonly name: Uint8Array;
}

class RenamedPass implements Pass<NameClash[]> {
  readonly decoder: Pass<NameClash[]>["decoder"];
  readonly pendingBytes = 0;
  readonly #renames: readonly Rename[];
  readonly #suspects: ReadonlySet<bigint>;
  readonly #seen = new Set<string>();
  readonly #found: NameClash[] = [];

  constructor({ filters, chosen, renames, suspects }: RenamedSettings) {
    this.#renames = renames;
    this.#suspects = new Set(suspects);
    this.decoder = { level: "skip", ...selectBy(new KeyFilter(filters), "skip", chosen) };
  }

  consume(event: RdbEvent): void {
    if (event.kind !== "key") return;
    const name = renamed(event.key, this.#renames);
    if (!this.#suspects.has(fingerprintOf(event.db, name))) return;
    const id = `${event.db} ${Buffer.from(name).toString("latin1")}`;
    if (this.#seen.has(id)) this.#found.push({ db: event.db, name: Uint8Array.from(name) });
    this.#seen.add(id);
  }

  takeOutput(): undefined {}

  finish(): NameClash[] {
    return this.#found;
  }
}

export const renamedPass: PassKind<RenamedSettings, NameClash[]> = {
  name: "renamed",
  create: (settings) => new RenamedPass(settings),
};

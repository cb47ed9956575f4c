/**
 * The pass behind `rdb-inspect check`: everything is walked deeply, damage is collected, nothing is shown.
 *
 * Damage inside a value whose end is known arrives as an event and the walk goes on; damage of the
 * structure ends it and is reported by the driver.
 */
import { type FilterSettings, KeyFilter } from "@holdfast/command-line";
import {
  type KeyEvent,
  type KeysEvent,
  makeCheckLane,
  type RdbErrorCode,
  type RdbEvent,
  type RdbFormatError,
} from "@holdfast/rdb";
import { type FileFacts, FileFactsCollector, mergeFileFacts } from "../file-facts.ts";
import type { Pass, SectionedPassKind } from "../pass.ts";
import { FingerprintCollector, type KeyFingerprints, mergeFingerprints } from "./duplicate-keys.ts";
import { type ChosenKeys, selectBy } from "./select.ts";

export interface CheckSettings {
  readonly filters: FilterSettings;
  /** The keys to check, when the filters ask for sizes: see select.ts. */
  readonly chosen?: ChosenKeys | undefined;
  readonly nowMs: number;
  /** Most damaged values that are listed; all are counted. */
  readonly damagesMax: number;
}

/** One piece of damage as plain data. */
export interface DamageFact {
  readonly code: RdbErrorCode;
  readonly detail: string;
  readonly offset: number;
  readonly db: number | undefined;
  readonly key: Uint8Array | undefined;
  readonly typeName: string | undefined;
}

export interface CheckResult {
  readonly file: FileFacts;
  /** Keys whose record was walked to its end, damaged values too. */
  readonly keyCount: number;
  readonly itemCount: number;
  readonly pastCount: number;
  readonly damageCount: number;
  readonly damagesMax: number;
  readonly damages: readonly DamageFact[];
  /** The key read last, to say where a walk got to. */
  readonly lastKey: { readonly db: number; readonly key: Uint8Array; readonly endOffset: number } | undefined;
  readonly fingerprints: KeyFingerprints;
}

export function damageFactOf(error: RdbFormatError): DamageFact {
  const { code, detail, offset, db, key, typeName } = error;
  return { code, detail, offset, db, key, typeName };
}

class CheckPass implements Pass<CheckResult> {
  readonly decoder: Pass<CheckResult>["decoder"];
  readonly pendingBytes = 0;
  readonly #settings: CheckSettings;
  readonly #file = new FileFactsCollector();
  readonly #fingerprints = new FingerprintCollector();
  readonly #damages: DamageFact[] = [];
  #damageCount = 0;
  #keyCount = 0;
  #itemCount = 0;
  #pastCount = 0;
  #db = 0;
  /** The key read last; borrowed from the decoder until takeOutput() copies it. */
  #keyBuffer: Uint8Array | undefined;
  #keyStart = 0;
  #keyEnd = 0;
  #key: Uint8Array | undefined;
  #endOffset = 0;

  constructor(settings: CheckSettings) {
    this.#settings = settings;
    this.decoder = { level: "check", ...selectBy(new KeyFilter(settings.filters), "check", settings.chosen) };
  }

  consume(event: RdbEvent): void {
    switch (event.kind) {
      case "keys":
        this.#takeRun(event);
        break;
      case "key":
        this.#fingerprints.add(event.db, event.keyBuffer, event.keyStart, event.keyEnd);
        if (event.expireAtMs !== undefined && event.expireAtMs <= this.#settings.nowMs) this.#pastCount++;
        this.#db = event.db;
        this.#borrowKey(event);
        if (event.last) this.#endKey(event.itemCount, event.endOffset);
        break;
      case "items":
        if (event.last) this.#endKey(event.itemCount, event.endOffset);
        break;
      case "damage":
        this.#damageCount++;
        if (this.#damages.length < this.#settings.damagesMax) this.#damages.push(damageFactOf(event.error));
        break;
      default:
        this.#file.take(event);
    }
  }

  /** The chunk behind the last key's bytes is about to go: this is where they are saved. */
  takeOutput(): undefined {
    this.#keepLastKey();
  }

  finish(): CheckResult {
    this.#keepLastKey();
    return {
      file: this.#file.facts,
      keyCount: this.#keyCount,
      itemCount: this.#itemCount,
      pastCount: this.#pastCount,
      damageCount: this.#damageCount,
      damagesMax: this.#settings.damagesMax,
      damages: this.#damages,
      lastKey:
        this.#key === undefined ? undefined : { db: this.#db, key: this.#key, endOffset: this.#endOffset },
      fingerprints: this.#fingerprints.finish(),
    };
  }

  #takeRun({ db, keyCount, itemCount, rows, endOffset }: KeysEvent): void {
    this.#fingerprints.addRows(rows, keyCount);
    const { nowMs } = this.#settings;
    // Without an expiry the time is NaN, which is never past.
    for (let index = 0; index < keyCount; index++) if (rows.expireAtMs(index) <= nowMs) this.#pastCount++;
    this.#keyCount += keyCount;
    this.#itemCount += itemCount;
    this.#db = db;
    this.#key = rows.key(keyCount - 1);
    this.#keyBuffer = undefined;
    this.#endOffset = endOffset;
  }

  #borrowKey(event: KeyEvent): void {
    this.#keyBuffer = event.keyBuffer;
    this.#keyStart = event.keyStart;
    this.#keyEnd = event.keyEnd;
  }

  #keepLastKey(): void {
    if (this.#keyBuffer !== undefined) this.#key = this.#keyBuffer.slice(this.#keyStart, this.#keyEnd);
    this.#keyBuffer = undefined;
  }

  #endKey(itemCount: number | undefined, endOffset: number): void {
    this.#keyCount++;
    this.#itemCount += itemCount ?? 0;
    this.#endOffset = endOffset;
  }
}

export const checkPass: SectionedPassKind<CheckSettings, CheckResult> = {
  name: "check",
  create: (settings) => new CheckPass(settings),
  makeLane: makeCheckLane,
  sections: (settings) =>
    settings.chosen === undefined ? { isOrderFree: false, settingsFor: () => settings } : undefined,
  merge: (first, second) => ({
    file: mergeFileFacts(first.file, second.file),
    keyCount: first.keyCount + second.keyCount,
    itemCount: first.itemCount + second.itemCount,
    pastCount: first.pastCount + second.pastCount,
    damageCount: first.damageCount + second.damageCount,
    damagesMax: first.damagesMax,
    damages: [...first.damages, ...second.damages].slice(0, first.damagesMax),
    lastKey: second.lastKey ?? first.lastKey,
    fingerprints: mergeFingerprints(first.fingerprints, second.fingerprints),
  }),
};

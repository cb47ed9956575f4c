/**
 * The pass behind `rdb-inspect digest`: the digest of the dataset, or a line for each key.
 *
 *   all keys   text of 40 hex digits as DEBUG DIGEST has it
 *   --keys     a row a key in file order, as DEBUG DIGEST-VALUE has it
 *
 * The rules depend on the server that would load the file: which one is said in the settings or in the
 * file, which is known before the first key.
 */
import { type FilterSettings, formatKey, KeyFilter } from "@holdfast/command-line";
import {
  type CommandTarget,
  commandTargetHas,
  DatasetDigest,
  type DigestRules,
  type KeyOutcome,
  type RdbEvent,
} from "@holdfast/rdb";
import { type FileFacts, FileFactsCollector } from "../file-facts.ts";
import { jsonValueOfBytes } from "../output/json-text.ts";
import type { Pass, PassKind } from "../pass.ts";
import { targetOf, targetOfFile } from "../targets.ts";
import { type ChosenKeys, selectBy } from "./select.ts";

/** How keys are listed; undefined for the digest of them all. */
export type DigestRows = "text" | "ndjson";

export interface DigestSettings {
  readonly filters: FilterSettings;
  readonly chosen: ChosenKeys | undefined;
  /** The server that would load the file; undefined: the one that wrote it. */
  readonly targetName: string | undefined;
  /** Time of loading; undefined: expired keys stay, as on a replica. */
  readonly nowMs: number | undefined;
  readonly rows: DigestRows | undefined;
}

export interface DigestResult {
  readonly file: FileFacts;
  readonly targetName: string;
  /** 40 hex digits; undefined when keys were listed. */
  readonly digest: string | undefined;
  /** Keys that count. */
  readonly keyCount: number;
  readonly expiredCount: number;
  readonly emptyCount: number;
  readonly undigestedCount: number;
}

/** Redis before 7.2 prints scores with seventeen digits; Valkey does not mark fields that expire. */
function rulesOf(target: CommandTarget): Omit<DigestRules, "nowMs"> {
  const isOld = target.family === "redis" && target.release < 702;
  return {
    scores: isOld ? "seventeen" : "shortest",
    marksFieldExpiry: target.family === "redis" && commandTargetHas(target, "fieldExpiry"),
  };
}

class DigestPass implements Pass<DigestResult> {
  readonly decoder: Pass<DigestResult>["decoder"];
  readonly #settings: DigestSettings;
  readonly #file = new FileFactsCollector();
  #target: CommandTarget | undefined;
  #digest: DatasetDigest | undefined;
  #db = 0;
  #key = new Uint8Array(0);
  #rows: string[] = [];
  #rowsBytes = 0;

  constructor(settings: DigestSettings) {
    this.#settings = settings;
    this.decoder = {
      level: "items",
      ...selectBy(new KeyFilter(settings.filters), "items", settings.chosen),
    };
  }

  get pendingBytes(): number {
    return this.#rowsBytes;
  }

  consume(event: RdbEvent): void {
    if (event.kind !== "key" && event.kind !== "items") {
      this.#file.take(event);
      return;
    }
    this.#digest ??= this.#begin();
    if (event.kind === "key" && this.#settings.rows !== undefined) {
      this.#db = event.db;
      this.#key = event.key.slice();
    }
    const outcome = this.#digest.take(event);
    if (outcome !== undefined && this.#settings.rows !== undefined) this.#addRow(outcome, this.#digest);
  }

  takeOutput(): Uint8Array | undefined {
    if (this.#rows.length === 0) return undefined;
    const output = Buffer.from(this.#rows.join(""), "utf8");
    this.#rows = [];
    this.#rowsBytes = 0;
    return output;
  }

  finish(): DigestResult {
    const digest = this.#digest ?? this.#begin();
    return {
      file: this.#file.facts,
      targetName: (this.#target as CommandTarget).name,
      digest: this.#settings.rows === undefined ? digest.text : undefined,
      keyCount: digest.keyCount,
      expiredCount: digest.expiredCount,
      emptyCount: digest.emptyCount,
      undigestedCount: digest.undigestedCount,
    };
  }

  #begin(): DatasetDigest {
    const { targetName, nowMs, rows } = this.#settings;
    this.#target = targetName === undefined ? targetOfFile(this.#file.facts) : targetOf(targetName);
    return new DatasetDigest({
      ...rulesOf(this.#target),
      nowMs,
      of: rows === undefined ? "dataset" : "values",
    });
  }

  /** A key that the server would not have has no row; one without a digest has a row that says so. */
  #addRow(outcome: KeyOutcome, { keyText }: DatasetDigest): void {
    if (outcome === "expired" || outcome === "empty") return;
    const digest = outcome === "digested" ? keyText : undefined;
    const row =
      this.#settings.rows === "text"
        ? `${digest ?? "-".padEnd(40)}  ${formatKey(this.#key, this.#db, Number.MAX_SAFE_INTEGER)}\n`
        : `${JSON.stringify({ db: this.#db, key: jsonValueOfBytes(this.#key), digest: digest ?? null })}\n`;
    this.#rows.push(row);
    this.#rowsBytes += row.length;
  }
}

export const digestPass: PassKind<DigestSettings, DigestResult> = {
  name: "digest",
  create: (settings) => new DigestPass(settings),
};

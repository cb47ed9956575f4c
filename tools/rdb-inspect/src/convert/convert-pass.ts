/**
 * The pass behind `rdb-inspect convert`: events of the source, changed where the options say so, into the encoder.
 *
 * Values whose stored form the target reads are copied undecoded. What the target cannot hold is counted, and listed up to a bound.
 */
import {
  encodeLevel,
  type KeyHead,
  type RdbCounts,
  RdbEncoder,
  type RdbEvent,
  type RdbTarget,
  type ReadLevel,
  rdbTarget,
} from "@holdfast/rdb";
import { exitCode } from "../exit-codes.ts";
import { type FileFacts, FileFactsCollector } from "../file-facts.ts";
import { type FilterSettings, KeyFilter } from "../filters.ts";
import type { Pass, PassKind } from "../pass.ts";
import { FingerprintCollector, type KeyFingerprints } from "../passes/duplicate-keys.ts";
import { type ChosenKeys, selectBy } from "../passes/select.ts";
import { Problem } from "../problems.ts";
import { FileRecords } from "./file-records.ts";
import {
  changedKey,
  changedMore,
  type ExpiryChange,
  type Rename,
  renamed,
  type TtlRule,
} from "./key-changes.ts";
import { type Loss, LossList, type LossTotal } from "./loss-list.ts";
import { belongsTo, type SplitRule } from "./split-parts.ts";

export interface ConvertSettings {
  readonly filters: FilterSettings;
  readonly chosen: ChosenKeys | undefined;
  /** Of the keys that fit, only those of this part. */
  readonly part: SplitRule | undefined;
  /** Undefined: the RDB version of the source. */
  readonly target: RdbTarget | undefined;
  readonly checksum: boolean;
  readonly renames: readonly Rename[];
  readonly ttl: TtlRule;
  readonly nowMs: number;
  readonly lossesMax: number;
  /** "count" writes nothing and finds out losses and the counts of large values. */
  readonly purpose: "write" | "count";
  readonly counts: RdbCounts | undefined;
}

export interface ConvertResult {
  readonly file: FileFacts;
  readonly target: RdbTarget | undefined;
  /** Keys written. */
  readonly keyCount: number;
  /** Of these, copied as stored. */
  readonly copiedCount: number;
  /** The first losses, in file order. */
  readonly losses: readonly Loss[];
  readonly lossCount: number;
  readonly totals: readonly LossTotal[];
  /** Of the names written, when some were changed. */
  readonly fingerprints: KeyFingerprints | undefined;
  readonly counts: RdbCounts;
}

/** Hash types whose stored form has expiries in it. */
const expiringRows: ReadonlySet<string> = new Set([
  "HASH_METADATA_PRE_GA",
  "HASH_2",
  "HASH_LISTPACK_EX_PRE_GA",
  "HASH_METADATA",
  "HASH_LISTPACK_EX",
]);
const secondMs = 1000;

export class ConvertPass implements Pass<ConvertResult> {
  readonly decoder: Pass<ConvertResult>["decoder"];
  readonly #settings: ConvertSettings;
  readonly #file = new FileFactsCollector();
  readonly #losses: LossList;
  readonly #fingerprints: FingerprintCollector | undefined;
  #target: RdbTarget | undefined;
  #encoder: RdbEncoder | undefined;
  #records: FileRecords | undefined;
  #changeExpiry: ExpiryChange | undefined;
  #keyCount = 0;
  #copiedCount = 0;

  constructor(settings: ConvertSettings) {
    this.#settings = settings;
    this.#target = settings.target;
    this.#losses = new LossList(settings.lossesMax);
    this.#fingerprints = settings.renames.length > 0 ? new FingerprintCollector() : undefined;
    const { part } = settings;
    const fits = selectBy(
      new KeyFilter(settings.filters),
      (head) => this.#levelOf(head),
      settings.chosen,
    ).select;
    const select = (head: KeyHead) => {
      // Asked first in any case: it counts the keys.
      const level = fits?.(head) ?? "items";
      return part === undefined || belongsTo(part, head) ? level : "omit";
    };
    this.decoder = { level: "items", select };
  }

  get lossCount(): number {
    return this.#losses.count;
  }

  get pendingBytes(): number {
    return this.#encoder?.pendingBytes ?? 0;
  }

  consume(event: RdbEvent): void {
    if (event.kind === "key" || event.kind === "items") {
      this.#consumeKey(event);
      return;
    }
    this.#file.take(event);
    if (event.kind === "header") this.#begin(event.dialect, event.version);
    if (event.kind === "trailing" && this.#file.facts.aux.get("aof-preamble") === "1") this.#losses.addLog();
    for (const replacement of this.#records?.replace(event) ?? []) this.#encoder?.write(replacement);
  }

  takeOutput(): Uint8Array | undefined {
    return this.#encoder?.take();
  }

  /** Takes back what takeOutput() gave, once it is written. */
  recycle(piece: Uint8Array): void {
    this.#encoder?.recycle(piece);
  }

  finish(): ConvertResult {
    return {
      file: this.#file.facts,
      target: this.#target,
      keyCount: this.#keyCount - this.#losses.lostKeys,
      copiedCount: this.#copiedCount,
      losses: this.#losses.first,
      lossCount: this.#losses.count,
      totals: this.#losses.totals,
      fingerprints: this.#fingerprints?.finish(),
      counts: this.#encoder?.counts ?? new Map(),
    };
  }

  #begin(dialect: string, version: number): void {
    const settings = this.#settings;
    const target = this.#target ?? rdbTarget(version);
    if (target === undefined)
      throw new Problem(exitCode.unsupported, `no ${dialect} server of RDB ${version} is known`);
    this.#target = target;
    const isWhole =
      settings.filters.length === 0 &&
      settings.renames.length === 0 &&
      settings.ttl.kind === "keep" &&
      settings.part === undefined;
    this.#records = new FileRecords(target, version, isWhole);
    this.#encoder = new RdbEncoder(
      {
        target,
        checksum: settings.checksum,
        onLoss: (loss) => this.#losses.add(loss),
        ...(settings.counts === undefined ? {} : { counts: settings.counts }),
      },
      settings.purpose,
    );
  }

  #levelOf(head: KeyHead): ReadLevel {
    const changesFields = this.#settings.ttl.kind !== "keep" && expiringRows.has(head.row.name);
    return changesFields || this.#target === undefined ? "items" : encodeLevel(this.#target, head.row);
  }

  #consumeKey(event: Extract<RdbEvent, { kind: "key" | "items" }>): void {
    const encoder = this.#encoder;
    if (encoder === undefined) return;
    if (event.kind === "items") {
      encoder.write(this.#changeExpiry === undefined ? event : changedMore(event, this.#changeExpiry));
      return;
    }
    for (const missing of this.#records?.missing() ?? []) encoder.write(missing);
    this.#keyCount += 1;
    if (event.items.of === "opaque") this.#copiedCount += 1;
    const { renames, ttl } = this.#settings;
    if (renames.length === 0 && ttl.kind === "keep") {
      encoder.write(event);
      return;
    }
    this.#changeExpiry ??= this.#expiryChange();
    const name = renamed(event.key, renames);
    this.#fingerprints?.add(event.db, name);
    encoder.write(changedKey(event, name, this.#changeExpiry));
  }

  #expiryChange(): ExpiryChange {
    const { ttl, nowMs } = this.#settings;
    if (ttl.kind === "keep") return (expireAtMs) => expireAtMs;
    if (ttl.kind === "persist") return () => undefined;
    const shiftMs = ttl.shiftMs ?? nowMs - this.#writtenAtMs();
    return (expireAtMs) => (expireAtMs === undefined ? undefined : expireAtMs + shiftMs);
  }

  #writtenAtMs(): number {
    const seconds = Number(this.#file.facts.aux.get("ctime"));
    if (Number.isSafeInteger(seconds) && seconds > 0) return seconds * secondMs;
    throw new Problem(exitCode.usage, "--ttl shift: the file does not say when it was written", {
      nextStep: "say by how much: --ttl shift=2h",
    });
  }
}

/** A kind that remembers the pass it made, for a writer that has to know of losses while the pass runs. */
export function convertPass(): PassKind<ConvertSettings, ConvertResult> & {
  readonly made: () => ConvertPass | undefined;
} {
  let made: ConvertPass | undefined;
  return {
    name: "convert",
    create: (settings) => {
      made = new ConvertPass(settings);
      return made;
    },
    made: () => made,
  };
}

/**
 * The pass behind `rdb-inspect convert`: events of the source, changed where the options say so, into the encoder.
 *
 * Values whose stored form the target reads are copied undecoded. What the target cannot hold is counted, and listed up to a bound.
 */
import {
  exitCode,
  type FilterSettings,
  KeyFilter,
  Problem,
  type Rename,
  renamed,
} from "@holdfast/command-line";
import {
  CopyLane,
  encodeLevel,
  type KeyHead,
  makeCopyLane,
  makeRepackLane,
  type RdbCounts,
  RdbEncoder,
  type RdbEvent,
  type RdbTarget,
  type ReadLevel,
  type RecordLane,
  type RecordsEvent,
  rdbTarget,
} from "@holdfast/rdb";
import { type FileFacts, FileFactsCollector } from "../file-facts.ts";
import type { Pass, PassKind } from "../pass.ts";
import { FingerprintCollector, type KeyFingerprints } from "../passes/duplicate-keys.ts";
import { type ChosenKeys, selectBy } from "../passes/select.ts";
import { FileRecords } from "./file-records.ts";
import { changedKey, changedMore, type ExpiryChange, type TtlRule } from "./key-changes.ts";
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
  /** Decode and encode also what could be copied as stored. */
  readonly repacks: boolean;
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
  readonly #lane: CopyLane | undefined;
  #target: RdbTarget | undefined;
  #encoder: RdbEncoder | undefined;
  #records: FileRecords | undefined;
  #changeExpiry: ExpiryChange | undefined;
  #keyCount = 0;
  #copiedCount = 0;

  constructor(settings: ConvertSettings, lane?: RecordLane) {
    this.#settings = settings;
    this.#lane = lane instanceof CopyLane ? lane : undefined;
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
    if (event.kind === "records") {
      this.#consumeRecords(event);
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
    this.#lane?.copyFor(target);
    this.#records = new FileRecords(target, version, changesNoKey(settings));
    this.#encoder = new RdbEncoder(
      {
        target,
        checksum: settings.checksum,
        onLoss: (loss) => this.#losses.add(loss),
        // Packed anew, they lie in the lane's memory only until it goes on.
        lendsRecords: !settings.repacks,
        ...(settings.counts === undefined ? {} : { counts: settings.counts }),
      },
      settings.purpose,
    );
  }

  #levelOf(head: KeyHead): ReadLevel {
    const changesFields = this.#settings.ttl.kind !== "keep" && expiringRows.has(head.row.name);
    if (changesFields || this.#target === undefined) return "items";
    const level = encodeLevel(this.#target, head.row);
    return level === "raw" && this.#settings.repacks ? "items" : level;
  }

  #consumeRecords(event: RecordsEvent): void {
    for (const missing of this.#records?.missing() ?? []) this.#encoder?.write(missing);
    this.#keyCount += event.keyCount;
    if (!this.#settings.repacks) this.#copiedCount += event.keyCount;
    this.#encoder?.write(event);
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

/** The keys written are those of the source, under their names and with their expiries. */
function changesNoKey({ filters, renames, ttl, part }: ConvertSettings): boolean {
  return filters.length === 0 && renames.length === 0 && ttl.kind === "keep" && part === undefined;
}

/** A kind that remembers the pass it made, for a writer that has to know of losses while the pass runs. */
export function convertPass(): PassKind<ConvertSettings, ConvertResult> & {
  readonly made: () => ConvertPass | undefined;
} {
  let made: ConvertPass | undefined;
  return {
    name: "convert",
    create: (settings, lane) => {
      made = new ConvertPass(settings, lane);
      return made;
    },
    makeLane: (settings) => {
      if (!changesNoKey(settings)) return undefined;
      return settings.repacks ? makeRepackLane() : makeCopyLane();
    },
    made: () => made,
  };
}

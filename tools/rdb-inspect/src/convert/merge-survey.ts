/**
 * The first walks of a merge: which version and libraries each file has, which keys stand in more than one, and which of those
 * counts.
 *
 *   survey     fingerprints of all keys of all files; those that occur twice are suspects
 *   contest    the suspects' names are compared, and for each the place that wins is remembered
 */
import { exitCode, type FilterSettings, formatCount, KeyFilter, Problem } from "@holdfast/command-line";
import type { KeyHead, RdbDialect, RdbEvent } from "@holdfast/rdb";
import type { Pass, PassKind } from "../pass.ts";
import { type FingerprintCollector, fingerprintOf } from "../passes/duplicate-keys.ts";
import { type ChosenKeys, selectBy } from "../passes/select.ts";
import type { NamedRecords, OnDuplicate } from "./named-records.ts";

/** One input of a merge, as far as its walks need to know it. */
export interface MergeSource {
  readonly index: number;
  readonly filters: FilterSettings;
  readonly chosen: ChosenKeys | undefined;
}

export interface Survey {
  readonly dialect: RdbDialect | undefined;
  readonly version: number | undefined;
}

class SurveyPass implements Pass<Survey> {
  readonly decoder: Pass<Survey>["decoder"];
  readonly pendingBytes = 0;
  readonly #fingerprints: FingerprintCollector;
  readonly #named: NamedRecords;
  #dialect: RdbDialect | undefined;
  #version: number | undefined;

  constructor({ filters, chosen }: MergeSource, fingerprints: FingerprintCollector, named: NamedRecords) {
    this.#fingerprints = fingerprints;
    this.#named = named;
    this.decoder = { level: "skip", ...selectBy(new KeyFilter(filters), "skip", chosen) };
  }

  consume(event: RdbEvent): void {
    if (event.kind === "key") this.#fingerprints.add(event.db, event.keyBuffer, event.keyStart, event.keyEnd);
    else this.#named.take(event);
    if (event.kind !== "header") return;
    this.#dialect = event.dialect;
    this.#version = event.version;
  }

  takeOutput(): undefined {}

  finish(): Survey {
    return { dialect: this.#dialect, version: this.#version };
  }
}

/** A walk that adds a file's keys to the fingerprints of all, and its records to theirs. */
export function surveyPass(
  fingerprints: FingerprintCollector,
  named: NamedRecords,
): PassKind<MergeSource, Survey> {
  return { name: "survey", create: (source) => new SurveyPass(source, fingerprints, named) };
}

/** Where the key that counts stands. */
interface Place {
  readonly source: number;
  readonly offset: number;
}

/** Names of this many keys that stand twice are compared: some 300 MB. */
const clashesMax = 1_000_000;

/** Which of several keys of one name counts. */
export class Contest {
  readonly #rule: OnDuplicate;
  readonly #suspects: ReadonlySet<bigint>;
  readonly #winners = new Map<string, Place>();
  readonly #clashing = new Set<string>();

  constructor(rule: OnDuplicate, suspects: readonly bigint[]) {
    this.#rule = rule;
    this.#suspects = new Set(suspects);
  }

  /** True when no name has to be compared. */
  get isOver(): boolean {
    return this.#suspects.size === 0;
  }

  /** Names that stand more than once, as `db name` with one character a byte, in the order of being met. */
  get clashes(): ReadonlySet<string> {
    return this.#clashing;
  }

  isSuspect(head: Pick<KeyHead, "db" | "key">): boolean {
    return this.#suspects.has(fingerprintOf(head.db, head.key));
  }

  /** A key was met; sources come in their order. Throws Problem when there are too many. */
  enter(source: number, event: Pick<KeyHead, "db" | "key" | "recordOffset">): void {
    const name = nameOf(event);
    const isFirst = !this.#winners.has(name);
    if (!isFirst) this.#clashing.add(name);
    if (isFirst || this.#rule === "last") this.#winners.set(name, { source, offset: event.recordOffset });
    if (this.#winners.size > clashesMax)
      throw new Problem(exitCode.unsupported, `more than ${formatCount(clashesMax)} keys may stand twice`, {
        nextStep: "merge in parts: the same --slot or --db filter on all files, one range after the other",
      });
  }

  /** Whether the key at this place is written. */
  wins(source: number, head: Pick<KeyHead, "db" | "key" | "recordOffset">): boolean {
    if (this.isOver || !this.isSuspect(head)) return true;
    const place = this.#winners.get(nameOf(head));
    return place === undefined || (place.source === source && place.offset === head.recordOffset);
  }
}

function nameOf({ db, key }: Pick<KeyHead, "db" | "key">): string {
  return `${db} ${Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString("latin1")}`;
}

class ContestPass implements Pass<void> {
  readonly decoder: Pass<void>["decoder"];
  readonly pendingBytes = 0;
  readonly #source: number;
  readonly #contest: Contest;

  constructor({ index, filters, chosen }: MergeSource, contest: Contest) {
    this.#source = index;
    this.#contest = contest;
    this.decoder = { level: "skip", ...selectBy(new KeyFilter(filters), "skip", chosen) };
  }

  consume(event: RdbEvent): void {
    if (event.kind === "key" && this.#contest.isSuspect(event)) this.#contest.enter(this.#source, event);
  }

  takeOutput(): undefined {}

  finish(): void {}
}

/** A walk that enters a file's suspects into the contest. */
export function contestPass(contest: Contest): PassKind<MergeSource, void> {
  return { name: "contest", create: (source) => new ContestPass(source, contest) };
}

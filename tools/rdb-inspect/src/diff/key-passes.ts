/**
 * The walks over the keys of two files.
 *
 *   survey   fingerprints of all keys of a file go into the table, as those of A or of B
 *   naming   the keys that the table says are different get their names, in file order
 *
 * One lane serves all walks: its memory is large. Without one, or with filters, every key comes as an event.
 */
import { type FilterSettings, KeyFilter } from "@holdfast/command-line";
import {
  ContentFingerprinter,
  type ContentLane,
  type ContentRules,
  type KeyEvent,
  type KeysEvent,
  type RdbEvent,
  type RdbType,
} from "@holdfast/rdb";
import { type FileFacts, FileFactsCollector } from "../file-facts.ts";
import type { Pass, PassKind } from "../pass.ts";
import { type ChosenKeys, selectBy } from "../passes/select.ts";
import { type FileContent, takeFileContent } from "./file-content.ts";
import { mark, type PrintTable, type Side } from "./print-table.ts";

const rowWords = 8;

/** One file in its walks. */
export interface DiffSource {
  readonly side: Side;
  readonly filters: FilterSettings;
  readonly chosen: ChosenKeys | undefined;
}

export interface Survey {
  readonly file: FileFacts;
  readonly content: FileContent;
}

class SurveyPass implements Pass<Survey> {
  readonly decoder: Pass<Survey>["decoder"];
  readonly pendingBytes = 0;
  readonly #side: Side;
  readonly #table: PrintTable;
  readonly #lane: ContentLane | undefined;
  readonly #maker: ContentFingerprinter;
  readonly #file = new FileFactsCollector();
  readonly #content: FileContent = new Map();
  #lastOfLane: number;

  constructor(
    { side, filters, chosen }: DiffSource,
    table: PrintTable,
    rules: ContentRules,
    lane: ContentLane | undefined,
  ) {
    this.#side = side;
    this.#table = table;
    this.#lane = lane;
    this.#maker = new ContentFingerprinter(rules);
    this.decoder = { level: "items", ...selectBy(new KeyFilter(filters), "items", chosen) };
    this.#lastOfLane = table.last;
    lane?.setRange(table.first, table.last);
  }

  consume(event: RdbEvent): void {
    if (event.kind === "keys") this.#takeRun(event);
    else if (this.#maker.take(event)) this.#table.add(this.#maker.words, 0, this.#side);
    else if (event.kind !== "key" && event.kind !== "items") this.#takeOther(event);
  }

  takeOutput(): undefined {}

  finish(): Survey {
    return { file: this.#file.facts, content: this.#content };
  }

  #takeRun({ keyCount }: KeysEvent): void {
    const table = this.#table;
    const lane = this.#lane as ContentLane;
    for (let row = 0; row < keyCount; row++) table.add(lane.words, row * rowWords, this.#side);
    if (table.last === this.#lastOfLane) return;
    this.#lastOfLane = table.last;
    lane.setRange(table.first, table.last);
  }

  #takeOther(event: RdbEvent): void {
    if (event.kind === "resize-db") this.#table.expect(event.keyCount);
    takeFileContent(this.#content, event);
    this.#file.take(event);
  }
}

export function surveyPass(
  table: PrintTable,
  rules: ContentRules,
  lane: ContentLane | undefined,
): PassKind<DiffSource, Survey> {
  return {
    name: "diff-survey",
    create: (source, used) => new SurveyPass(source, table, rules, used === undefined ? undefined : lane),
    ...(lane === undefined ? {} : { makeLane: () => lane }),
  };
}

/** A key as one of the files has it. */
export interface NamedKey {
  readonly db: number;
  readonly key: Uint8Array;
  readonly type: RdbType;
  readonly encoding: string;
  readonly expireAtMs: number | undefined;
  /** Undefined for modules. */
  itemCount: number | undefined;
  readonly recordOffset: number;
  endOffset: number;
}

/** Different keys of one file, in file order; at most so many of each kind. */
export interface NamedKeys {
  readonly only: NamedKey[];
  readonly changed: NamedKey[];
  /** Every occurrence of keys that stand more than once. */
  readonly twice: NamedKey[];
}

/** What a naming walk looks for. */
export interface NamingPlan {
  readonly keysMax: number;
  readonly names: NamedKeys;
}

/** Occurrences that are listed of one key that stands more than once are bounded by those of all. */
const occurrencesPerKey = 2;

class NamingPass implements Pass<void> {
  readonly decoder: Pass<void>["decoder"];
  readonly pendingBytes = 0;
  readonly #side: Side;
  readonly #table: PrintTable;
  readonly #plan: NamingPlan;
  readonly #lane: ContentLane | undefined;
  readonly #maker = new ContentFingerprinter();
  /** Keys under way whose end is not known yet. */
  #open: NamedKey[] = [];

  constructor(
    { side, filters, chosen }: DiffSource,
    table: PrintTable,
    plan: NamingPlan,
    lane: ContentLane | undefined,
  ) {
    this.#side = side;
    this.#table = table;
    this.#plan = plan;
    this.#lane = lane;
    this.decoder = { level: "skip", ...selectBy(new KeyFilter(filters), "skip", chosen) };
    lane?.setRange(1, 0);
  }

  consume(event: RdbEvent): void {
    switch (event.kind) {
      case "keys":
        this.#takeRun(event);
        break;
      case "key":
        this.#takeKey(event);
        break;
      case "items":
        if (event.last) this.#close(event.itemCount, event.endOffset);
        break;
      default:
    }
  }

  takeOutput(): undefined {}

  finish(): void {}

  #takeRun({ keyCount, rows, db }: KeysEvent): void {
    const { words } = this.#lane as ContentLane;
    for (let row = 0; row < keyCount; row++) {
      const lists = this.#listsFor(words, row * rowWords);
      if (lists.length === 0) continue;
      const expireAtMs = rows.expireAtMs(row);
      this.#list(lists, {
        db,
        key: rows.key(row),
        type: rows.row(row).type,
        encoding: rows.encoding(row),
        expireAtMs: Number.isNaN(expireAtMs) ? undefined : expireAtMs,
        itemCount: rows.itemCount(row),
        recordOffset: rows.recordOffset(row),
        endOffset: rows.endOffset(row),
      });
    }
  }

  #takeKey(event: KeyEvent): void {
    const maker = this.#maker;
    maker.setKey(event.db, event.keyBuffer, event.keyStart, event.keyEnd);
    const lists = this.#listsFor(maker.words, 0);
    if (lists.length > 0) {
      const { db, type, encoding, expireAtMs, itemCount, recordOffset, endOffset } = event;
      const key = event.key.slice();
      const named = { db, key, type, encoding, expireAtMs, itemCount, recordOffset, endOffset };
      this.#list(lists, named);
      this.#open.push(named);
    }
    if (event.last) this.#close(event.itemCount, event.endOffset);
  }

  #close(itemCount: number | undefined, endOffset: number): void {
    for (const named of this.#open) {
      named.itemCount = itemCount;
      named.endOffset = endOffset;
    }
    this.#open = [];
  }

  #list(lists: readonly NamedKey[][], named: NamedKey): void {
    for (const list of lists) list.push(named);
  }

  /** The lists that a key belongs to and that have room. */
  #listsFor(words: Uint32Array, at: number): NamedKey[][] {
    const marks = this.#table.marksOf(words, at);
    const { names, keysMax } = this.#plan;
    const both = mark.inA | mark.inB;
    const lists: NamedKey[][] = [];
    const twice = this.#side === "a" ? mark.twiceA : mark.twiceB;
    if ((marks & twice) !== 0 && names.twice.length < keysMax * occurrencesPerKey) lists.push(names.twice);
    if ((marks & both) === both) {
      if ((marks & mark.changed) !== 0 && this.#wantsChanged(words, at, marks)) lists.push(names.changed);
    } else if (marks !== 0 && this.#isNew(words, at, marks, names.only)) {
      lists.push(names.only);
    }
    return lists;
  }

  /** B names the changed keys that A named. */
  #wantsChanged(words: Uint32Array, at: number, marks: number): boolean {
    if (this.#side === "b") return (marks & mark.listed) !== 0;
    return this.#isNew(words, at, marks, this.#plan.names.changed);
  }

  /** The first occurrence of a key, when there is room for it. */
  #isNew(words: Uint32Array, at: number, marks: number, list: readonly NamedKey[]): boolean {
    if ((marks & mark.listed) !== 0 || list.length >= this.#plan.keysMax) return false;
    this.#table.setMark(words, at, mark.listed);
    return true;
  }
}

export function namingPass(
  table: PrintTable,
  plan: NamingPlan,
  lane: ContentLane | undefined,
): PassKind<DiffSource, void> {
  return {
    name: "diff-naming",
    create: (source, used) => new NamingPass(source, table, plan, used === undefined ? undefined : lane),
    ...(lane === undefined ? {} : { makeLane: () => lane }),
  };
}

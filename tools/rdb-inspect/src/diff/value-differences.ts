/**
 * What changed in keys that stand in both files with different content, part by part and in bounded memory.
 *
 *   1   the parts of A go into a table as fingerprints, under the number of their key
 *   2   those of B are held against them: added, changed, the same
 *   3   A once more: what B did not have was removed; of what changed, the old content is shown
 *
 * The table is that of the keys (print-table.ts): values with more parts than it holds take several rounds. Of strings and lists
 * the first difference counts, for the rest names are what parts are found by.
 */
import { type ContentRules, type PartKind, PartReader, type RdbType, type ValuePart } from "@holdfast/rdb";
import type { NamedKey } from "./key-passes.ts";
import { contentOfPart, nameOfPart, type Shown, shownBytes } from "./part-text.ts";
import { mark, type PrintTable } from "./print-table.ts";
import type { TakeRecordEvent } from "./read-records.ts";

const words = 8;
const blockBytes = 4096;

/** How many parts of one kind there are, and what became of them. */
export interface PartCounts {
  inA: number;
  inB: number;
  added: number;
  removed: number;
  changed: number;
}

export interface PartSample {
  readonly kind: PartKind;
  readonly change: "added" | "removed" | "changed";
  readonly name: Shown | undefined;
  a: Shown | undefined;
  readonly b: Shown | undefined;
}

/** Where a string, a module's value or a list begins to differ. */
export interface FirstDifference {
  /** Byte of a string or a stored value, index of a list. */
  readonly at: number;
  /** From there on; undefined where that side has ended. */
  readonly a: Shown | undefined;
  readonly b: Shown | undefined;
}

export interface ValueDifference {
  readonly parts: Map<PartKind, PartCounts>;
  readonly samples: PartSample[];
  first: FirstDifference | undefined;
  /** Bytes of a string or of a module's stored value; 0 for other types. */
  readonly sizeBytes: { a: number; b: number };
}

/** A key in both files. */
export interface KeyPair {
  readonly a: NamedKey;
  readonly b: NamedKey;
}

/** The earliest block or element that is not the same: all bytes of a block, what is shown of an element. */
interface Earliest {
  index: number;
  block: { a?: Uint8Array | undefined; b?: Uint8Array | undefined };
  element: { a?: Shown | undefined; b?: Shown | undefined };
}

export class ValueDifferences {
  readonly found: readonly ValueDifference[];
  readonly #table: PrintTable;
  readonly #samplesMax: number;
  readonly #earliest: Earliest[];
  readonly #rules: ContentRules;
  readonly #words = new Uint32Array(words);
  /** Samples of changes by name fingerprint, to be completed with what A had. */
  #open = new Map<string, PartSample>();
  #round = 0;

  /** `samplesMax`: parts that are shown of each kind of change of a key. */
  constructor(types: readonly RdbType[], table: PrintTable, rules: ContentRules, samplesMax: number) {
    this.#table = table;
    this.#rules = rules;
    this.#samplesMax = samplesMax;
    this.#earliest = types.map(() => ({ index: Number.POSITIVE_INFINITY, block: {}, element: {} }));
    this.found = types.map(() => ({
      parts: new Map(),
      samples: [],
      first: undefined,
      sizeBytes: { a: 0, b: 0 },
    }));
  }

  /** Takers of the three readings of a round, in this order: A, B, A. */
  get readings(): readonly { readonly side: "a" | "b"; readonly take: TakeRecordEvent }[] {
    return [
      { side: "a", take: this.#reading((index, part) => this.#enterA(index, part)) },
      { side: "b", take: this.#reading((index, part) => this.#holdAgainst(index, part)) },
      { side: "a", take: this.#reading((index, part) => this.#lookBack(index, part)) },
    ];
  }

  /** To be called behind the readings of a round; true when another one is needed. */
  nextRound(): boolean {
    this.#round++;
    this.#open = new Map();
    if (this.#table.nextRange()) return true;
    for (const [index, earliest] of this.#earliest.entries()) this.found[index].first = firstOf(earliest);
    return false;
  }

  #reading(takePart: (index: number, part: ValuePart) => void): TakeRecordEvent {
    let current = 0;
    const reader = new PartReader((part) => takePart(current, part), this.#rules);
    return (index, event) => {
      current = index;
      if (event.kind === "key") reader.begin(event);
      reader.add(event.items);
      if (event.last) reader.end();
    };
  }

  /** Fingerprints of name and content into the words. */
  #print(index: number, part: ValuePart): Uint32Array {
    part.storeFingerprints(this.#words, index);
    return this.#words;
  }

  #countsOf(index: number, kind: PartKind): PartCounts {
    const { parts } = this.found[index];
    let counts = parts.get(kind);
    if (counts === undefined) {
      counts = { inA: 0, inB: 0, added: 0, removed: 0, changed: 0 };
      parts.set(kind, counts);
    }
    return counts;
  }

  #enterA(index: number, part: ValuePart): void {
    if (this.#round === 0) {
      this.#countsOf(index, part.kind).inA++;
      if (part.kind === "block") this.found[index].sizeBytes.a += part.contentText?.length ?? 0;
    }
    this.#table.add(this.#print(index, part), 0, "a");
  }

  #holdAgainst(index: number, part: ValuePart): void {
    if (this.#round === 0) {
      this.#countsOf(index, part.kind).inB++;
      if (part.kind === "block") this.found[index].sizeBytes.b += part.contentText?.length ?? 0;
    }
    const marks = this.#table.add(this.#print(index, part), 0, "b");
    if ((marks & mark.inB) === 0) return;
    if ((marks & mark.inA) === 0) this.#note(index, part, "added");
    else if ((marks & mark.changed) !== 0) this.#note(index, part, "changed");
  }

  #lookBack(index: number, part: ValuePart): void {
    const print = this.#print(index, part);
    const marks = this.#table.marksOf(print, 0);
    if ((marks & mark.inA) === 0) return;
    if ((marks & mark.inB) === 0) this.#note(index, part, "removed");
    else if ((marks & mark.changed) !== 0) this.#complete(index, part);
  }

  #note(index: number, part: ValuePart, change: PartSample["change"]): void {
    const counts = this.#countsOf(index, part.kind);
    counts[change]++;
    if (isPlace(part.kind)) {
      this.#noteEarliest(index, part, change === "removed" ? "a" : "b");
      return;
    }
    const { samples } = this.found[index];
    const alike = samples.filter((sample) => sample.kind === part.kind && sample.change === change);
    if (alike.length >= this.#samplesMax) return;
    const content = contentOfPart(part);
    const sample: PartSample = {
      kind: part.kind,
      change,
      name: nameOfPart(part),
      a: change === "removed" ? content : undefined,
      b: change === "removed" ? undefined : content,
    };
    samples.push(sample);
    if (change === "changed") this.#open.set(this.#words.subarray(0, 4).join(" "), sample);
  }

  /** A changed part as A had it. */
  #complete(index: number, part: ValuePart): void {
    if (isPlace(part.kind)) {
      this.#noteEarliest(index, part, "a");
      return;
    }
    const sample = this.#open.get(this.#words.subarray(0, 4).join(" "));
    if (sample !== undefined) sample.a = contentOfPart(part);
  }

  #noteEarliest(index: number, part: ValuePart, side: "a" | "b"): void {
    const earliest = this.#earliest[index];
    if (part.index > earliest.index) return;
    if (part.index < earliest.index) {
      earliest.index = part.index;
      earliest.block = {};
      earliest.element = {};
    }
    if (part.kind === "element") earliest.element[side] = contentOfPart(part);
    else earliest.block[side] = part.contentText?.slice();
  }
}

/** The byte or index of the difference; undefined when there is none. */
function firstOf({ index, block, element }: Earliest): FirstDifference | undefined {
  if (index === Number.POSITIVE_INFINITY) return undefined;
  if (block.a === undefined && block.b === undefined) return { at: index, a: element.a, b: element.b };
  const a = block.a ?? new Uint8Array(0);
  const b = block.b ?? new Uint8Array(0);
  let at = 0;
  while (at < a.length && at < b.length && a[at] === b[at]) at++;
  const restOf = (bytes: Uint8Array) => (at < bytes.length ? shownBytes(bytes.subarray(at)) : undefined);
  return { at: index * blockBytes + at, a: restOf(a), b: restOf(b) };
}

/** Parts that are found by their place. */
function isPlace(kind: PartKind): boolean {
  return kind === "block" || kind === "element";
}

/**
 * Which fingerprints stand in A, in B or in both, with the same content or another one: in bounded memory.
 *
 *   slot    | key: three words | content: three words |   and a byte of marks; open addressing, placed by the second word
 *
 * When there is no room the table keeps to a range of first words, half of what it was, and forgets the entries outside; whoever
 * fills it comes again with the rest (`nextRange`). So what is in the range is always complete, whatever the number of keys.
 *
 * Three words of each are compared, 96 bits: the odds of two that are different are in rdb's content-fingerprint.ts. Hot: one
 * call a key of both files.
 */
import { exitCode, Problem } from "@holdfast/command-line";

export type Side = "a" | "b";

/** Marks of an entry. */
export const mark = { inA: 1, inB: 2, changed: 4, twiceA: 8, twiceB: 16, listed: 32 } as const;

const slotWords = 6;
const slotBytes = slotWords * 4 + 1;
const slotsMin = 1 << 10;
/** More than this share of the slots is never used. */
const loadMax = 0.8;
const wordMax = 2 ** 32 - 1;

/** How many entries of the round have which marks. */
export interface TableCounts {
  equal: number;
  changed: number;
  onlyA: number;
  onlyB: number;
  twiceA: number;
  twiceB: number;
}

export class PrintTable {
  /** First words in the range of this round: both ends belong to it. */
  first = 0;
  last = wordMax;
  readonly #slotsMax: number;
  #slots = 0;
  #words = new Uint32Array(0);
  #marks = new Uint8Array(0);
  #used = 0;

  /** `limitBytes` is never passed, also not while the table is made larger or smaller. */
  constructor(limitBytes: number) {
    // The largest table and half of its entries beside it have to fit.
    this.#slotsMax = Math.max(slotsMin, Math.floor((limitBytes * 2) / 3 / slotBytes));
    this.#allocate(slotsMin);
  }

  /** Makes room for so many entries before there are any, as far as the limit lets it. */
  expect(count: number): void {
    const slots = Math.min(this.#slotsMax, Math.ceil((this.#used + count) / loadMax) + 1);
    if (this.#used === 0 && slots > this.#slots) this.#allocate(slots);
  }

  /**
   * Enters words[at, at + 8), four of the key and four of its content, for a side. Answers with the entry's marks; 0 when it is outside the
   * range.
   */
  add(words: Uint32Array, at: number, side: Side): number {
    const first = words[at];
    if (first < this.first || first > this.last) return 0;
    let slot = this.#find(words, at);
    const bit = side === "a" ? mark.inA : mark.inB;
    const marks = this.#marks[slot];
    if (marks !== 0) {
      let now = marks | bit;
      if ((marks & bit) !== 0) now |= side === "a" ? mark.twiceA : mark.twiceB;
      if (!this.#hasContent(slot, words, at)) now |= mark.changed;
      this.#marks[slot] = now;
      return now;
    }
    if (this.#used >= this.#slots * loadMax) {
      this.#makeRoom();
      if (first > this.last) return 0;
      slot = this.#find(words, at);
    }
    this.#put(slot, words, at);
    this.#marks[slot] = bit;
    this.#used++;
    return bit;
  }

  /** The marks of the key words[at, at + 4); 0 when it is outside the range, or unknown. */
  marksOf(words: Uint32Array, at: number): number {
    const first = words[at];
    return first < this.first || first > this.last ? 0 : this.#marks[this.#find(words, at)];
  }

  /** Adds a mark to an entry that is there. */
  setMark(words: Uint32Array, at: number, bit: number): void {
    this.#marks[this.#find(words, at)] |= bit;
  }

  counts(): TableCounts {
    const counts = { equal: 0, changed: 0, onlyA: 0, onlyB: 0, twiceA: 0, twiceB: 0 };
    const both = mark.inA | mark.inB;
    for (const marks of this.#marks) {
      if (marks === 0) continue;
      if ((marks & both) === mark.inA) counts.onlyA++;
      else if ((marks & both) === mark.inB) counts.onlyB++;
      else if ((marks & mark.changed) !== 0) counts.changed++;
      else counts.equal++;
      if ((marks & mark.twiceA) !== 0) counts.twiceA++;
      if ((marks & mark.twiceB) !== 0) counts.twiceB++;
    }
    return counts;
  }

  /** Empties the table for the range behind this one, of the same width; false when there is none. */
  nextRange(): boolean {
    if (this.last === wordMax) return false;
    const width = this.last - this.first;
    this.first = this.last + 1;
    this.last = Math.min(wordMax, this.first + width);
    this.#marks.fill(0);
    this.#used = 0;
    return true;
  }

  /** Empties the table for the whole range. */
  reset(): void {
    this.first = 0;
    this.last = wordMax;
    this.#marks.fill(0);
    this.#used = 0;
  }

  #allocate(slots: number): void {
    this.#slots = slots;
    this.#words = new Uint32Array(slots * slotWords);
    this.#marks = new Uint8Array(slots);
  }

  /** The slot of the key, or the free one where it belongs. */
  #find(words: Uint32Array, at: number): number {
    const table = this.#words;
    const marks = this.#marks;
    const slots = this.#slots;
    let slot = Math.floor((words[at + 1] * slots) / 4294967296);
    while (marks[slot] !== 0) {
      const place = slot * slotWords;
      if (
        table[place] === words[at] &&
        table[place + 1] === words[at + 1] &&
        table[place + 2] === words[at + 2]
      )
        return slot;
      slot++;
      if (slot === slots) slot = 0;
    }
    return slot;
  }

  #hasContent(slot: number, words: Uint32Array, at: number): boolean {
    const table = this.#words;
    const place = slot * slotWords;
    return (
      table[place + 3] === words[at + 4] &&
      table[place + 4] === words[at + 5] &&
      table[place + 5] === words[at + 6]
    );
  }

  #put(slot: number, words: Uint32Array, at: number): void {
    const table = this.#words;
    const place = slot * slotWords;
    table[place] = words[at];
    table[place + 1] = words[at + 1];
    table[place + 2] = words[at + 2];
    table[place + 3] = words[at + 4];
    table[place + 4] = words[at + 5];
    table[place + 5] = words[at + 6];
  }

  #makeRoom(): void {
    if (this.#slots * 2 <= this.#slotsMax) this.#grow();
    while (this.#used >= this.#slots * loadMax) this.#shrinkRange();
  }

  /** The old table and the new one stand side by side for a moment: together they stay below the limit. */
  #grow(): void {
    const slots = this.#slots * 4 > this.#slotsMax ? this.#slotsMax : this.#slots * 2;
    const words = this.#words;
    const marks = this.#marks;
    this.#allocate(slots);
    for (let slot = 0; slot < marks.length; slot++)
      if (marks[slot] !== 0) this.#reinsert(words, slot * slotWords, marks[slot]);
  }

  /** Keeps to the lower half of the range. */
  #shrinkRange(): void {
    if (this.first === this.last)
      throw new Problem(
        exitCode.unsupported,
        "the keys of these files cannot be told apart in so little memory",
        {
          nextStep: "give more with --memory",
        },
      );
    this.last = this.first + Math.floor((this.last - this.first) / 2);
    const kept = this.#keptWords();
    this.#marks.fill(0);
    this.#used = 0;
    for (let index = 0; index < kept.marks.length; index++)
      this.#reinsert(kept.words, index * slotWords, kept.marks[index]);
    this.#used = kept.marks.length;
  }

  /** Copies of the entries that are in the range. */
  #keptWords(): { readonly words: Uint32Array; readonly marks: Uint8Array } {
    let count = 0;
    for (let slot = 0; slot < this.#slots; slot++) if (this.#isInRange(slot)) count++;
    const words = new Uint32Array(count * slotWords);
    const marks = new Uint8Array(count);
    let kept = 0;
    for (let slot = 0; slot < this.#slots; slot++) {
      if (!this.#isInRange(slot)) continue;
      const place = slot * slotWords;
      words.set(this.#words.subarray(place, place + slotWords), kept * slotWords);
      marks[kept++] = this.#marks[slot];
    }
    return { words, marks };
  }

  #isInRange(slot: number): boolean {
    return this.#marks[slot] !== 0 && this.#words[slot * slotWords] <= this.last;
  }

  /** Puts words[at, at + 6) where they belong; they are not there yet. */
  #reinsert(words: Uint32Array, at: number, marks: number): void {
    const slots = this.#slots;
    let slot = Math.floor((words[at + 1] * slots) / 4294967296);
    while (this.#marks[slot] !== 0) slot = slot + 1 === slots ? 0 : slot + 1;
    this.#words.set(words.subarray(at, at + slotWords), slot * slotWords);
    this.#marks[slot] = marks;
  }
}

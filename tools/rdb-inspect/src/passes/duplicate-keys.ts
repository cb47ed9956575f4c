/**
 * Finds keys that stand twice in one db, by 64-bit fingerprints: eight bytes a key, no key is kept.
 *
 * Fingerprints are appended while the file is read and compared once at the very end, so that the cost per
 * key is one hash, and two parts of a file merge by standing side by side. Equal fingerprints are a suspicion: whoever
 * asks reads the suspects again and compares the bytes.
 *
 * Beyond `keysMax` keys no more are taken, and `isComplete` says so.
 */

import { type KeyRows, keyFingerprint } from "@holdfast/rdb";

export interface KeyFingerprints {
  /** In the order of the file. */
  readonly parts: readonly BigUint64Array[];
  /** False when keys beyond the bound were not looked at. */
  readonly isComplete: boolean;
}

/** 64 MiB of fingerprints. */
export const fingerprintsMax = 8_388_608;
const partKeys = 1 << 16;

export class FingerprintCollector {
  readonly #keysMax: number;
  readonly #parts: BigUint64Array[] = [];
  /** The part under way, as halves, and how much of it is filled. */
  #halves = new Uint32Array(0);
  #filled = 0;
  #count = 0;
  #isComplete = true;

  constructor(keysMax = fingerprintsMax) {
    this.#keysMax = keysMax;
  }

  /** Takes the key bytes[start, end). */
  add(db: number, bytes: Uint8Array, start = 0, end = bytes.length): void {
    if (this.#count === this.#keysMax) {
      this.#isComplete = false;
      return;
    }
    if (this.#filled === this.#halves.length) this.#beginPart();
    keyFingerprint(db, bytes, start, end, this.#halves, this.#filled);
    this.#filled += 2;
    this.#count++;
  }

  /** Takes the first `count` rows of a run, whose fingerprints are known. */
  addRows(rows: KeyRows, count: number): void {
    const taken = Math.min(count, this.#keysMax - this.#count);
    if (taken < count) this.#isComplete = false;
    for (let index = 0; index < taken; ) {
      if (this.#filled === this.#halves.length) this.#beginPart();
      const size = Math.min(taken - index, (this.#halves.length - this.#filled) / 2);
      this.#halves.set(rows.fingerprints.subarray(2 * index, 2 * (index + size)), this.#filled);
      this.#filled += 2 * size;
      index += size;
    }
    this.#count += taken;
  }

  finish(): KeyFingerprints {
    const last = this.#parts.pop();
    if (last !== undefined) this.#parts.push(last.slice(0, this.#filled / 2));
    return { parts: this.#parts, isComplete: this.#isComplete };
  }

  #beginPart(): void {
    const part = new BigUint64Array(Math.min(partKeys, this.#keysMax));
    this.#parts.push(part);
    this.#halves = new Uint32Array(part.buffer);
    this.#filled = 0;
  }
}

/** The fingerprint of one key. */
export function fingerprintOf(db: number, key: Uint8Array): bigint {
  const fingerprint = new BigUint64Array(1);
  keyFingerprint(db, key, 0, key.length, new Uint32Array(fingerprint.buffer), 0);
  return fingerprint[0];
}

/**
 * Fingerprints that are compared at a time: their table takes 2 MiB, which a cache holds. Going over all of them
 * again costs less than putting them in order, and much less than memory that was not used before.
 */
const roundMax = 131_072;

/** Values that occur more than once, ascending, each once. */
export function repeated(fingerprints: KeyFingerprints): bigint[] {
  const count = countOf(fingerprints.parts);
  const rounds = 2 ** Math.ceil(Math.log2(Math.max(1, count / roundMax)));
  const slotCount = 2 ** Math.ceil(Math.log2(Math.max(16, (2 * count) / rounds)));
  const table = new Uint32Array(2 * slotCount);
  const found = new Set<bigint>();
  for (let round = 0; round < rounds; round++) {
    table.fill(0);
    for (const part of fingerprints.parts) findRepeated(part, table, round, rounds - 1, found);
  }
  return [...found].sort((first, second) => (first < second ? -1 : 1));
}

/**
 * Puts the fingerprints that belong to this round into an open table of pairs of halves. The pair 0, 0
 * marks a free slot, so that fingerprint counts as 1: two keys in 2^64 are asked about in vain.
 */
function findRepeated(
  part: BigUint64Array,
  table: Uint32Array,
  round: number,
  roundMask: number,
  found: Set<bigint>,
): void {
  const mask = table.length / 2 - 1;
  const halves = new Uint32Array(part.buffer, part.byteOffset, part.length * 2);
  for (let at = 0; at < halves.length; at += 2) {
    const high = halves[at + 1];
    if ((high & roundMask) !== round) continue;
    const low = (halves[at] | (high === 0 ? 1 : 0)) >>> 0;
    let slot = low & mask;
    while (table[2 * slot] !== 0 || table[2 * slot + 1] !== 0) {
      if (table[2 * slot] === low && table[2 * slot + 1] === high) {
        found.add(part[at / 2]);
        break;
      }
      slot = (slot + 1) & mask;
    }
    table[2 * slot] = low;
    table[2 * slot + 1] = high;
  }
}

function countOf(parts: readonly BigUint64Array[]): number {
  return parts.reduce((sum, part) => sum + part.length, 0);
}

/** The parts of `second` that pass the bound are cut off. */
export function mergeFingerprints(
  first: KeyFingerprints,
  second: KeyFingerprints,
  keysMax = fingerprintsMax,
): KeyFingerprints {
  const parts = [...first.parts];
  let room = keysMax - countOf(parts);
  for (const part of second.parts) {
    if (room > 0) parts.push(part.length > room ? part.slice(0, room) : part);
    room -= part.length;
  }
  return { parts, isComplete: first.isComplete && second.isComplete && room >= 0 };
}

/**
 * Finds keys that stand twice in one db, by 64-bit fingerprints: eight bytes a key, no key is kept.
 *
 * Fingerprints are appended while the file is read and sorted once at the very end, so that the cost per
 * key is one hash, and two parts of a file merge by standing side by side. Equal fingerprints are a suspicion: whoever
 * asks reads the suspects again and compares the bytes. With 8 million keys the odds that any two
 * different ones share a fingerprint are about one in half a million.
 *
 * Beyond `keysMax` keys no more are taken, and `isComplete` says so.
 */

export interface KeyFingerprints {
  /** In the order of the file. */
  readonly parts: readonly BigUint64Array[];
  /** False when keys beyond the bound were not looked at. */
  readonly isComplete: boolean;
}

/** 64 MiB of fingerprints. */
export const fingerprintsMax = 8_388_608;
const firstRoom = 1 << 16;

export class FingerprintCollector {
  readonly #keysMax: number;
  #fingerprints = new BigUint64Array(firstRoom);
  #halves = new Uint32Array(this.#fingerprints.buffer);
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
    if (this.#count === this.#fingerprints.length) this.#grow();
    hashKey(db, bytes, start, end, this.#halves, this.#count * 2);
    this.#count++;
  }

  finish(): KeyFingerprints {
    return { parts: [this.#fingerprints.slice(0, this.#count)], isComplete: this.#isComplete };
  }

  #grow(): void {
    const larger = new BigUint64Array(Math.min(this.#keysMax, this.#fingerprints.length * 2));
    larger.set(this.#fingerprints);
    this.#fingerprints = larger;
    this.#halves = new Uint32Array(larger.buffer);
  }
}

/** The fingerprint of one key. */
export function fingerprintOf(db: number, key: Uint8Array): bigint {
  const fingerprint = new BigUint64Array(1);
  hashKey(db, key, 0, key.length, new Uint32Array(fingerprint.buffer), 0);
  return fingerprint[0];
}

/** Values that occur more than once, ascending, each once. */
export function repeated(fingerprints: KeyFingerprints): bigint[] {
  const sorted = joined(fingerprints.parts).sort();
  const values: bigint[] = [];
  for (let index = 1; index < sorted.length; index++) {
    if (sorted[index] === sorted[index - 1] && values.at(-1) !== sorted[index]) values.push(sorted[index]);
  }
  return values;
}

function joined(parts: readonly BigUint64Array[]): BigUint64Array {
  const whole = new BigUint64Array(countOf(parts));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
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

/**
 * Two 32-bit multiplicative hashes with different constants, mixed at the end: cyclic shifts make every
 * byte reach every bit. Not meant to withstand an attacker: a made-up collision costs a second reading.
 */
function hashKey(
  db: number,
  bytes: Uint8Array,
  start: number,
  end: number,
  halves: Uint32Array,
  at: number,
): void {
  let low = 0x9e3779b9 ^ db;
  let high = 0x85ebca6b ^ (end - start);
  for (let index = start; index < end; index++) {
    const byte = bytes[index];
    low = Math.imul(low ^ byte, 0x01000193);
    high = Math.imul(high ^ byte, 0x5bd1e995);
    high ^= high >>> 15;
  }
  low ^= Math.imul(high ^ (high >>> 13), 0xc2b2ae35);
  high ^= Math.imul(low ^ (low >>> 16), 0x27d4eb2f);
  halves[at] = low ^ (low >>> 15);
  halves[at + 1] = high ^ (high >>> 13);
}

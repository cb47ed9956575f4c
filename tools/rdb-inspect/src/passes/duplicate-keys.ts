/**
 * Finds keys that stand twice in one db, by 64-bit fingerprints: eight bytes a key, no key is kept.
 *
 * Fingerprints are appended while the file is read and sorted at the end, so that the cost per key is one
 * hash, and two parts of a file merge like two sorted lists. Equal fingerprints are a suspicion: whoever
 * asks reads the suspects again and compares the bytes. With 8 million keys the odds that any two
 * different ones share a fingerprint are about one in half a million.
 *
 * Beyond `keysMax` keys no more are taken, and `isComplete` says so.
 */

export interface KeyFingerprints {
  /** Ascending. */
  readonly sorted: BigUint64Array;
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
    return { sorted: this.#fingerprints.slice(0, this.#count).sort(), isComplete: this.#isComplete };
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
  const { sorted } = fingerprints;
  const values: bigint[] = [];
  for (let index = 1; index < sorted.length; index++) {
    if (sorted[index] === sorted[index - 1] && values.at(-1) !== sorted[index]) values.push(sorted[index]);
  }
  return values;
}

export function mergeFingerprints(first: KeyFingerprints, second: KeyFingerprints): KeyFingerprints {
  const count = first.sorted.length + second.sorted.length;
  const joined = new BigUint64Array(Math.min(count, fingerprintsMax));
  joined.set(first.sorted);
  joined.set(second.sorted.subarray(0, joined.length - first.sorted.length), first.sorted.length);
  return {
    sorted: joined.sort(),
    isComplete: first.isComplete && second.isComplete && count <= fingerprintsMax,
  };
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

/**
 * The hash that HyperLogLogs are built on: MurmurHash64A with the servers' seed.
 *
 * 64-bit arithmetic in two halves of 32 bits, because a BigInt per element would cost more than the rest of PFADD.
 *
 * Sources: Austin Appleby's MurmurHash2 (public domain); the seed is in redis src/hyperloglog.c, hllPatLen.
 */

const seed = 0xadc83b19;
const multiplierHigh = 0xc6a4a793;
const multiplierLow = 0x5bd1e995;
/** The hash shifts by 47 bits: the high half by 15 into the low one. */
const foldShift = 15;

/** A 64-bit number that is worked on in place; the halves are unsigned. */
export class Murmur64 {
  high = 0;
  low = 0;

  /** Makes this the hash of bytes[0, length). */
  hash(bytes: Uint8Array): void {
    const size = bytes.length;
    const end = size & ~7;
    this.#start(size);
    let high = this.high;
    let low = this.low;
    for (let at = 0; at < end; at += 8) {
      this.low = bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
      this.high = bytes[at + 4] | (bytes[at + 5] << 8) | (bytes[at + 6] << 16) | (bytes[at + 7] << 24);
      this.#multiply();
      this.#fold();
      this.#multiply();
      this.high ^= high;
      this.low ^= low;
      this.#multiply();
      high = this.high;
      low = this.low;
    }
    if (end !== size) this.#addTail(bytes, end);
    this.#fold();
    this.#multiply();
    this.#fold();
    this.high >>>= 0;
    this.low >>>= 0;
  }

  /** The seed mixed with the size. */
  #start(size: number): void {
    this.high = Math.floor(size / 2 ** 32);
    this.low = size >>> 0;
    this.#multiply();
    this.low ^= seed;
  }

  /** The last one to seven bytes. */
  #addTail(bytes: Uint8Array, start: number): void {
    for (let at = start; at < bytes.length; at++) {
      const shift = (at - start) * 8;
      if (shift < 32) this.low ^= bytes[at] << shift;
      else this.high ^= bytes[at] << (shift - 32);
    }
    this.#multiply();
  }

  #fold(): void {
    this.low ^= this.high >>> foldShift;
  }

  /** Times the multiplier, modulo 2^64. */
  #multiply(): void {
    const { high, low } = this;
    const low0 = low & 0xffff;
    const low1 = low >>> 16;
    const factor0 = multiplierLow & 0xffff;
    const factor1 = multiplierLow >>> 16;
    const product00 = low0 * factor0;
    const product01 = low0 * factor1;
    const product10 = low1 * factor0;
    const middle = (product00 >>> 16) + (product01 & 0xffff) + (product10 & 0xffff);
    const carry = low1 * factor1 + (product01 >>> 16) + (product10 >>> 16) + (middle >>> 16);
    this.low = (middle << 16) | (product00 & 0xffff);
    this.high = (carry + Math.imul(high, multiplierLow) + Math.imul(low, multiplierHigh)) | 0;
  }
}

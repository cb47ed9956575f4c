/**
 * The hash behind fingerprints of content: a state of four 32-bit lanes that takes sixteen bytes at a time.
 *
 *   absorb(w):   w = rotl(w * C, 15) * D      h ^= w      h0 += h2, h1 += h3      h = rotl(h * E, 13)      h3 += h0, h2 += h1      h += F
 *   finish():    twice: h = (h ^ h >> 16) * G      h0 += h2, h1 += h3      h = (h ^ h >> 13) * H      h3 += h0, h2 += h1      h ^= h >> 15
 *
 * All constants are odd or added, so that no step loses anything: two texts of up to sixteen bytes and of one length never meet, and
 * longer ones only when at least two lanes fall together by chance. `finish` spreads every bit over all 128. It is
 * not made to withstand somebody who looks for collisions. assembly/content-hash.ts is the same in WebAssembly, a vector
 * at a time; tests hold both against each other.
 *
 * Hot where no kernel reads the records: streams, hashes with fields that expire, modules.
 */

/** One state. Words are 32-bit integers, signed as JavaScript has them. */
export class ContentHash {
  a = 0;
  b = 0;
  c = 0;
  d = 0;

  /** The state of nothing. */
  begin(): this {
    this.a = -559038737;
    this.b = 1013904242;
    this.c = 1831565813;
    this.d = -1640531535;
    return this;
  }

  copy(other: ContentHash): this {
    this.a = other.a;
    this.b = other.b;
    this.c = other.c;
    this.d = other.d;
    return this;
  }

  absorb(first: number, second: number, third: number, fourth: number): this {
    const w0 = Math.imul(first, -1640531527);
    const w1 = Math.imul(second, -2048144777);
    const w2 = Math.imul(third, -1028477379);
    const w3 = Math.imul(fourth, 668265263);
    let a = this.a ^ Math.imul((w0 << 15) | (w0 >>> 17), 374761393);
    let b = this.b ^ Math.imul((w1 << 15) | (w1 >>> 17), -1884198135);
    let c = this.c ^ Math.imul((w2 << 15) | (w2 >>> 17), -1262997959);
    let d = this.d ^ Math.imul((w3 << 15) | (w3 >>> 17), -2114883783);
    a = Math.imul(a + c, -862048943);
    b = Math.imul(b + d, 461845907);
    c = Math.imul(c, -2048144789);
    d = Math.imul(d, -1028477387);
    a = (a << 13) | (a >>> 19);
    b = (b << 13) | (b >>> 19);
    c = (c << 13) | (c >>> 19);
    d = (d << 13) | (d >>> 19);
    this.c = (c + b - 1764942795) | 0;
    this.d = (d + a + 850148119) | 0;
    this.a = (a + 1444728091) | 0;
    this.b = (b + 197830471) | 0;
    return this;
  }

  absorbState(other: ContentHash): this {
    return this.absorb(other.a, other.b, other.c, other.d);
  }

  /** The state of the text bytes[start, end) alone. */
  text(bytes: Uint8Array, start: number, end: number): this {
    const size = end - start;
    this.begin();
    this.a = (this.a + size) | 0;
    this.b = (this.b + size) | 0;
    this.c = (this.c + size) | 0;
    this.d = (this.d + size) | 0;
    this.#absorbBytes(bytes, start, end);
    return this;
  }

  #absorbBytes(bytes: Uint8Array, start: number, end: number): void {
    let at = start;
    for (; at + 16 <= end; at += 16)
      this.absorb(wordAt(bytes, at), wordAt(bytes, at + 4), wordAt(bytes, at + 8), wordAt(bytes, at + 12));
    if (at < end)
      this.absorb(
        restAt(bytes, at, end),
        restAt(bytes, at + 4, end),
        restAt(bytes, at + 8, end),
        restAt(bytes, at + 12, end),
      );
  }

  /** Takes a number of up to 64 bits. */
  absorbWide(value: bigint): this {
    return this.absorb(Number(BigInt.asIntN(32, value)), Number(BigInt.asIntN(32, value >> 32n)), 0, 0);
  }

  /** Spreads every bit over all lanes. */
  finish(): this {
    this.#stir();
    this.#stir();
    return this;
  }

  /** Puts the lanes into words[at, at + 4). */
  store(words: Uint32Array, at: number): void {
    words[at] = this.a;
    words[at + 1] = this.b;
    words[at + 2] = this.c;
    words[at + 3] = this.d;
  }

  #stir(): void {
    let a = Math.imul(this.a ^ (this.a >>> 16), 2146121005);
    let b = Math.imul(this.b ^ (this.b >>> 16), -2073254261);
    let c = Math.imul(this.c ^ (this.c >>> 16), -1610954645);
    let d = Math.imul(this.d ^ (this.d >>> 16), 1935289751);
    a = (a + c) | 0;
    b = (b + d) | 0;
    a = Math.imul(a ^ (a >>> 13), -1178920911);
    b = Math.imul(b ^ (b >>> 13), -1484888075);
    c = Math.imul(c ^ (c >>> 13), 1757159915);
    d = Math.imul(d ^ (d >>> 13), -1028477377);
    c = (c + b) | 0;
    d = (d + a) | 0;
    this.a = a ^ (a >>> 15);
    this.b = b ^ (b >>> 15);
    this.c = c ^ (c >>> 15);
    this.d = d ^ (d >>> 15);
  }
}

function wordAt(bytes: Uint8Array, at: number): number {
  return bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
}

/** The same with zeros for what lies behind the end. */
function restAt(bytes: Uint8Array, at: number, end: number): number {
  let word = 0;
  for (let index = Math.min(3, end - at - 1); index >= 0; index--) word = (word << 8) | bytes[at + index];
  return word;
}

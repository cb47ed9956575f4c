/**
 * SHA-1 of many short strings, where a call into the platform's hash costs more than the hash itself.
 *
 *   block   64 bytes as 16 big-endian words, the last one 80 00… and the size in bits
 *   state   5 words, after each block increased by what 80 rounds made of it
 *
 * A digest stays five words: those who mix digests (key-digest.ts) never see bytes. Source: FIPS 180-4. The rounds
 * are the hot loop of `rdb-inspect digest`: a block takes a quarter of a microsecond, node:crypto's
 * createHash took three for the same string.
 */

/** Five words, most significant first. Hex is their text. */
export type Sha1Words = Int32Array;

const blockBytes = 64;
/** Longest message that still fits in a block with its mark and its size. */
const oneBlockMax = 55;

/** One hasher, used again and again: each message is begun, fed and finished. */
export class Sha1 {
  /** The digest of the last message; overwritten by the next one. */
  readonly words: Sha1Words = new Int32Array(5);
  readonly #schedule = new Int32Array(80);
  readonly #pending = new Uint8Array(blockBytes);
  #pendingBytes = 0;
  #totalBytes = 0;

  /** Hashes bytes[start, end) into `words`. */
  hash(bytes: Uint8Array, start: number, end: number): void {
    if (end - start > oneBlockMax) {
      this.begin();
      this.update(bytes, start, end);
      this.finish();
      return;
    }
    this.#reset();
    const w = this.#schedule;
    const size = end - start;
    let word = 0;
    let at = start;
    for (; at + 4 <= end; at += 4)
      w[word++] = (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
    let last = 0x80 << (24 - 8 * (end - at));
    for (let shift = 24; at < end; at++, shift -= 8) last |= bytes[at] << shift;
    w[word++] = last;
    while (word < 15) w[word++] = 0;
    w[15] = size * 8;
    compress(this.words, w);
  }

  /** Hashes the twenty bytes of a digest into `words`; `digest` may be `words` itself. */
  hashWords(digest: Sha1Words): void {
    const w = this.#schedule;
    for (let word = 0; word < 5; word++) w[word] = digest[word];
    w[5] = 0x80 << 24;
    for (let word = 6; word < 15; word++) w[word] = 0;
    w[15] = 160;
    this.#reset();
    compress(this.words, w);
  }

  /** Starts a message that comes in pieces. */
  begin(): void {
    this.#reset();
    this.#pendingBytes = 0;
    this.#totalBytes = 0;
  }

  /** More of the message: bytes[start, end). */
  update(bytes: Uint8Array, start = 0, end = bytes.length): void {
    this.#totalBytes += end - start;
    let at = start;
    if (this.#pendingBytes > 0) {
      const taken = Math.min(end - at, blockBytes - this.#pendingBytes);
      this.#pending.set(bytes.subarray(at, at + taken), this.#pendingBytes);
      this.#pendingBytes += taken;
      at += taken;
      if (this.#pendingBytes < blockBytes) return;
      this.#block(this.#pending, 0);
      this.#pendingBytes = 0;
    }
    for (; at + blockBytes <= end; at += blockBytes) this.#block(bytes, at);
    this.#pending.set(bytes.subarray(at, end));
    this.#pendingBytes = end - at;
  }

  /** Ends the message: `words` is its digest. */
  finish(): void {
    const pending = this.#pending;
    let at = this.#pendingBytes;
    pending[at++] = 0x80;
    if (at > blockBytes - 8) {
      pending.fill(0, at);
      this.#block(pending, 0);
      at = 0;
    }
    pending.fill(0, at);
    const view = new DataView(pending.buffer);
    view.setUint32(56, Math.floor(this.#totalBytes / 2 ** 29));
    view.setUint32(60, (this.#totalBytes * 8) % 2 ** 32);
    this.#block(pending, 0);
  }

  #block(bytes: Uint8Array, start: number): void {
    const w = this.#schedule;
    for (let word = 0, at = start; word < 16; word++, at += 4)
      w[word] = (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
    compress(this.words, w);
  }

  #reset(): void {
    const { words } = this;
    words[0] = 0x67452301;
    words[1] = 0xefcdab89;
    words[2] = 0x98badcfe;
    words[3] = 0x10325476;
    words[4] = 0xc3d2e1f0;
  }
}

/** The schedule's other 64 words, out of the 16 of the block. */
function expand(w: Int32Array): void {
  for (let t = 16; t < 80; t++) {
    const mixed = w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16];
    w[t] = (mixed << 1) | (mixed >>> 31);
  }
}

/** The first 16 words of the schedule are the block. Five rounds at a time, so that no word has to change its name. */
function compress(state: Int32Array, w: Int32Array): void {
  expand(w);
  let a = state[0];
  let b = state[1];
  let c = state[2];
  let d = state[3];
  let e = state[4];
  let t = 0;
  for (; t < 20; t += 5) {
    e = (e + ((a << 5) | (a >>> 27)) + (d ^ (b & (c ^ d))) + w[t] + 0x5a827999) | 0;
    b = (b << 30) | (b >>> 2);
    d = (d + ((e << 5) | (e >>> 27)) + (c ^ (a & (b ^ c))) + w[t + 1] + 0x5a827999) | 0;
    a = (a << 30) | (a >>> 2);
    c = (c + ((d << 5) | (d >>> 27)) + (b ^ (e & (a ^ b))) + w[t + 2] + 0x5a827999) | 0;
    e = (e << 30) | (e >>> 2);
    b = (b + ((c << 5) | (c >>> 27)) + (a ^ (d & (e ^ a))) + w[t + 3] + 0x5a827999) | 0;
    d = (d << 30) | (d >>> 2);
    a = (a + ((b << 5) | (b >>> 27)) + (e ^ (c & (d ^ e))) + w[t + 4] + 0x5a827999) | 0;
    c = (c << 30) | (c >>> 2);
  }
  for (; t < 40; t += 5) {
    e = (e + ((a << 5) | (a >>> 27)) + (b ^ c ^ d) + w[t] + 0x6ed9eba1) | 0;
    b = (b << 30) | (b >>> 2);
    d = (d + ((e << 5) | (e >>> 27)) + (a ^ b ^ c) + w[t + 1] + 0x6ed9eba1) | 0;
    a = (a << 30) | (a >>> 2);
    c = (c + ((d << 5) | (d >>> 27)) + (e ^ a ^ b) + w[t + 2] + 0x6ed9eba1) | 0;
    e = (e << 30) | (e >>> 2);
    b = (b + ((c << 5) | (c >>> 27)) + (d ^ e ^ a) + w[t + 3] + 0x6ed9eba1) | 0;
    d = (d << 30) | (d >>> 2);
    a = (a + ((b << 5) | (b >>> 27)) + (c ^ d ^ e) + w[t + 4] + 0x6ed9eba1) | 0;
    c = (c << 30) | (c >>> 2);
  }
  for (; t < 60; t += 5) {
    e = (e + ((a << 5) | (a >>> 27)) + ((b & c) | (d & (b | c))) + w[t] + -0x70e44324) | 0;
    b = (b << 30) | (b >>> 2);
    d = (d + ((e << 5) | (e >>> 27)) + ((a & b) | (c & (a | b))) + w[t + 1] + -0x70e44324) | 0;
    a = (a << 30) | (a >>> 2);
    c = (c + ((d << 5) | (d >>> 27)) + ((e & a) | (b & (e | a))) + w[t + 2] + -0x70e44324) | 0;
    e = (e << 30) | (e >>> 2);
    b = (b + ((c << 5) | (c >>> 27)) + ((d & e) | (a & (d | e))) + w[t + 3] + -0x70e44324) | 0;
    d = (d << 30) | (d >>> 2);
    a = (a + ((b << 5) | (b >>> 27)) + ((c & d) | (e & (c | d))) + w[t + 4] + -0x70e44324) | 0;
    c = (c << 30) | (c >>> 2);
  }
  for (; t < 80; t += 5) {
    e = (e + ((a << 5) | (a >>> 27)) + (b ^ c ^ d) + w[t] + -0x359d3e2a) | 0;
    b = (b << 30) | (b >>> 2);
    d = (d + ((e << 5) | (e >>> 27)) + (a ^ b ^ c) + w[t + 1] + -0x359d3e2a) | 0;
    a = (a << 30) | (a >>> 2);
    c = (c + ((d << 5) | (d >>> 27)) + (e ^ a ^ b) + w[t + 2] + -0x359d3e2a) | 0;
    e = (e << 30) | (e >>> 2);
    b = (b + ((c << 5) | (c >>> 27)) + (d ^ e ^ a) + w[t + 3] + -0x359d3e2a) | 0;
    d = (d << 30) | (d >>> 2);
    a = (a + ((b << 5) | (b >>> 27)) + (c ^ d ^ e) + w[t + 4] + -0x359d3e2a) | 0;
    c = (c << 30) | (c >>> 2);
  }
  state[0] = (state[0] + a) | 0;
  state[1] = (state[1] + b) | 0;
  state[2] = (state[2] + c) | 0;
  state[3] = (state[3] + d) | 0;
  state[4] = (state[4] + e) | 0;
}

/** Forty hex digits. */
export function sha1Text(words: Sha1Words): string {
  let text = "";
  for (const word of words) text += (word >>> 0).toString(16).padStart(8, "0");
  return text;
}

/** Xors one digest into another. */
export function xorWords(target: Sha1Words, words: Sha1Words): void {
  target[0] ^= words[0];
  target[1] ^= words[1];
  target[2] ^= words[2];
  target[3] ^= words[3];
  target[4] ^= words[4];
}

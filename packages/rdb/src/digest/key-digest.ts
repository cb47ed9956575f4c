/**
 * The digest of one key as `DEBUG DIGEST` and `DEBUG DIGEST-VALUE` make it, whatever the encoding.
 *
 *   xor(d, s)   d ^= SHA1(s)                  order does not matter
 *   mix(d, s)   xor(d, s), then d = SHA1(d)   order matters
 *
 *   d = 0 → mix key (dataset only) → mix type number, 4 bytes big-endian → value → xor "!!expire!!" when it expires
 *
 *   string   mix the whole string
 *   list     mix each element in order
 *   set      xor each member
 *   hash     e = 0, mix field, mix value, xor "!!hexpire!!" when it expires (Redis); xor e
 *   zset     e = 0, mix member, mix the score's text (score-text.ts); xor e
 *   stream   each entry: mix "ms.seq", mix field and value in turn; groups and counters count for nothing
 *
 *   vector   as its module makes it: vector-set-digest.ts
 *
 * Other modules make digests of their own, which no file tells; arrays are not described here. Source: redis src/debug.c,
 * xorObjectDigest; held against six live servers. This is the hot loop of `rdb-inspect digest`.
 */
import type { HashField, ItemBatch, KeyEvent, ScoredMember, StreamPart } from "../events.ts";
import type { RdbType } from "../format.ts";
import { type ScoreForm, scoreText } from "./score-text.ts";
import { Sha1, type Sha1Words, xorWords } from "./sha1.ts";
import { VectorSetDigest } from "./vector-set-digest.ts";

export interface DigestRules {
  readonly scores: ScoreForm;
  /** Whether the server marks fields that expire: Redis does, Valkey does not. */
  readonly marksFieldExpiry: boolean;
  /** Keys and fields that expire before this time are left out; undefined keeps them, as a replica does. */
  readonly nowMs: number | undefined;
}

/** Numbers of the types in a server's memory. */
const typeNumbers: Readonly<Partial<Record<RdbType, number>>> = {
  string: 0,
  list: 1,
  set: 2,
  zset: 3,
  hash: 4,
  module: 5,
  stream: 6,
};

const encoder = new TextEncoder();

/** True for the types that have a digest which depends on the value alone; of modules it may turn out that they have none. */
export function hasDigest(type: RdbType): boolean {
  return typeNumbers[type] !== undefined;
}

/** One object for all keys: `begin`, `add` for each batch, `end`; then `words` is the digest. */
export class KeyDigest {
  readonly words: Sha1Words = new Int32Array(5);
  readonly #rules: DigestRules;
  readonly #sha = new Sha1();
  readonly #element: Sha1Words = new Int32Array(5);
  /** SHA-1 of each type number, by type. */
  readonly #types = new Map<RdbType, Sha1Words>();
  readonly #expire: Sha1Words;
  readonly #fieldExpire: Sha1Words;
  readonly #text = new Uint8Array(48);
  #type: RdbType = "string";
  #expires = false;
  /** Fields of the hash that have not expired. */
  #fieldCount = 0;
  #vectorSet: VectorSetDigest | undefined;

  constructor(rules: DigestRules) {
    this.#rules = rules;
    this.#expire = this.#constant(encoder.encode("!!expire!!"));
    this.#fieldExpire = this.#constant(encoder.encode("!!hexpire!!"));
    for (const [type, number] of Object.entries(typeNumbers))
      this.#types.set(type as RdbType, this.#constant(Uint8Array.of(0, 0, 0, number)));
  }

  /** Starts a key, with its name when the digest is for a dataset. A type without a digest counts as its name and type. */
  begin(event: KeyEvent, withName: boolean): void {
    this.words.fill(0);
    this.#fieldCount = 0;
    this.#type = event.type;
    this.#expires = event.expireAtMs !== undefined;
    if (withName) this.#mix(this.words, event.keyBuffer, event.keyStart, event.keyEnd);
    const type = this.#types.get(event.type);
    if (type !== undefined) this.#mixWords(this.words, type);
    if (event.type === "string") this.#sha.begin();
    this.#vectorSet = event.type === "module" ? new VectorSetDigest() : undefined;
  }

  /** The next batch of the value. */
  add(items: ItemBatch): void {
    switch (items.of) {
      case "chunks":
        for (const chunk of items.chunks) this.#sha.update(chunk);
        break;
      case "elements":
        for (const { buffer, start, end } of items.elements) {
          if (this.#type === "list") this.#mix(this.words, buffer, start, end);
          else this.#xor(this.words, buffer, start, end);
        }
        break;
      case "fields":
        this.#addFields(items.fields);
        break;
      case "scored":
        this.#addMembers(items.members);
        break;
      case "stream":
        for (const part of items.parts) this.#addPart(part);
        break;
      case "opaque":
        this.#vectorSet?.push(items.bytes);
        break;
      default:
    }
  }

  /** Ends the key. */
  end(): void {
    if (this.#type === "string") {
      this.#sha.finish();
      this.#mixWords(this.words, this.#sha.words);
    }
    if (this.#vectorSet !== undefined) {
      this.#sha.hashWords(this.#vectorSet.words);
      xorWords(this.words, this.#sha.words);
    }
    if (this.#expires) xorWords(this.words, this.#expire);
  }

  /** True for the value of a module whose digest is not known here. To be asked when all of it was added. */
  get isUnknown(): boolean {
    return this.#vectorSet !== undefined && !this.#vectorSet.isKnown;
  }

  /** True for a hash of which no field is left. */
  get hasExpiredWhole(): boolean {
    return this.#type === "hash" && this.#fieldCount === 0;
  }

  /** Xors SHA1(the key's digest) into `total`: how a dataset takes a key. */
  addTo(total: Sha1Words): void {
    this.#sha.hashWords(this.words);
    xorWords(total, this.#sha.words);
  }

  /** Mixes bytes into a digest that the caller keeps. */
  mixInto(digest: Sha1Words, bytes: Uint8Array): void {
    this.#mix(digest, bytes, 0, bytes.length);
  }

  #addFields(fields: readonly HashField[]): void {
    const element = this.#element;
    const { marksFieldExpiry, nowMs } = this.#rules;
    for (const { field, value, expireAtMs } of fields) {
      if (isPast(expireAtMs, nowMs)) continue;
      this.#fieldCount++;
      element.fill(0);
      this.#mix(element, field.buffer, field.start, field.end);
      this.#mix(element, value.buffer, value.start, value.end);
      if (expireAtMs !== undefined && marksFieldExpiry) xorWords(element, this.#fieldExpire);
      this.#addElement();
    }
  }

  #addMembers(members: readonly ScoredMember[]): void {
    const element = this.#element;
    for (const { member, score } of members) {
      element.fill(0);
      this.#mix(element, member.buffer, member.start, member.end);
      this.#mixText(element, scoreText(score, this.#rules.scores));
      this.#addElement();
    }
  }

  #addElement(): void {
    this.#sha.hashWords(this.#element);
    xorWords(this.words, this.#sha.words);
  }

  #addPart(part: StreamPart): void {
    if (part.kind !== "entry") return;
    this.#mixText(this.words, `${part.id.ms}.${part.id.seq}`);
    for (const { buffer, start, end } of part.fields) this.#mix(this.words, buffer, start, end);
  }

  #mixText(digest: Sha1Words, text: string): void {
    const { written } = encoder.encodeInto(text, this.#text);
    this.#mix(digest, this.#text, 0, written);
  }

  #xor(digest: Sha1Words, bytes: Uint8Array, start: number, end: number): void {
    this.#sha.hash(bytes, start, end);
    xorWords(digest, this.#sha.words);
  }

  #mix(digest: Sha1Words, bytes: Uint8Array, start: number, end: number): void {
    this.#sha.hash(bytes, start, end);
    this.#mixWords(digest, this.#sha.words);
  }

  /** `hash` is the SHA-1 of what is mixed in. */
  #mixWords(digest: Sha1Words, hash: Sha1Words): void {
    xorWords(digest, hash);
    this.#sha.hashWords(digest);
    digest.set(this.#sha.words);
  }

  #constant(bytes: Uint8Array): Sha1Words {
    this.#sha.hash(bytes, 0, bytes.length);
    return this.#sha.words.slice();
  }
}

export function isPast(expireAtMs: number | undefined, nowMs: number | undefined): boolean {
  return expireAtMs !== undefined && nowMs !== undefined && expireAtMs < nowMs;
}

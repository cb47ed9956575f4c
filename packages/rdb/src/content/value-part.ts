/** One part of a value: its name and content as states of the hash, and as what they are for those who show them. */
import type { ByteSlice } from "../byte-slice.ts";
import type { StreamPart } from "../events.ts";
import { ContentHash } from "./content-hash.ts";

/** Kinds by their numbers in fingerprints; the kernel has the first five. */
const kindNumbers = {
  block: 1,
  element: 2,
  member: 3,
  field: 4,
  scored: 5,
  slot: 6,
  "insert-index": 7,
  metadata: 8,
  entry: 9,
  "last-id": 10,
  "max-deleted-id": 11,
  "entries-added": 12,
  group: 13,
  "entries-read": 14,
  pending: 15,
  consumer: 16,
  owned: 17,
  nacked: 18,
  idmp: 19,
  producer: 20,
  idempotency: 21,
  "idmp-totals": 22,
  "vector-settings": 23,
  vector: 24,
} as const;

export type PartKind = keyof typeof kindNumbers;

/** Borrowed until the next part, and as long as the event that it comes from. */
export class ValuePart {
  kind: PartKind = "block";
  /** States of name and content; undefined where the kind has none beside `index` and the double. */
  name: ContentHash | undefined;
  content: ContentHash | undefined;
  /** Number of the block or element, which is its name; or the place in the zone of nacked entries, which is content. */
  index = 0;
  /** Bits of the score, expiry or time. */
  low = 0;
  high = 0;

  /** The texts themselves, where there are such. */
  nameText: ByteSlice | undefined;
  contentText: ByteSlice | undefined;
  score = 0;
  expireAtMs: number | undefined;
  wideIndex = 0n;
  /** Of a vector set: what belongs to an element beside its vector, and the settings in words. */
  attributes: ByteSlice | undefined;
  settings = "";
  /** Of a stream: the part as the event has it, the group it belongs to, and the consumer or producer. Owned copies. */
  streamPart: StreamPart | undefined;
  group: Uint8Array | undefined;
  owner: Uint8Array | undefined;

  readonly #double = new Float64Array(1);
  readonly #doubleWords = new Int32Array(this.#double.buffer);
  readonly #nameState = new ContentHash();
  readonly #contentState = new ContentHash();
  readonly #state = new ContentHash();

  begin(kind: PartKind): this {
    this.kind = kind;
    this.name = undefined;
    this.content = undefined;
    this.index = 0;
    this.low = 0;
    this.high = 0;
    this.nameText = undefined;
    this.contentText = undefined;
    this.score = 0;
    this.expireAtMs = undefined;
    this.wideIndex = 0n;
    this.attributes = undefined;
    this.settings = "";
    this.streamPart = undefined;
    this.group = undefined;
    this.owner = undefined;
    return this;
  }

  setName(text: ByteSlice): void {
    this.nameText = text;
    this.name = this.#nameState.text(text.buffer, text.start, text.end);
  }

  setContent(text: ByteSlice): void {
    this.contentText = text;
    this.content = this.#contentState.text(text.buffer, text.start, text.end);
  }

  /** The bits of a score, expiry or time. */
  setDouble(value: number): void {
    this.#double[0] = value;
    this.low = this.#doubleWords[0];
    this.high = this.#doubleWords[1];
  }

  /** Empty states to fill. */
  openName(): ContentHash {
    this.name = this.#nameState.begin();
    return this.name;
  }

  openContent(): ContentHash {
    this.content = this.#contentState.begin();
    return this.content;
  }

  /** The fingerprint of the part: valid until the next call. */
  fingerprint(): ContentHash {
    const state = this.#state;
    if (this.name !== undefined) state.copy(this.name);
    else state.copy(this.content as ContentHash);
    if (this.name !== undefined && this.content !== undefined) state.absorbState(this.content);
    return state.absorb(kindNumbers[this.kind], this.index, this.low, this.high).finish();
  }

  /**
   * Puts fingerprints into words[0, 8): four words of the name, for parts of the value with this number, and four of the content
   * alone.
   */
  storeFingerprints(words: Uint32Array, value: number): void {
    const state = this.#state.begin();
    if (this.name !== undefined) state.absorbState(this.name);
    const isIndexed = this.kind === "block" || this.kind === "element";
    state
      .absorb(kindNumbers[this.kind], isIndexed ? this.index : 0, value, 0)
      .finish()
      .store(words, 0);
    state.begin();
    if (this.content !== undefined) state.absorbState(this.content);
    state
      .absorb(isIndexed ? 0 : this.index, this.low, this.high, 0)
      .finish()
      .store(words, 4);
  }
}

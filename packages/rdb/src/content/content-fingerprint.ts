/**
 * Fingerprints of keys and of what they hold, for comparing files without keeping them.
 *
 *   key       finish(absorb(text of the name), absorb(db, mark))
 *   content   finish(absorb(key), absorb(sum of the fingerprints of all parts), absorb(type, number of parts, expiry))
 *
 * Equal keys with equal content have equal fingerprints whatever version, dialect, encoding and order they were stored in (parts.ts says what
 * counts). Different ones have different fingerprints but for chance: 96 bits of each are meant to be compared, so of a billion
 * keys two are taken for one with odds of 1 in 10^11, and a changed value for the same with 1 in 10^28. Nothing here withstands
 * somebody who makes collisions on purpose. Access time and frequency, and the encoding, count for nothing.
 */
import type { KeyEvent, RdbEvent } from "../events.ts";
import type { RdbType } from "../format.ts";
import { ContentHash } from "./content-hash.ts";
import { type ContentRules, PartReader } from "./parts.ts";
import type { ValuePart } from "./value-part.ts";

/** Numbers of the types in fingerprints; the kernel has the first five. */
const typeNumbers: Readonly<Record<RdbType, number>> = {
  string: 1,
  list: 2,
  set: 3,
  hash: 4,
  zset: 5,
  stream: 6,
  module: 7,
  array: 8,
};

const keyMark = 0x6b657900;

/** Words of a key's fingerprint, and behind them as many of its content's; the first three of each are to be compared. */
const contentWords = 4;

/** Makes the fingerprints of one key after the other from events at level "items". */
export class ContentFingerprinter {
  /** Of the key that began last: four words of its own; of its content when it has ended: four more. */
  readonly words = new Uint32Array(2 * contentWords);
  readonly #reader: PartReader;
  readonly #ignoreExpiry: boolean;
  readonly #key = new ContentHash();
  readonly #state = new ContentHash();
  readonly #double = new Float64Array(1);
  readonly #doubleWords = new Int32Array(this.#double.buffer);
  readonly #sum = new Int32Array(4);
  #partCount = 0;
  #type = 0;

  constructor(rules: ContentRules = {}) {
    this.#reader = new PartReader((part) => this.#add(part), rules);
    this.#ignoreExpiry = rules.ignoreExpiry ?? false;
  }

  /** Takes an event; true when it ended a key. Others than those of keys count for nothing. */
  take(event: RdbEvent): boolean {
    if (event.kind === "key") this.#begin(event);
    else if (event.kind !== "items") return false;
    this.#reader.add(event.items);
    if (event.last) this.#end();
    return event.last;
  }

  /** Puts the fingerprint of a key into the first words. */
  setKey(db: number, bytes: Uint8Array, start: number, end: number): void {
    this.#key.text(bytes, start, end).absorb(db, keyMark, 0, 0).finish().store(this.words, 0);
  }

  #begin(event: KeyEvent): void {
    this.setKey(event.db, event.keyBuffer, event.keyStart, event.keyEnd);
    const expireAtMs = this.#ignoreExpiry ? undefined : event.expireAtMs;
    this.#double[0] = expireAtMs ?? -0;
    this.#sum.fill(0);
    this.#partCount = 0;
    this.#type = typeNumbers[event.type];
    this.#reader.begin(event);
  }

  #add(part: ValuePart): void {
    const { a, b, c, d } = part.fingerprint();
    const sum = this.#sum;
    sum[0] += a;
    sum[1] += b;
    sum[2] += c;
    sum[3] += d;
    this.#partCount++;
  }

  #end(): void {
    this.#reader.end();
    const [a, b, c, d] = this.#sum;
    const [low, high] = this.#doubleWords;
    const state = this.#state.begin().absorbState(this.#key).absorb(a, b, c, d);
    state.absorb(this.#type, this.#partCount, low, high).finish().store(this.words, contentWords);
  }
}

/**
 * The digest of a dataset: what `DEBUG DIGEST` answers when a server has loaded a file, from the file's events.
 *
 *   for each db with keys, in the order of their numbers:
 *     d = mix(d, db number as 4 bytes big-endian)       then       d ^= SHA1(digest of a key), for each key
 *
 * What a loading primary leaves out is left out: keys and hash fields that have expired, hashes of which no field is left, and collections without elements. Functions, scripts
 * and module data beside the keys do not count. Keys without a digest of their own (key-digest.ts) are counted in
 * `undigestedCount`, and the answer is then not the server's. Source: redis src/debug.c, computeDatasetDigest.
 */
import type { KeyEvent, RdbEvent } from "../events.ts";
import { type DigestRules, hasDigest, isPast, KeyDigest } from "./key-digest.ts";
import { type Sha1Words, sha1Text, xorWords } from "./sha1.ts";

export interface DatasetDigestOptions extends DigestRules {
  /** "values": digests of values alone, as DEBUG DIGEST-VALUE has them; then there is none of the dataset. Default "dataset". */
  readonly of?: "dataset" | "values";
}

/** What became of a key, said by the event that ends it. */
export type KeyOutcome = "digested" | "expired" | "empty" | "undigested";

export class DatasetDigest {
  /** Keys that count. */
  keyCount = 0;
  expiredCount = 0;
  emptyCount = 0;
  /** Arrays, and values of modules other than vector sets. */
  undigestedCount = 0;
  readonly #options: DatasetDigestOptions;
  readonly #key: KeyDigest;
  readonly #dbs = new Map<number, Sha1Words>();
  #db = 0;
  #outcome: KeyOutcome = "digested";
  #mayBeEmpty = false;

  constructor(options: DatasetDigestOptions) {
    this.#options = options;
    this.#key = new KeyDigest(options);
  }

  /** Takes an event of a decoder at level "items"; answers when it ended a key. Other events count for nothing. */
  take(event: RdbEvent): KeyOutcome | undefined {
    if (event.kind === "key") this.#begin(event);
    else if (event.kind !== "items") return undefined;
    if (this.#outcome === "digested") this.#key.add(event.items);
    return event.last ? this.#end(event.itemCount) : undefined;
  }

  /** The digest of the key that ended last, when its outcome was "digested": 40 hex digits. */
  get keyText(): string {
    return sha1Text(this.#key.words);
  }

  /** The digest of all keys so far: 40 hex digits. Zeros when there are none, as servers answer. */
  get text(): string {
    const total = new Int32Array(5);
    for (const db of [...this.#dbs.keys()].sort((first, second) => first - second)) {
      this.#key.mixInto(total, Uint8Array.of(db >>> 24, db >>> 16, db >>> 8, db));
      xorWords(total, this.#dbs.get(db) as Sha1Words);
    }
    return sha1Text(total);
  }

  #begin(event: KeyEvent): void {
    this.#db = event.db;
    this.#mayBeEmpty = event.type === "string" || event.type === "stream";
    if (isPast(event.expireAtMs, this.#options.nowMs)) this.#outcome = "expired";
    else if (!hasDigest(event.type)) this.#outcome = "undigested";
    else {
      this.#outcome = "digested";
      this.#key.begin(event, this.#options.of !== "values");
    }
  }

  #end(itemCount: number | undefined): KeyOutcome {
    if (this.#outcome === "digested" && itemCount === 0 && !this.#mayBeEmpty) this.#outcome = "empty";
    else if (this.#outcome === "digested" && this.#key.hasExpiredWhole) this.#outcome = "expired";
    else if (this.#outcome === "digested" && this.#key.isUnknown) this.#outcome = "undigested";
    switch (this.#outcome) {
      case "digested":
        this.#key.end();
        this.keyCount++;
        if (this.#options.of !== "values") this.#key.addTo(this.#totalOf(this.#db));
        break;
      case "expired":
        this.expiredCount++;
        break;
      case "empty":
        this.emptyCount++;
        break;
      default:
        this.undigestedCount++;
    }
    return this.#outcome;
  }

  #totalOf(db: number): Sha1Words {
    let total = this.#dbs.get(db);
    if (total === undefined) {
      total = new Int32Array(5);
      this.#dbs.set(db, total);
    }
    return total;
  }
}

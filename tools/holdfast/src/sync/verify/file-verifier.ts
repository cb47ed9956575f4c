/**
 * A file compared with a target: each key of it, as it is read, with what has its name there; then the target's names with the file's.
 *
 *   file    ──▶ fingerprint of each value ──▶ DUMP and PTTL there, a few values at a time
 *   target  ──▶ SCAN ──▶ NameTable of the file's names          once, or for a very large file a part of the names after the other
 *
 * Keys whose time is over are in no server. What the file has is one moment, so nothing is looked at twice.
 */
import { formatKey } from "@holdfast/command-line";
import type { Clock } from "@holdfast/platform";
import { ContentFingerprinter, type KeyEvent, type RdbEvent, type ReadLevel } from "@holdfast/rdb";
import { type FileSource, snapshotOf } from "../file-source.ts";
import type { KeyRules } from "../key-rules.ts";
import { namedKey } from "../named-key.ts";
import { compareFunctions, libraryName } from "./functions.ts";
import { differenceOf, type KeyContent } from "./key-content.ts";
import { NAMES_MAX, NamePrints, NameTable } from "./name-table.ts";
import type { ServerKeys } from "./server-keys.ts";
import { countDifference, newVerification, type Verification } from "./verification.ts";
import { VALUES_MAX } from "./verifier.ts";

export interface FileVerifierOptions {
  readonly file: FileSource;
  readonly target: ServerKeys;
  readonly rules: KeyRules;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Bytes of the file, and keys. */
  readonly onProgress: (sizeBytes: number, comparedKeys: number) => void;
  /** Names held at once. Default 4 million, which are 32 MiB. */
  readonly namesMax?: number;
}

interface FileKey {
  readonly db: number;
  readonly name: Uint8Array;
  readonly content: KeyContent;
}

const NO_NAME = new Uint8Array(0);

/** Throws Problem for damage, and for a file with commands behind its snapshot. */
export async function verifyFile(options: FileVerifierOptions): Promise<Verification> {
  return new FileVerifier(options).run();
}

class FileVerifier {
  readonly #options: FileVerifierOptions;
  readonly #result = newVerification();
  readonly #fingerprinter = new ContentFingerprinter();
  readonly #prints = new NamePrints();
  readonly #libraries = new Map<string, Buffer>();
  /** The key under way. */
  #key: Omit<FileKey, "content"> & { readonly expireAtMs: number | undefined } = {
    db: 0,
    name: NO_NAME,
    expireAtMs: undefined,
  };
  #waiting: FileKey[] = [];

  constructor(options: FileVerifierOptions) {
    this.#options = options;
  }

  async run(): Promise<Verification> {
    await this.#compareFile();
    const { namesMax = NAMES_MAX, target } = this.#options;
    const passCount = Math.max(1, Math.ceil(this.#result.comparedKeys / namesMax));
    for (let pass = 0; pass < passCount; pass++) await this.#lookForExtra(pass, passCount);
    for (const theirs of await target.functions()) compareFunctions(this.#libraries, theirs, this.#result);
    return this.#result;
  }

  async *#events(level: ReadLevel): AsyncGenerator<readonly RdbEvent[], void, void> {
    const { file, rules, signal } = this.#options;
    const select = (head: Pick<KeyEvent, "db" | "keyBuffer" | "keyStart" | "keyEnd">) =>
      rules.fits(head.db, head.keyBuffer, head.keyStart, head.keyEnd) ? level : "omit";
    for await (const events of snapshotOf(file, { level, select })) {
      signal.throwIfAborted();
      yield events;
    }
  }

  async #compareFile(): Promise<void> {
    for await (const events of this.#events("items")) {
      for (const event of events) {
        if (event.kind === "function")
          this.#libraries.set(libraryName(event.code), Buffer.from(event.code.slice()));
        else if (event.kind === "key" || event.kind === "items") await this.#takeKey(event);
      }
    }
    await this.#compareWaiting();
  }

  async #takeKey(event: RdbEvent & { readonly kind: "key" | "items" }): Promise<void> {
    if (event.kind === "key") {
      const { db, expireAtMs } = event;
      this.#key = { db, name: event.key.slice(), expireAtMs };
      // As payloads of DUMP have it: without a place.
      this.#fingerprinter.take({ ...namedKey(event, NO_NAME, undefined), db: 0 });
    } else this.#fingerprinter.take(event);
    if (!event.last) return;
    const { db, name, expireAtMs } = this.#key;
    if (expireAtMs !== undefined && expireAtMs <= this.#options.clock.nowMs()) return;
    if (this.#waiting.length > 0 && this.#waiting[0].db !== db) await this.#compareWaiting();
    const words = this.#fingerprinter.words.slice();
    this.#waiting.push({ db, name, content: { payload: undefined, words, expireAtMs } });
    if (this.#waiting.length >= VALUES_MAX) await this.#compareWaiting();
    this.#options.onProgress(event.endOffset, this.#result.comparedKeys);
  }

  async #compareWaiting(): Promise<void> {
    const { target, rules } = this.#options;
    const keys = this.#waiting;
    if (keys.length === 0) return;
    this.#waiting = [];
    const names = keys.map(({ name }) => rules.nameOf(name));
    const theirs = await target.contents(rules.dbOf(keys[0].db), names);
    for (const [index, { db, name, content }] of keys.entries()) {
      const kind = differenceOf(content, theirs[index]);
      if (kind !== undefined) countDifference(this.#result, kind, formatKey(name, db));
    }
    this.#result.comparedKeys += keys.length;
  }

  /** What the target has under names that the file's keys would get, and the file has not. */
  async #lookForExtra(pass: number, passCount: number): Promise<void> {
    const { target, rules, signal } = this.#options;
    const table = await this.#namesOfFile(pass, passCount);
    for (const db of await target.dbs()) {
      const sourceDb = rules.sourceDbOf(db);
      if (sourceDb === undefined) continue;
      for await (const names of target.names(db)) {
        signal.throwIfAborted();
        for (const name of names) {
          const found = this.#prints.of(db, name, passCount);
          if (found.pass !== pass || table.has(found.print)) continue;
          const isMeant = rules.originsOf(name).some((origin) => rules.fits(sourceDb, origin));
          if (isMeant) countDifference(this.#result, "extra", formatKey(name, db));
        }
      }
    }
  }

  async #namesOfFile(pass: number, passCount: number): Promise<NameTable> {
    const { rules } = this.#options;
    const table = new NameTable();
    for await (const events of this.#events("skip")) {
      for (const event of events) {
        if (event.kind !== "key") continue;
        const found = this.#prints.of(rules.dbOf(event.db), rules.nameOf(event.key), passCount);
        if (found.pass === pass) table.add(found.print);
      }
    }
    table.sort();
    return table;
  }
}

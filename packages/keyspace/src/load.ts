/**
 * RDB events into a keyspace: the base of a log.
 *
 * As a server that loads a base: keys and fields that have expired stay, because the log says when they went; collections without
 * elements are left out and counted; a key that comes twice is an error. Decode at level "items", without a lane.
 */
import type { KeyEvent, RdbEvent } from "@holdfast/rdb";
import { KeyspaceError } from "./errors.ts";
import type { Keyspace } from "./keyspace.ts";
import { bufferOver, textIn, textOf } from "./latin1.ts";
import type { Value } from "./values/value.ts";
import { ValueLoader } from "./values/value-loader.ts";

const scriptAux = "lua";

/** One loader takes one RDB, event by event; borrowed bytes are copied. */
export class SnapshotLoader {
  /** Keys that were loaded. */
  keyCount = 0;
  /** Collections without elements, which were left out as servers do. */
  emptyCount = 0;
  readonly #keyspace: Keyspace;
  readonly #values: ValueLoader;
  // The key under way: its event may be one object for all keys.
  #db = 0;
  #key = "";
  #expireAtMs: number | undefined;
  #idleSec: number | undefined;
  #frequency: number | undefined;
  #meta: Uint8Array | undefined;

  constructor(keyspace: Keyspace) {
    this.#keyspace = keyspace;
    this.#values = new ValueLoader(keyspace.databases.slabs);
  }

  /** Takes the next event. Throws KeyspaceError, and the error of a `damage` event. */
  take(event: RdbEvent): void {
    switch (event.kind) {
      case "key":
        this.#begin(event);
        break;
      case "items":
        this.#end(this.#values.add(event), event.last);
        break;
      case "function":
        this.#keyspace.libraries.store(textOf(event.code));
        break;
      case "module-aux":
        this.#keyspace.carry({ ...event, payload: event.payload.slice() });
        break;
      case "slot-import":
        this.#keyspace.carry({ ...event, job: event.job.slice() });
        break;
      case "aux":
        if (textOf(event.name) === scriptAux)
          this.#keyspace.carry({ kind: "aux", name: event.name.slice(), value: event.value.slice() });
        break;
      case "damage":
        throw event.error;
      case "keys":
        throw new KeyspaceError("KEYSPACE_EVENTS", "rows of a lane have no items: decode without one");
      default:
      // Hints of the writer, templates that the decoder has resolved, warnings, the end.
    }
  }

  #begin(event: KeyEvent): void {
    this.#db = event.db;
    this.#key = textIn(bufferOver(event.keyBuffer), event.keyStart, event.keyEnd);
    this.#expireAtMs = event.expireAtMs;
    this.#idleSec = event.idleSec;
    this.#frequency = event.frequency;
    this.#meta = event.meta?.slice();
    this.#end(this.#values.begin(event), event.last);
  }

  #end(value: Value | undefined, isLast: boolean): void {
    if (!isLast || value === undefined) return;
    const database = this.#keyspace.databases.at(this.#db);
    const key = this.#key;
    if (database.has(key))
      throw new KeyspaceError("KEYSPACE_DUPLICATE_KEY", "a key comes twice", {
        db: this.#db,
        key: Buffer.from(key, "latin1"),
      });
    if (typeof value !== "string" && value.itemCount === 0 && value.type !== "stream") {
      this.emptyCount += 1;
      return;
    }
    database.put(key, value);
    this.keyCount += 1;
    if (this.#expireAtMs !== undefined) database.expireAt(key, this.#expireAtMs);
    const [idleSec, frequency, meta] = [this.#idleSec, this.#frequency, this.#meta];
    if (idleSec !== undefined || frequency !== undefined || meta !== undefined)
      database.setAttributes(key, { idleSec, frequency, meta });
  }
}

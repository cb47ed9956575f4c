/**
 * The backlog of a primary whose data stands in files: everything can be sent again at any time, to any replica, and takes no memory.
 *
 *   offset    startOffset                      dataEndOffset
 *   bytes     | commands of the files, in order | PING | PING | PING …
 *
 * Nobody writes behind the files but us, and only pings, to keep replicas from giving up. They are all alike, so they are not kept: what
 * is read there is made. It also means that a replica that was served by an earlier run of ours has all of the data, however many pings
 * it got then: it may go on (`reach`).
 */
import { strict as assert } from "node:assert";
import type { BacklogHold } from "../backlog.ts";
import type { AppendableBacklog } from "../replicas.ts";
import { PING } from "../stream-feed.ts";
import type { StoredStream } from "./stored-stream.ts";

/** Some two years of pings. Every other replica is sent them too, so a number that somebody made up must not count. */
const REACHED_PINGS_MAX = 6_000_000;

/** Nothing is ever dropped, so a hold has nothing to do. */
const hold: BacklogHold = { moveTo: () => {}, release: () => {} };

export class StoredBacklog implements AppendableBacklog {
  readonly #stream: StoredStream;
  #pings = 0;

  constructor(stream: StoredStream) {
    this.#stream = stream;
  }

  get firstOffset(): number {
    return this.#stream.startOffset;
  }

  /** Behind the last command: who has everything before it has all of the data. */
  get dataEndOffset(): number {
    return this.#stream.endOffset;
  }

  get endOffset(): number {
    return this.dataEndOffset + this.#pings * PING.length;
  }

  /** Takes pings only: there is no file to write anything else to. */
  append(bytes: Uint8Array): void {
    assert(Buffer.compare(bytes, PING) === 0, "a stream of files grows by pings only");
    this.#pings++;
  }

  /** A replica of this history says that it has everything before `offset`: when that lies between pings, it is so. */
  reach(offset: number): void {
    const pings = (offset - this.dataEndOffset) / PING.length;
    if (Number.isInteger(pings) && pings > this.#pings && pings <= REACHED_PINGS_MAX) this.#pings = pings;
  }

  read(offset: number, bytesMax: number): Promise<Uint8Array | undefined> | Uint8Array | undefined {
    if (offset < this.dataEndOffset) return this.#stream.read(offset, bytesMax);
    if (offset >= this.endOffset) return undefined;
    const from = (offset - this.dataEndOffset) % PING.length;
    return PING.slice(from, from + bytesMax);
  }

  hold(): BacklogHold {
    return hold;
  }
}

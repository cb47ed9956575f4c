/**
 * Where events go: lines on stderr for people, or objects on standard output for programs.
 *
 *   text      holdfast: 10.0.0.7:6379: full resync, it has nothing yet
 *   ndjson    {"format":"holdfast-serve","version":1,"at":"2026-…Z","event":"resync","replica":"10.0.0.7:6379",…}
 *
 * A replica that cannot load what it gets asks again every second. Its lines would bury all others, so what a replica does again, without
 * getting any further, is said at the 1st, 2nd, 4th, 8th … time only; as objects, all of it is.
 */
import { formatTime } from "@holdfast/command-line";
import type { Host } from "../host.ts";
import type { ServeEvent } from "./serve-events.ts";
import { eventLine } from "./serve-lines.ts";

export type ServeFormat = "text" | "ndjson";

const NAMES_MAX = 1000;

export class ServeOutput {
  readonly #host: Host;
  readonly #format: ServeFormat;
  /** Links of a replica that came to nothing in a row, for the same reason. */
  readonly #vain = new Map<string, { readonly detail: string; readonly count: number }>();
  #written: Promise<void> = Promise.resolve();
  #failed: (error: unknown) => void = () => {};

  constructor(host: Host, format: ServeFormat) {
    this.#host = host;
    this.#format = format;
    // Nobody may be waiting for it yet.
    this.failure.catch(() => {});
  }

  /** Rejects when standard output takes no more: its reader has gone, or a disk is full. */
  readonly failure = new Promise<never>((_, reject) => {
    this.#failed = reject;
  });

  emit(event: ServeEvent): void {
    if (this.#format === "ndjson") this.#writeObject(event);
    else this.#writeLine(event);
  }

  /** Resolves when everything is written. */
  flush(): Promise<void> {
    return this.#written;
  }

  /** For people, whatever the format. */
  say(text: string): void {
    this.#host.writeErr(`holdfast: ${text}\n`);
  }

  #writeObject(event: ServeEvent): void {
    const at = formatTime(this.#host.clock.nowMs());
    const text = JSON.stringify({ format: "holdfast-serve", version: 1, at, ...event });
    this.#written = this.#written.then(() => this.#host.writeOut(Buffer.from(`${text}\n`, "utf8")));
    this.#written.catch(this.#failed);
  }

  #writeLine(event: ServeEvent): void {
    const line = eventLine(event);
    if (line !== undefined && this.#isNews(event)) this.say(line);
  }

  #isNews(event: ServeEvent): boolean {
    if (!("replica" in event) || event.event === "progress") return true;
    const { replica } = event;
    if (event.event === "complete") this.#vain.delete(replica);
    const before = this.#vain.get(replica);
    const isVain = event.event === "refused" || (event.event === "left" && !event.hadAll);
    if (!isVain) return isPowerOfTwo((before?.count ?? 0) + 1);
    const count = before?.detail === event.detail ? before.count + 1 : 1;
    // Names of whoever only knocks at the port are all different.
    if (this.#vain.size > NAMES_MAX) this.#vain.clear();
    this.#vain.set(replica, { detail: event.detail, count });
    return isPowerOfTwo(count);
  }
}

function isPowerOfTwo(count: number): boolean {
  return Number.isInteger(Math.log2(count));
}

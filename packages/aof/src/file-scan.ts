/**
 * The bytes of one file: an RDB if it begins like one, then commands.
 *
 *   REDIS0011 … or VALKEY080 …     an RDB, to its checksum
 *   *2\r\n$6\r\nSELECT\r\n …       commands and annotations
 *
 * A synchronous object: push chunks, pull events. Source of the order: loadSingleAppendOnlyFile in aof.c of Redis 7.0 and Valkey 9.1.
 */
import { RdbDecoder, type RdbDecoderOptions, type RdbEvent } from "@holdfast/rdb";
import { type CommandRun, LogDecoder, type LogDecoderOptions, type LogEvent } from "@holdfast/resp";

/** Long enough to tell an RDB of either family. */
const MAGIC_BYTES = 6;

export type FileScanEvent =
  | { readonly kind: "rdb"; readonly event: RdbEvent }
  /** What follows are commands. */
  | { readonly kind: "rdb-end"; readonly endOffset: number }
  | LogEvent
  | CommandRun;

export interface FileScanOptions {
  readonly rdb?: RdbDecoderOptions;
  readonly log: LogDecoderOptions;
}

/** Whether a file that begins with these bytes begins with an RDB. */
export function beginsLikeRdb(bytes: Uint8Array): boolean {
  const head = Buffer.from(bytes.subarray(0, MAGIC_BYTES)).toString("latin1");
  return head.startsWith("REDIS") || head === "VALKEY";
}

export class AofFileScan {
  readonly #options: FileScanOptions;
  #head: Uint8Array = new Uint8Array(0);
  #rdb: RdbDecoder | undefined;
  #log: LogDecoder | undefined;
  /** Offset behind the RDB, once its end was handed over. */
  #rdbEnd: number | undefined;
  #hasEnded = false;

  constructor(options: FileScanOptions) {
    this.#options = options;
    // Not at the start of a file: there is no RDB to come.
    if ((options.log.start ?? 0) > 0) this.#log = new LogDecoder(options.log);
  }

  /** "undecided" until the first bytes are there. */
  get stage(): "undecided" | "rdb" | "commands" {
    if (this.#log !== undefined) return "commands";
    return this.#rdb === undefined ? "undecided" : "rdb";
  }

  /** Behind what is read for good: keys of the RDB, commands and annotations. */
  get offset(): number {
    return this.#log?.offset ?? this.#rdb?.offset ?? 0;
  }

  push(chunk: Uint8Array): void {
    if (this.#log !== undefined) this.#log.push(chunk);
    else if (this.#rdb !== undefined) this.#rdb.push(chunk);
    else this.#decide(chunk);
  }

  end(): void {
    this.#hasEnded = true;
    if (this.stage === "undecided") this.#begin(this.#head);
    this.#log?.end();
    this.#rdb?.end();
  }

  /** The next event; undefined means push more, or, after end(), that this was all. Throws RdbFormatError and RespFormatError. */
  next(): FileScanEvent | undefined {
    if (this.#log !== undefined) return this.#log.next();
    if (this.#rdb === undefined) return undefined;
    if (this.#rdbEnd !== undefined) return this.#enterCommands(this.#rdb, this.#rdbEnd);
    const event = this.#rdb.next();
    if (event === undefined) return undefined;
    if (event.kind === "end") this.#rdbEnd = event.endOffset;
    return { kind: "rdb", event };
  }

  #enterCommands(rdb: RdbDecoder, endOffset: number): FileScanEvent {
    this.#log = new LogDecoder({ ...this.#options.log, start: endOffset });
    // The RDB's window may be used for other chunks.
    this.#log.push(rdb.unread.slice());
    if (this.#hasEnded) this.#log.end();
    return { kind: "rdb-end", endOffset };
  }

  /** The first bytes tell what the file is; they may come one by one. */
  #decide(chunk: Uint8Array): void {
    const bytes = this.#head.length === 0 ? chunk : Buffer.concat([this.#head, chunk]);
    if (bytes.length >= MAGIC_BYTES) this.#begin(bytes);
    else this.#head = bytes.slice();
  }

  #begin(bytes: Uint8Array): void {
    if (beginsLikeRdb(bytes)) {
      this.#rdb = new RdbDecoder(this.#options.rdb);
      if (bytes.length > 0) this.#rdb.push(bytes);
      return;
    }
    this.#log = new LogDecoder(this.#options.log);
    this.#log.push(bytes);
  }
}

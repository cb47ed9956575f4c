/**
 * A snapshot on its way: an RDB in one of two frames, and the stream behind it.
 *
 *   $182\r\n                    length     REDIS0010 … ff crc | stream …          exactly so many bytes, nothing behind them
 *   $EOF:f582…e458\r\n          mark       REDIS0010 … ff crc f582…e458 | stream …
 *
 * The end of the second form is found by decoding the RDB, which knows where it ends, and the mark has to stand there. Searching for the
 * mark would be wrong: one server process sends the same mark with every snapshot, so whoever has seen it can store it in a value.
 *
 * Either way the RDB is decoded as it passes, at the level that steps over values, with its checksum. So a snapshot that is
 * damaged or cut is known as such before it replaces anything. Source: replication.c of Redis 7.0, readSyncBulkPayload().
 */
import { RdbDecoder, type RdbEvent, RdbFormatError } from "@holdfast/rdb";
import { ResyncError } from "./errors.ts";
import { offsetOfCount } from "./wire-offset.ts";

/** How a snapshot is framed, from the line in front of it. */
export type SnapshotFrame =
  | { readonly by: "length"; readonly sizeBytes: number }
  | { readonly by: "mark"; readonly mark: Uint8Array };

/** What the snapshot said about itself. */
export interface SnapshotFacts {
  readonly sizeBytes: number;
  readonly keyCount: number;
  readonly dialect: "redis" | "valkey";
  readonly rdbVersion: number;
  /** "off" when the primary writes none. */
  readonly checksum: "ok" | "off" | "none" | "unchecked";
  /** The db that is selected in the stream at this offset: aux `repl-stream-db`. */
  readonly streamDb: number | undefined;
}

const MARK_BYTES = 40;

/** The frame that a line such as `$182` announces; undefined when it announces none. */
export function parseSnapshotFrame(line: string): SnapshotFrame | undefined {
  const mark = /^\$EOF:(.{40})$/s.exec(line);
  if (mark !== null) return { by: "mark", mark: Buffer.from(mark[1], "latin1") };
  const sizeBytes = line.startsWith("$") ? offsetOfCount(line.slice(1)) : undefined;
  return sizeBytes === undefined ? undefined : { by: "length", sizeBytes };
}

/** The line in front of a snapshot. */
export function snapshotLine(frame: SnapshotFrame): Uint8Array {
  if (frame.by === "length") return Buffer.from(`$${frame.sizeBytes}\r\n`);
  return Buffer.concat([Buffer.from("$EOF:"), frame.mark, Buffer.from("\r\n")]);
}

export class SnapshotReader {
  readonly #frame: SnapshotFrame;
  readonly #decoder: RdbDecoder;
  #receivedBytes = 0;
  /** Where the RDB ended. */
  #rdbBytes: number | undefined;
  #markSeen = 0;
  #header: { readonly dialect: "redis" | "valkey"; readonly version: number } | undefined;
  #checksum: SnapshotFacts["checksum"] = "none";
  #streamDb: number | undefined;
  #facts: SnapshotFacts | undefined;

  constructor(frame: SnapshotFrame) {
    this.#frame = frame;
    const known = frame.by === "length" ? { totalBytes: frame.sizeBytes } : {};
    this.#decoder = new RdbDecoder({ level: "skip", reuseKeys: true, ...known });
  }

  /** Known once all of it was there. */
  get facts(): SnapshotFacts | undefined {
    return this.#facts;
  }

  /**
   * Takes bytes, which must not change. `rdb` is the part of them that belongs to the snapshot's file, `rest` what stands behind the
   * whole snapshot. Throws RESYNC_BAD_SNAPSHOT.
   */
  push(bytes: Uint8Array): { readonly rdb: Uint8Array; readonly rest: Uint8Array } {
    const before = this.#receivedBytes;
    const ours = this.#frame.by === "length" ? bytes.subarray(0, this.#frame.sizeBytes - before) : bytes;
    if (this.#rdbBytes === undefined) this.#decode(ours);
    const rdb = ours.subarray(0, (this.#rdbBytes ?? Number.POSITIVE_INFINITY) - before);
    this.#receivedBytes += rdb.length;
    if (this.#frame.by === "mark") return { rdb, rest: this.#checkMark(bytes.subarray(rdb.length)) };
    this.#endAtLength(this.#frame.sizeBytes);
    return { rdb, rest: bytes.subarray(ours.length) };
  }

  #decode(bytes: Uint8Array): void {
    try {
      this.#decoder.push(bytes);
      for (let event = this.#decoder.next(); event !== undefined; event = this.#decoder.next())
        this.#note(event);
      const isCut = this.#frame.by === "length" && this.#rdbBytes === undefined;
      if (isCut && this.#receivedBytes + bytes.length === this.#frame.sizeBytes) {
        this.#decoder.end();
        this.#decoder.next();
      }
    } catch (cause) {
      if (!(cause instanceof RdbFormatError)) throw cause;
      throw new ResyncError("RESYNC_BAD_SNAPSHOT", `the snapshot is damaged: ${cause.detail}`, {
        offset: cause.offset,
        cause,
      });
    }
  }

  #note(event: RdbEvent): void {
    if (event.kind === "header") this.#header = { dialect: event.dialect, version: event.version };
    else if (event.kind === "aux") this.#noteAux(latin1(event.name), latin1(event.value));
    else if (event.kind === "end") {
      this.#rdbBytes = event.endOffset;
      this.#checksum = event.checksum;
    }
  }

  #noteAux(name: string, value: string): void {
    if (name === "repl-stream-db" && /^\d{1,9}$/.test(value)) this.#streamDb = Number(value);
  }

  /** The length is the whole file: nothing may stand behind the RDB in it. */
  #endAtLength(sizeBytes: number): void {
    if (this.#receivedBytes < sizeBytes) {
      if (this.#rdbBytes === undefined) return;
      const detail = `the RDB of the snapshot has ${this.#rdbBytes} bytes, ${sizeBytes} were announced`;
      throw new ResyncError("RESYNC_BAD_SNAPSHOT", detail, { offset: this.#rdbBytes });
    }
    this.#finish();
  }

  /** Compares what is there of the mark; returns what stands behind it. */
  #checkMark(bytes: Uint8Array): Uint8Array {
    if (this.#rdbBytes === undefined) return bytes;
    const { mark } = this.#frame as { readonly mark: Uint8Array };
    const size = Math.min(bytes.length, MARK_BYTES - this.#markSeen);
    for (let index = 0; index < size; index++) {
      if (bytes[index] === mark[this.#markSeen + index]) continue;
      const detail = "behind the RDB of the snapshot stands something else than its mark";
      throw new ResyncError("RESYNC_BAD_SNAPSHOT", detail, { offset: this.#rdbBytes });
    }
    this.#markSeen += size;
    if (this.#markSeen === MARK_BYTES) this.#finish();
    return bytes.subarray(size);
  }

  #finish(): void {
    const { dialect, version } = this.#header!;
    this.#facts = {
      sizeBytes: this.#receivedBytes,
      keyCount: this.#decoder.keyCount,
      dialect,
      rdbVersion: version,
      checksum: this.#checksum,
      streamDb: this.#streamDb,
    };
  }
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}

/**
 * A primary's session on a real connection: answers, sends a snapshot, and then the stream, each replica at its own pace.
 *
 *   connection ── bytes ──▶ session ── start-snapshot ──▶ source ── chunks ──▶ connection
 *                                   └─ online ──▶ backlog ── pieces ──────────▶ connection
 *
 * Everything waits for the connection: at most one chunk of a snapshot and one piece of the stream are in memory for a replica. What it
 * still needs is held in the backlog, within the backlog's limit.
 */
import type { Clock, Connection, Random } from "@holdfast/platform";
import { Alarm } from "./alarm.ts";
import type { BacklogHold, StreamBacklog } from "./backlog.ts";
import { ResyncError } from "./errors.ts";
import type { PrimaryAction, WantedSnapshot } from "./primary-actions.ts";
import type { PrimarySession } from "./primary-session.ts";
import type { SnapshotFrame } from "./snapshot-reader.ts";

/** A snapshot that can be sent. */
export interface ServedSnapshot {
  /** Of the stream, at the snapshot's moment. */
  readonly offset: number;
  /** Undefined when it is not known: then it goes out with a mark, to who accepts that. */
  readonly sizeBytes: number | undefined;
  /** The RDB's bytes, none empty. Read once; left early when the replica is gone. */
  readonly chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/** Where snapshots come from. Asked once for every replica that needs one; asking at the same time is allowed. */
export interface SnapshotSource {
  open(wanted: WantedSnapshot): Promise<ServedSnapshot>;
}

export interface PrimaryDriveOptions {
  readonly session: PrimarySession;
  /** Is closed at the end. */
  readonly connection: Connection;
  readonly backlog: StreamBacklog;
  readonly source: SnapshotSource;
  readonly clock: Clock;
  /** For the marks of snapshots. */
  readonly random: Random;
  /** Called whenever the replica has said something. */
  readonly onHeard?: () => void;
  /** Called when it has come to another phase, until its link is over. */
  readonly onPhase?: () => void;
}

/** So much of the stream goes out in one write. */
const PIECE_BYTES = 256 * 1024;
const MARK_RANDOM_BYTES = 20;

/** One replica being served. */
export class PrimaryDrive {
  readonly session: PrimarySession;
  readonly #connection: Connection;
  readonly #backlog: StreamBacklog;
  readonly #source: SnapshotSource;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #alarm: Alarm;
  readonly #onHeard: (() => void) | undefined;
  readonly #onPhase: (() => void) | undefined;
  #phase: PrimarySession["phase"] = "greeting";
  #hold: BacklogHold | undefined;
  #isPumping = false;
  #closedBy: ResyncError | undefined;
  #isOver = false;

  constructor(options: PrimaryDriveOptions) {
    this.session = options.session;
    this.#connection = options.connection;
    this.#backlog = options.backlog;
    this.#source = options.source;
    this.#clock = options.clock;
    this.#random = options.random;
    this.#onHeard = options.onHeard;
    this.#onPhase = options.onPhase;
    this.#alarm = new Alarm(options.clock, () => {
      this.#perform(this.session.tick(this.#nowMs));
    });
  }

  /** Address of the other side. */
  get peer(): string {
    return this.#connection.peer;
  }

  /** Serves until the link is over. Resolves with the reason, or undefined when it has done what it was for. */
  async run(): Promise<ResyncError | undefined> {
    this.#setAlarm();
    try {
      while (!this.#isOver) {
        this.#perform(await this.#read());
        this.#onHeard?.();
      }
    } finally {
      this.#end();
    }
    return this.#closedBy;
  }

  /** The backlog has more. */
  streamGrew(): void {
    if (this.session.phase === "online") void this.#pump();
  }

  /** Ends the link: the replica has to ask again. */
  historyChanged(): void {
    this.#perform(this.session.historyChanged());
  }

  /** Ends the link: nobody is served any more. */
  stop(): void {
    this.#perform(this.session.stopped());
  }

  get #nowMs(): number {
    return this.#clock.monotonicMs();
  }

  async #read(): Promise<readonly PrimaryAction[]> {
    try {
      const bytes = await this.#connection.read();
      return bytes === undefined ? this.session.ended() : this.session.receive(bytes, this.#nowMs);
    } catch (cause) {
      return this.session.ended(cause);
    }
  }

  #perform(actions: readonly PrimaryAction[]): void {
    for (const action of actions) {
      if (action.kind === "send") this.#send(action.bytes);
      else if (action.kind === "close") this.#close(action.error);
      else if (action.kind === "start-snapshot") void this.#serveSnapshot(action.wanted);
      else this.#goOnline(action.fromOffset);
    }
    this.#setAlarm();
    this.#notePhase();
  }

  #notePhase(): void {
    const { phase } = this.session;
    if (phase === this.#phase || phase === "over") return;
    this.#phase = phase;
    this.#onPhase?.();
  }

  /** Small things, not awaited: a connection that broke says so to the reader. */
  #send(bytes: Uint8Array): void {
    this.#connection.write(bytes).catch(() => {});
  }

  async #serveSnapshot(wanted: WantedSnapshot): Promise<void> {
    try {
      const snapshot = await this.#source.open(wanted);
      this.#holdSnapshot(snapshot.offset);
      this.#perform(this.session.snapshotStarted(snapshot.offset));
      this.#perform(this.session.snapshotReady(this.#frameOf(snapshot, wanted), this.#nowMs));
      for await (const chunk of snapshot.chunks) {
        await this.#sendChunk(chunk);
        if (this.#isOver) return;
      }
      this.#perform(this.session.snapshotDone(this.#nowMs));
    } catch (error) {
      if (!this.#isOver) this.#perform(this.session.snapshotFailed(error));
    }
  }

  #frameOf(snapshot: ServedSnapshot, wanted: WantedSnapshot): SnapshotFrame {
    const { sizeBytes } = snapshot;
    if (sizeBytes !== undefined) return { by: "length", sizeBytes };
    if (wanted.transfer === "length")
      throw new ResyncError("RESYNC_SNAPSHOT_FAILED", "the replica needs a snapshot of known size");
    return {
      by: "mark",
      mark: Buffer.from(Buffer.from(this.#random.bytes(MARK_RANDOM_BYTES)).toString("hex")),
    };
  }

  /** Resolves when the connection wants more, or is over. */
  async #sendChunk(chunk: Uint8Array): Promise<void> {
    for (const action of this.session.snapshotChunk(chunk, this.#nowMs)) {
      if (action.kind !== "send") continue;
      this.#setAlarm();
      await this.#connection
        .write(action.bytes)
        .catch((cause: unknown) => this.#perform(this.session.ended(cause)));
    }
  }

  #goOnline(fromOffset: number): void {
    this.#hold ??= this.#backlog.hold(fromOffset);
    void this.#pump();
  }

  #holdSnapshot(offset: number): void {
    const { firstOffset, endOffset } = this.#backlog;
    this.#hold = this.#backlog.hold(offset);
    if (offset >= firstOffset && offset <= endOffset) return;
    const detail = `the snapshot is of offset ${offset}, the backlog holds ${firstOffset} to ${endOffset}`;
    throw new ResyncError("RESYNC_SNAPSHOT_FAILED", detail, { offset });
  }

  /** Sends what there is, piece after piece; called again when there is more. */
  async #pump(): Promise<void> {
    if (this.#isPumping) return;
    this.#isPumping = true;
    try {
      while (!this.#isOver && (await this.#sendPiece()));
    } catch (cause) {
      this.#perform(this.session.ended(cause));
    } finally {
      this.#isPumping = false;
    }
  }

  async #sendPiece(): Promise<boolean> {
    const { sentOffset } = this.session;
    if (sentOffset === this.#backlog.endOffset) return false;
    const piece = await this.#backlog.read(sentOffset, PIECE_BYTES);
    if (this.#isOver) return false;
    if (piece === undefined) {
      this.#perform(this.session.fellBehind());
      return false;
    }
    // Counted before it is written: its ACK may be here before the write resolves.
    this.session.sent(piece.length);
    await this.#connection.write(piece);
    this.#hold?.moveTo(this.session.sentOffset);
    return true;
  }

  #close(error: ResyncError | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#closedBy = error;
    // Without an error what was sent has to arrive, such as the end of a snapshot.
    if (error === undefined || error.code === "RESYNC_SNAPSHOT_FAILED")
      void this.#connection.close().catch(() => {});
    else this.#connection.destroy();
  }

  #setAlarm(): void {
    this.#alarm.set(this.#isOver ? Number.POSITIVE_INFINITY : this.session.wakeAtMs);
  }

  #end(): void {
    this.#alarm.set(Number.POSITIVE_INFINITY);
    this.#hold?.release();
  }
}

/**
 * The past of the stream on disk: days of it, across restarts and crashes.
 *
 *   directory   ….7.incr.aof | ….8.incr.aof | ….9.incr.aof      whole files are dropped from the front, by size and by age
 *   memory                                ├─ recent ─┤           what was written last, and what is not written yet
 *                                         ▲          ▲
 *                           syncedOffset ─┘          └─ endOffset
 *
 * append() is at once in memory, where replicas read it, and goes to disk in the background, everything that waits in one write. sync()
 * says when it is durable. A write or sync that failed is final: the backlog takes nothing more until it is opened again.
 *
 * After a crash the end is where the last whole append ended. A replica may have seen more than that: a primary that starts again takes a new
 * replid, whose previous one is valid to here (shiftHistory), and a replica of ours that is ahead gets a full resync, as it must.
 *
 * A new file is synced, with its name, before anything is written to it, and the one before it is synced first: so only the last one can be
 * torn. Torn bytes are never read; the next start cuts them off and goes on in that file.
 *
 * Its files are the incrs of an append-only directory (segment-format.ts). Who keeps a manifest of them, and a base that they build on,
 * hears of every new one before anything is in it (`onSegment`), and says what must not be dropped (`keepFrom`).
 */

import { type BacklogHold, HoldSet, MemoryBacklog, type StreamBacklog } from "../backlog.ts";
import { ResyncError } from "../errors.ts";
import type { ReplicaState } from "../replica-state.ts";
import { findSegments, type UnusableSegment } from "./find-segments.ts";
import { droppableCount } from "./retention.ts";
import type { Segment } from "./segment.ts";
import { factsOf, SegmentWriter, type SegmentWriterOptions, type StreamSegment } from "./segment-writer.ts";
import { TaskQueue } from "./task-queue.ts";

/** The directory is made when it is missing; nothing else should be in it. */
export interface DiskBacklogOptions extends SegmentWriterOptions {
  /** Where the stream begins when the directory is empty. */
  readonly initial: ReplicaState;
  /** Stream bytes to keep, at least. Default 1 GiB. */
  readonly keepBytes?: number;
  /** What is older is dropped, even below keepBytes. Default: nothing is too old. */
  readonly keepMs?: number;
  /** Kept beyond both for replicas that are reading. Default 1 GiB. */
  readonly heldBytesMax?: number;
  /** A file is closed at this size. Default 64 MiB; what is dropped is dropped in such pieces. */
  readonly segmentBytes?: number;
  /** Stream bytes in memory, so that replicas that keep up need no disk. Default 4 MiB. */
  readonly recentBytes?: number;
  /** A part of the past could not be read and was given up: replicas that need it get a full resync. */
  readonly onDamage?: (error: ResyncError) => void;
}

/** What was found when a backlog was opened. */
export interface OpenedBacklog {
  readonly backlog: DiskBacklog;
  /** History, end and selected db of what is on disk. */
  readonly state: ReplicaState;
  /** Bytes behind the last whole append: a crash came while they were written. They were cut off; nobody was promised them. */
  readonly tornBytes: number;
  /** Files that cannot be used, with the reason. They are left as they are, or renamed to end in `.damaged`. */
  readonly unusable: readonly UnusableSegment[];
}

const GIB = 1024 ** 3;

export class DiskBacklog implements StreamBacklog {
  readonly #options: DiskBacklogOptions;
  readonly #segments: Segment[];
  readonly #recent: MemoryBacklog;
  #unwritten: BacklogHold;
  readonly #holds = new HoldSet(() => {});
  #writer: SegmentWriter;
  #history: ReplicaState["history"];
  /** Selected behind the last append. */
  #db: number | undefined;
  #writtenOffset: number;
  #writtenDb: number | undefined;
  #syncedOffset: number;
  /** Changes of history that are not on disk yet. */
  readonly #changes: ReplicaState[] = [];
  #isWriting = false;
  /** What lies before was given up. */
  #floorOffset = 0;
  /** What lies behind must not be dropped. */
  #keepFrom = Number.POSITIVE_INFINITY;
  /** Last one that was noted on disk. */
  #timeSec = 0;
  /** What is done on the disk. */
  readonly #tasks = new TaskQueue();

  static async open(options: DiskBacklogOptions): Promise<OpenedBacklog> {
    const { files, directory, initial } = options;
    await files.makeDirectory(directory);
    const found = await findSegments(files, directory);
    const last = found.segments.at(-1);
    const state: ReplicaState =
      last === undefined
        ? initial
        : { history: last.head.state.history, offset: last.endOffset, db: found.db };
    const writer =
      last === undefined
        ? await SegmentWriter.begin(options, {
            number: Math.max(1, found.highestNumber + 1),
            state,
            continues: false,
          })
        : await SegmentWriter.goOn(options, last, found.tornBytes);
    const segments = last === undefined ? [writer.segment] : found.segments;
    const backlog = new DiskBacklog(options, segments, writer, state);
    backlog.#timeSec = found.timeSec ?? 0;
    return { backlog, state, tornBytes: found.tornBytes, unusable: found.unusable };
  }

  /** Made by open() only. */
  private constructor(
    options: DiskBacklogOptions,
    segments: Segment[],
    writer: SegmentWriter,
    state: ReplicaState,
  ) {
    this.#options = options;
    this.#segments = segments;
    this.#writer = writer;
    this.#history = state.history;
    this.#db = this.#writtenDb = state.db;
    this.#writtenOffset = this.#syncedOffset = state.offset;
    const capacityBytes = options.recentBytes ?? 4 * 1024 * 1024;
    const heldBytesMax = Number.POSITIVE_INFINITY;
    this.#recent = new MemoryBacklog({ capacityBytes, heldBytesMax, startOffset: state.offset });
    this.#unwritten = this.#recent.hold(state.offset);
  }

  get firstOffset(): number {
    return Math.max(this.#floorOffset, this.#segments[0].head.firstOffset);
  }

  get endOffset(): number {
    return this.#recent.endOffset;
  }

  /** Everything before it survives a crash. */
  get syncedOffset(): number {
    return this.#syncedOffset;
  }

  /** The files, oldest first. */
  get segments(): readonly StreamSegment[] {
    return this.#segments.map(factsOf);
  }

  /** Waits in memory to be written. */
  get unwrittenBytes(): number {
    return this.endOffset - this.#writtenOffset;
  }

  /** What open() would give if everything were synced. */
  get state(): ReplicaState {
    return { history: this.#history, offset: this.endOffset, db: this.#db };
  }

  /** Undefined while healthy. */
  get failure(): unknown {
    return this.#tasks.failure;
  }

  /**
   * Takes bytes of the stream: whole units, which survive a crash together or not at all. `db` is selected behind them. Copies them. Throws
   * what an earlier write or sync failed with.
   */
  append(bytes: Uint8Array, db: number | undefined = this.#db): void {
    this.#tasks.throwIfFailed();
    this.#recent.append(bytes);
    this.#db = db;
    if (!this.#isWriting && bytes.length > 0) this.#startWriting();
  }

  /** Resolves when everything that was appended by now is durable. Rejects with FileError when that cannot be. */
  async sync(): Promise<void> {
    await this.#tasks.run(async () => {
      await this.#writeAll();
      const written = this.#writtenOffset;
      if (this.#syncedOffset === written) return;
      await this.#writer.syncData();
      this.#syncedOffset = written;
    });
  }

  /**
   * Bytes from memory at once, from disk with a promise. Undefined when they are not there, also when that part of the disk turned out to
   * be damaged: then it and all before it are given up.
   */
  read(offset: number, bytesMax: number): Uint8Array | undefined | Promise<Uint8Array | undefined> {
    if (offset >= this.#recent.firstOffset) return this.#recent.read(offset, bytesMax);
    return offset < this.firstOffset ? undefined : this.#readDisk(offset, bytesMax);
  }

  hold(offset: number): BacklogHold {
    return this.#holds.add(offset);
  }

  /** Keeps everything from here on, whatever the limits say, until it is called again. */
  keepFrom(offset: number): void {
    this.#keepFrom = offset;
  }

  /** Closes the last file, which lasts then as it is, and goes on in another. */
  async roll(): Promise<void> {
    await this.#tasks.run(async () => {
      await this.#writeAll();
      const last = this.#writer.segment;
      if (last.endOffset === last.head.firstOffset) return;
      await this.#roll({
        history: last.head.state.history,
        offset: this.#writtenOffset,
        db: this.#writtenDb,
      });
    });
  }

  /** The history goes on under another id from the end on. Durable, with everything before it, when it resolves. */
  async changeHistory(history: ReplicaState["history"]): Promise<void> {
    this.#tasks.throwIfFailed();
    this.#history = history;
    const { state } = this;
    this.#changes.push(state);
    await this.#tasks.run(async () => {
      await this.#writeUntil(state.offset, state.db);
      this.#changes.shift();
      await this.#roll(state);
    });
  }

  /** Everything is forgotten, and another stream begins: after a full resync. Nothing may be appended until it resolves. */
  async restart(state: ReplicaState): Promise<void> {
    await this.#tasks.run(async () => {
      const before = this.#segments.length;
      await this.#roll(state, false);
      this.#writtenDb = state.db;
      this.#recent.restartAt(state.offset);
      this.#writtenOffset = this.#syncedOffset = this.#floorOffset = state.offset;
      this.#unwritten.release();
      this.#unwritten = this.#recent.hold(state.offset);
      this.#history = state.history;
      this.#db = state.db;
      await this.#drop(before);
    });
  }

  /** Syncs, and closes the file. */
  async close(): Promise<void> {
    try {
      if (this.failure === undefined) await this.sync();
    } finally {
      await this.#writer.close();
    }
  }

  #startWriting(): void {
    this.#isWriting = true;
    this.#tasks
      .run(async () => {
        this.#isWriting = false;
        await this.#writeAll();
        // A failure is kept and thrown by the next append() or sync().
      })
      .catch(() => {});
  }

  /** What waits, but not beyond the next change of history: that begins a file. */
  async #writeAll(): Promise<void> {
    const { offset, db } = this.#changes[0] ?? this.state;
    await this.#writeUntil(offset, db);
  }

  /** Everything up to this end of an append, as one: it survives whole or not at all. */
  async #writeUntil(end: number, db: number | undefined): Promise<void> {
    if (this.#writtenOffset >= end) return;
    const timeSec = this.#newTimeSec();
    const pieces = (from: number, until: number) => this.#piecesOf(from, until);
    await this.#writer.append({ from: this.#writtenOffset, end, db, timeSec, pieces });
    const { segment } = this.#writer;
    this.#writtenOffset = end;
    this.#writtenDb = db;
    this.#unwritten.moveTo(end);
    if (this.#isFull(segment)) await this.#roll({ history: segment.head.state.history, offset: end, db });
  }

  /** Large, or, where age counts, old: what is dropped is dropped in whole files. */
  #isFull(segment: Segment): boolean {
    const { segmentBytes = 64 * 1024 * 1024, keepMs, clock } = this.#options;
    const ageMs = clock.nowMs() - segment.head.createdAtMs;
    return segment.usedBytes >= segmentBytes || (keepMs !== undefined && ageMs > keepMs / 8);
  }

  /** What is in memory of this part of the stream. */
  #piecesOf(from: number, end: number): Uint8Array[] {
    const pieces: Uint8Array[] = [];
    for (let offset = from; offset < end; offset += pieces[pieces.length - 1].length)
      pieces.push(this.#recent.read(offset, end - offset)!);
    return pieces;
  }

  /** Undefined when it is the one that was noted last: and time that goes back is not told. */
  #newTimeSec(): number | undefined {
    const timeSec = Math.floor(this.#options.clock.nowMs() / 1000);
    if (timeSec <= this.#timeSec) return undefined;
    this.#timeSec = timeSec;
    return timeSec;
  }

  /** Closes the last file and begins another. */
  async #roll(state: ReplicaState, continues = true): Promise<void> {
    await this.#writer.end();
    this.#syncedOffset = this.#writtenOffset;
    const number = this.#writer.segment.number + 1;
    const writer = await SegmentWriter.begin(this.#options, { number, state, continues });
    await this.#writer.close();
    this.#writer = writer;
    this.#segments.push(writer.segment);
    if (continues) await this.#drop(this.#droppable());
  }

  /** How many files from the front nobody needs. */
  #droppable(): number {
    const { keepBytes = GIB, keepMs, heldBytesMax = GIB, clock } = this.#options;
    return droppableCount(
      this.#segments,
      { keepBytes, keepMs, heldBytesMax },
      {
        nowMs: clock.nowMs(),
        endOffset: this.#writtenOffset,
        heldFrom: this.#holds.lowest,
        keepFrom: this.#keepFrom,
      },
    );
  }

  /** Oldest first: a crash in between leaves an end without a beginning, never a hole. */
  async #drop(count: number): Promise<void> {
    const { files, directory } = this.#options;
    for (let dropped = 0; dropped < count; dropped++) {
      const [segment] = this.#segments.splice(0, 1);
      await files.remove(segment.path);
      await files.syncDirectory(directory);
    }
  }

  async #readDisk(offset: number, bytesMax: number): Promise<Uint8Array | undefined> {
    const index = this.#segments.findLastIndex((each) => each.head.firstOffset <= offset);
    const segment = this.#segments[index];
    const found = await segment.read(this.#options.files, offset, bytesMax).catch((cause: unknown) => {
      // Dropped while it was being read: gone is gone.
      if (!this.#segments.includes(segment)) return undefined;
      return this.#giveUp(segment, offset, cause);
    });
    if (found === undefined && this.#segments.includes(segment)) return this.#giveUp(segment, offset);
    return found;
  }

  /** What cannot be read cannot be sent: it and everything before it count as dropped. */
  #giveUp(segment: Segment, offset: number, cause?: unknown): undefined {
    const next = this.#segments[this.#segments.indexOf(segment) + 1];
    this.#floorOffset = next === undefined ? this.#recent.firstOffset : next.head.firstOffset;
    const detail = `${segment.path} cannot be read at stream offset ${offset}: replicas that need it get a full resync`;
    this.#options.onDamage?.(new ResyncError("RESYNC_BACKLOG_DAMAGED", detail, { offset, cause }));
    return undefined;
  }
}

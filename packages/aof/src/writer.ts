/**
 * The log of commands, being written.
 *
 *   append → queue ──write──▶ file ──fsync──▶ disk
 *           queuedOffset   writtenOffset   syncedOffset        bytes since this writer was opened
 *
 * append() copies into a buffer and returns; one loop (#run) writes everything queued meanwhile in as few calls as there are
 * buffers, and syncs when sync-policy.ts says so. settled(offset) is the promise that a client's answer waits for.
 *
 * A failed write is cut back and tried again, and commands are refused until it succeeds. A failed fsync is final: what it
 * covered may be lost although it can still be read, and no later fsync proves anything.
 *
 * rotate() goes on in a new file. The old one is complete and synced before the manifest names the new one, so no crash
 * can lose the end of one file and keep the beginning of the next.
 */
import type { Clock, FileSystem } from "@holdfast/platform";
import type { CommandArgument } from "@holdfast/resp";
import { beginIncrement } from "./begin-increment.ts";
import { Doorbell } from "./doorbell.ts";
import { AofError } from "./errors.ts";
import type { LogFile } from "./log-file.ts";
import { LogQueue } from "./log-queue.ts";
import type { AofFileInfo } from "./manifest.ts";
import type { ManifestKeeper } from "./manifest-keeper.ts";
import { OffsetWaiters } from "./offset-waiters.ts";
import { decideSync, type FsyncPolicy, type SyncStep } from "./sync-policy.ts";
import { type LoggedCommand, UnitFramer } from "./unit-framer.ts";
import { type AofNotice, type AofWriterStatistics, WriterStatistics } from "./writer-statistics.ts";

/** After a failed write: how long until the next try. As servers. */
const RETRY_MS = 1000;
const DEFAULT_ROOM_BYTES = 32 << 20;

export interface AofWriterSettings {
  readonly fsync: FsyncPolicy;
  /** Write `#TS:` annotations, so that a restore can stop at a time. Default false. */
  readonly timestamps?: boolean | undefined;
  /** So many bytes may wait in memory until hasRoom says no. Default 32 MiB. */
  readonly roomBytes?: number | undefined;
  /** Told of everything an operator would want to know of. Must not throw. */
  readonly onNotice?: ((notice: AofNotice) => void) | undefined;
}

/** What openAof() hands over. */
export interface AofWriterParts {
  readonly files: FileSystem;
  readonly clock: Clock;
  readonly keeper: ManifestKeeper;
  /** The last incr of the manifest, ready to go on in. */
  readonly file: LogFile;
  /** Size of every file that is loaded, by name. */
  readonly sizes: ReadonlyMap<string, number>;
}

/** A change of files that has been asked for: everything before `offset` goes to the old one. */
interface Border {
  readonly offset: number;
  readonly startOffset: number | undefined;
  readonly resolve: (incr: AofFileInfo) => void;
  readonly reject: (error: unknown) => void;
}

export class AofWriter {
  readonly #files: FileSystem;
  readonly #clock: Clock;
  readonly #keeper: ManifestKeeper;
  readonly #policy: FsyncPolicy;
  readonly #roomBytes: number;
  readonly #queue = new LogQueue();
  readonly #framer: UnitFramer;
  readonly #bell: Doorbell;
  readonly #statistics: WriterStatistics;
  readonly #whenWritten = new OffsetWaiters();
  readonly #whenSynced = new OffsetWaiters();
  readonly #ended: Promise<void>;
  readonly #sizes: Map<string, number>;
  #file: LogFile;
  #writtenOffset = 0;
  #syncedOffset = 0;
  /** Taken from the queue and not written yet. */
  #blocks: Uint8Array[] = [];
  #border: Border | undefined;
  /** The loop sleeps, and an append has to wake it. */
  #isIdle = false;
  #isSyncing = false;
  #lastSyncAtMs: number;
  #postponedAtMs: number | undefined;
  #retryAtMs: number | undefined;
  #isClosing = false;
  #problem: AofError | undefined;
  #isFailed = false;

  /** Made by openAof() only. */
  constructor(parts: AofWriterParts, settings: AofWriterSettings) {
    const { files, clock, keeper, file, sizes } = parts;
    this.#files = files;
    this.#clock = clock;
    this.#keeper = keeper;
    this.#file = file;
    this.#sizes = new Map(sizes);
    this.#policy = settings.fsync;
    this.#roomBytes = settings.roomBytes ?? DEFAULT_ROOM_BYTES;
    this.#framer = new UnitFramer(
      this.#queue,
      settings.timestamps === true ? () => Math.floor(clock.nowMs() / 1000) : undefined,
    );
    this.#bell = new Doorbell(clock);
    this.#statistics = new WriterStatistics(clock, settings.onNotice);
    this.#lastSyncAtMs = clock.monotonicMs();
    this.#ended = this.#run();
  }

  /** Queues one command and returns the offset behind it. Throws what `problem` says, AOF_CLOSED, RangeError for MULTI, EXEC and SELECT. */
  append(db: number, args: readonly CommandArgument[]): number {
    this.#requireReady();
    this.#framer.command(db, args);
    return this.#queued(1);
  }

  /**
   * The same for commands that are encoded already: one, or several in a row, as a client's pipeline or a stream brings them. Their bytes are
   * copied and not looked at.
   */
  appendEncoded(db: number, bytes: Uint8Array, count = 1): number {
    this.#requireReady();
    this.#framer.encoded(db, bytes);
    return this.#queued(count);
  }

  /** Queues commands of which a loader gets all or none. */
  appendUnit(commands: readonly LoggedCommand[]): number {
    this.#requireReady();
    this.#framer.unit(commands);
    return this.#queued(commands.length);
  }

  /**
   * Resolves once the log up to this offset is as sure as the policy promises: fsynced under "always", written under the others.
   * Rejects when that can never be, with `problem` or AOF_CLOSED; while writes fail and are tried again, it waits.
   */
  settled(offset: number): Promise<void> {
    return this.#policy === "always" ? this.synced(offset) : this.written(offset);
  }

  /** Resolves once the log up to this offset is written, which outlives this process. */
  written(offset: number): Promise<void> {
    return this.#reached(offset, this.#writtenOffset, this.#whenWritten);
  }

  /** Resolves once the log up to this offset is fsynced, which outlives the machine. Under "no" that may be when it is closed. */
  synced(offset: number): Promise<void> {
    return this.#reached(offset, this.#syncedOffset, this.#whenSynced);
  }

  get queuedOffset(): number {
    return this.#queue.offset;
  }

  get writtenOffset(): number {
    return this.#writtenOffset;
  }

  get syncedOffset(): number {
    return this.#syncedOffset;
  }

  /** Why commands are refused now. AOF_WRITE_FAILED goes away when a write succeeds, AOF_SYNC_FAILED never. */
  get problem(): AofError | undefined {
    return this.#problem;
  }

  /** False while so much waits to be written that whoever appends should stop reading its clients, and await room(). */
  get hasRoom(): boolean {
    return this.#queue.offset - this.#writtenOffset < this.#roomBytes;
  }

  /** Resolves once half of the room is free. Rejects as written() does. */
  room(): Promise<void> {
    return this.written(Math.max(0, this.#queue.offset - this.#roomBytes / 2));
  }

  /** Bytes of all files that a loader would read, as far as they are written. */
  get sizeBytes(): number {
    let sizeBytes = this.#file.sizeBytes;
    for (const [name, size] of this.#sizes) if (name !== this.#file.name) sizeBytes += size;
    return sizeBytes;
  }

  get statistics(): AofWriterStatistics {
    return this.#statistics.current(this.#queue.offset - this.#writtenOffset);
  }

  /**
   * Goes on in a new incr. The border is here and now: what was appended before this call stays in the old file, what comes after it goes into
   * the new one. Resolves once the manifest lists it. Rejects with everything as it was (FileError), or with the problem that ends this writer.
   * One at a time. `startOffset` is the replication offset here, for manifests as Redis 8.0 writes them.
   */
  rotate(startOffset?: number): Promise<AofFileInfo> {
    this.#requireReady();
    if (this.#border !== undefined) {
      const detail = "another change of files has not ended yet: wait for it";
      throw new AofError("AOF_REWRITE_RUNNING", this.#file.path, detail);
    }
    this.#blocks.push(...this.#queue.takeAll());
    this.#framer.restart();
    return new Promise((resolve, reject) => {
      this.#border = { offset: this.#queue.offset, startOffset, resolve, reject };
      this.#wake();
    });
  }

  /** The sizes that sizeBytes adds up, once a rewrite has put another base in the place of older files. */
  replaceSizes(sizes: ReadonlyMap<string, number>): void {
    this.#sizes.clear();
    for (const [name, size] of sizes) this.#sizes.set(name, size);
  }

  /** Size of one loaded file; 0 for one that is not among them. */
  sizeOf(name: string): number {
    return name === this.#file.name ? this.#file.sizeBytes : (this.#sizes.get(name) ?? 0);
  }

  /**
   * Writes and syncs what is queued, whatever the policy, and closes the file. Rejects with the problem when that did not succeed; the
   * file is closed all the same. Closing twice is allowed.
   */
  async close(): Promise<void> {
    this.#isClosing = true;
    this.#retryAtMs = undefined;
    this.#wake();
    await this.#ended;
    const error = this.#problem ?? new AofError("AOF_CLOSED", this.#file.path, "the log was closed");
    this.#whenWritten.fail(error);
    this.#whenSynced.fail(error);
    this.#border?.reject(error);
    this.#border = undefined;
    await this.#file.close();
    if (this.#problem !== undefined) throw this.#problem;
  }

  #requireReady(): void {
    if (this.#problem !== undefined) throw this.#problem;
    if (this.#isClosing)
      throw new AofError("AOF_CLOSED", this.#file.path, "the log is closed: open it again");
  }

  #queued(commands: number): number {
    this.#statistics.commands += commands;
    if (this.#isIdle) this.#wake();
    return this.#queue.offset;
  }

  #reached(offset: number, reachedOffset: number, waiters: OffsetWaiters): Promise<void> {
    if (offset > this.#queue.offset) throw new RangeError(`nothing has been appended up to offset ${offset}`);
    if (offset <= reachedOffset) return Promise.resolve();
    if (this.#isFailed) return Promise.reject(this.#problem);
    return waiters.wait(offset);
  }

  #wake(): void {
    this.#isIdle = false;
    this.#bell.ring();
  }

  /** The loop of a writer's life: ends when it is closed, or has failed for good. Never rejects. */
  async #run(): Promise<void> {
    while (!this.#isFailed) {
      const isAtBorder = this.#border !== undefined && this.#writtenOffset === this.#border.offset;
      if (isAtBorder && !this.#isSyncing) await this.#crossBorder(this.#border!);
      else if (isAtBorder) await this.#bell.wait(undefined);
      else if (!(await this.#take(this.#nextStep()))) return;
    }
  }

  #nextStep(): SyncStep {
    return decideSync(this.#policy, {
      queuedOffset: this.#border?.offset ?? this.#queue.offset,
      writtenOffset: this.#writtenOffset,
      syncedOffset: this.#syncedOffset,
      isSyncing: this.#isSyncing,
      lastSyncAtMs: this.#lastSyncAtMs,
      postponedAtMs: this.#postponedAtMs,
      retryAtMs: this.#retryAtMs,
      nowMs: this.#clock.monotonicMs(),
    });
  }

  /** Returns whether life goes on. */
  async #take(step: SyncStep): Promise<boolean> {
    switch (step.kind) {
      case "write":
        if (step.isLate) this.#statistics.syncIsSlow();
        await this.#write();
        if (this.#isClosing && this.#problem !== undefined) break;
        return true;
      case "sync":
        if (this.#policy === "always") await this.#sync();
        else void this.#sync();
        return true;
      case "wait":
        if (this.#isClosing && !this.#isSyncing && this.#queue.offset === this.#writtenOffset) break;
        this.#noteWaiting();
        this.#isIdle = this.#queue.offset === this.#writtenOffset;
        await this.#bell.wait(step.untilMs);
        this.#isIdle = false;
        return true;
      case "idle":
        if (this.#isClosing) break;
        this.#isIdle = true;
        await this.#bell.wait(undefined);
        return true;
    }
    if (this.#writtenOffset > this.#syncedOffset) await this.#sync();
    return false;
  }

  /** From the first wait on, two seconds count for everything that is queued. */
  #noteWaiting(): void {
    if (this.#isSyncing && this.#queue.offset > this.#writtenOffset) {
      this.#postponedAtMs ??= this.#clock.monotonicMs();
    }
  }

  async #write(): Promise<void> {
    if (this.#border === undefined) this.#blocks.push(...this.#queue.takeAll());
    this.#postponedAtMs = undefined;
    const blocks = this.#blocks;
    let done = 0;
    try {
      for (; done < blocks.length; done++) {
        const block = blocks[done];
        await this.#file.append(block);
        this.#advance(block.length);
        this.#queue.giveBack(block);
      }
      this.#retryAtMs = undefined;
      if (this.#problem !== undefined) this.#statistics.writeRecovered();
      this.#problem = undefined;
    } catch (error) {
      this.#retryAtMs = this.#clock.monotonicMs() + RETRY_MS;
      this.#problem = this.#statistics.writeFailed(this.#file.path, error);
    }
    // Appending may have gone on, and rotate() may have added blocks.
    this.#blocks = blocks.slice(done);
  }

  #advance(sizeBytes: number): void {
    this.#writtenOffset += sizeBytes;
    this.#statistics.wrote(sizeBytes);
    this.#whenWritten.reach(this.#writtenOffset);
  }

  /** Never rejects: a failure is the end of this writer. */
  async #sync(): Promise<void> {
    const offset = this.#writtenOffset;
    const startedAtMs = this.#clock.monotonicMs();
    this.#isSyncing = true;
    this.#lastSyncAtMs = startedAtMs;
    try {
      await this.#file.sync();
      this.#statistics.synced(this.#clock.monotonicMs() - startedAtMs);
      this.#syncedOffset = offset;
      this.#whenSynced.reach(offset);
    } catch (error) {
      this.#fail(this.#statistics.syncFailed(this.#file.path, error));
    }
    this.#isSyncing = false;
    this.#wake();
  }

  #fail(problem: AofError): void {
    this.#problem = problem;
    this.#isFailed = true;
    this.#whenWritten.fail(problem);
    this.#whenSynced.fail(problem);
    this.#border?.reject(problem);
    this.#border = undefined;
  }

  /** Everything before the border is written, and nothing is under way. */
  async #crossBorder(border: Border): Promise<void> {
    if (this.#writtenOffset > this.#syncedOffset) await this.#sync();
    if (this.#isFailed) return;
    const old = this.#file;
    try {
      const { file, incr } = await beginIncrement(this.#files, this.#keeper, border.startOffset);
      this.#file = file;
      this.#sizes.set(old.name, old.sizeBytes);
      this.#border = undefined;
      border.resolve(incr);
      await old.close().catch(() => {});
    } catch (error) {
      if (error instanceof AofError && error.code === "AOF_SYNC_FAILED") this.#fail(error);
      // The old file is still the last one in the manifest.
      this.#border = undefined;
      border.reject(error);
    }
  }
}

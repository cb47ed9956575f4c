/** What a writer has done and met: counters, and notices for whoever runs it. */
import type { Clock } from "@holdfast/platform";
import { AofError } from "./errors.ts";

export interface AofWriterStatistics {
  /** Commands appended; what frames them does not count. */
  readonly commands: number;
  readonly writtenBytes: number;
  /** Calls that wrote them. */
  readonly writes: number;
  readonly failedWrites: number;
  readonly syncs: number;
  readonly lastSyncMs: number;
  readonly longestSyncMs: number;
  /** Writes that waited two seconds for a background fsync and then went ahead: `aof_delayed_fsync` of servers. */
  readonly delayedSyncs: number;
  /** Queued, and not written yet. */
  readonly waitingBytes: number;
}

export type AofNotice =
  /** Commands are refused until a write succeeds; one is tried every second. Said once. */
  | { readonly kind: "write-failed"; readonly error: AofError }
  | { readonly kind: "write-recovered"; readonly refusedMs: number }
  /** An fsync has kept a write waiting for two seconds: the disk is too slow. */
  | { readonly kind: "sync-slow" }
  /** Final. */
  | { readonly kind: "sync-failed"; readonly error: AofError };

export class WriterStatistics {
  commands = 0;
  readonly #clock: Clock;
  readonly #notify: (notice: AofNotice) => void;
  #writtenBytes = 0;
  #writes = 0;
  #failedWrites = 0;
  #syncs = 0;
  #lastSyncMs = 0;
  #longestSyncMs = 0;
  #delayedSyncs = 0;
  #refusingSinceMs: number | undefined;

  constructor(clock: Clock, notify: ((notice: AofNotice) => void) | undefined) {
    this.#clock = clock;
    this.#notify = notify ?? (() => {});
  }

  current(waitingBytes: number): AofWriterStatistics {
    return {
      commands: this.commands,
      writtenBytes: this.#writtenBytes,
      writes: this.#writes,
      failedWrites: this.#failedWrites,
      syncs: this.#syncs,
      lastSyncMs: this.#lastSyncMs,
      longestSyncMs: this.#longestSyncMs,
      delayedSyncs: this.#delayedSyncs,
      waitingBytes,
    };
  }

  wrote(sizeBytes: number): void {
    this.#writes++;
    this.#writtenBytes += sizeBytes;
  }

  synced(tookMs: number): void {
    this.#syncs++;
    this.#lastSyncMs = tookMs;
    this.#longestSyncMs = Math.max(this.#longestSyncMs, tookMs);
  }

  syncIsSlow(): void {
    this.#delayedSyncs++;
    this.#notify({ kind: "sync-slow" });
  }

  writeFailed(path: string, cause: unknown): AofError {
    this.#failedWrites++;
    const detail = `${messageOf(cause)}: commands are refused until a write succeeds, which is tried every second`;
    const error = new AofError("AOF_WRITE_FAILED", path, detail, cause);
    if (this.#refusingSinceMs === undefined) {
      this.#refusingSinceMs = this.#clock.monotonicMs();
      this.#notify({ kind: "write-failed", error });
    }
    return error;
  }

  writeRecovered(): void {
    const sinceMs = this.#refusingSinceMs ?? this.#clock.monotonicMs();
    this.#refusingSinceMs = undefined;
    this.#notify({ kind: "write-recovered", refusedMs: this.#clock.monotonicMs() - sinceMs });
  }

  syncFailed(path: string, cause: unknown): AofError {
    const detail =
      `${messageOf(cause)}: what was written since the last fsync may be lost. Look after the disk, ` +
      "then open the log again, and rewrite it if what is in memory is still there";
    const error = new AofError("AOF_SYNC_FAILED", path, detail, cause);
    this.#notify({ kind: "sync-failed", error });
    return error;
  }
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

/**
 * A replica whose data is a kept directory: a snapshot goes into a file beside the base that counts, and takes its place when it is whole;
 * the stream goes behind it.
 *
 * The disk is asked to make the stream durable at once, but at most once a second unless somebody waits for it. What is acknowledged is
 * what a crash cannot take.
 */
import { exitCode, Problem } from "@holdfast/command-line";
import type { Clock, File } from "@holdfast/platform";
import type { ReplicaSink, ReplicaState, SnapshotFacts } from "@holdfast/resync";
import type { KeptDirectory } from "./kept-directory.ts";

export interface KeptSinkOptions {
  readonly kept: KeptDirectory;
  readonly clock: Clock;
  readonly allowNoChecksum: boolean;
  /** The primary in messages. */
  readonly shown: string;
  readonly hears: KeptSinkHears;
  /** A sync that nobody waited for has failed: the disk cannot be relied on. */
  readonly onFailure: (error: unknown) => void;
}

/** Who wants to know what arrives. All of it is in the kept directory when it is told, if not durable. */
export interface KeptSinkHears {
  snapshotStarted(totalBytes: number | undefined): void;
  snapshotGrew(bytes: number): void;
  /** Another stream has begun. */
  replaced(state: ReplicaState, facts: SnapshotFacts): void;
  continued(state: ReplicaState): void;
  streamed(sizeBytes: number, state: ReplicaState): void;
  synced(): void;
}

const SYNC_EVERY_MS = 1000;
/** More than this in memory makes the primary wait. */
const UNWRITTEN_BYTES_MAX = 16 * 1024 * 1024;

export class KeptSink implements ReplicaSink {
  readonly #options: KeptSinkOptions;
  #incoming: File | undefined;
  #incomingBytes = 0;
  #isSyncing = false;
  #syncedAtMs = Number.NEGATIVE_INFINITY;
  readonly #over = new AbortController();

  constructor(options: KeptSinkOptions) {
    this.#options = options;
  }

  async fullResync(): Promise<void> {
    await this.#forgetIncoming();
  }

  async snapshotStart(sizeBytes: number | undefined): Promise<void> {
    this.#incoming = await this.#options.kept.newBase();
    this.#incomingBytes = 0;
    this.#options.hears.snapshotStarted(sizeBytes);
  }

  async snapshotBytes(bytes: Uint8Array): Promise<void> {
    await this.#incoming!.append(bytes);
    this.#incomingBytes += bytes.length;
    this.#options.hears.snapshotGrew(this.#incomingBytes);
  }

  async snapshotEnd(state: ReplicaState, facts: SnapshotFacts): Promise<void> {
    const { kept, hears, shown, allowNoChecksum } = this.#options;
    if (facts.checksum !== "ok" && !allowNoChecksum) throw withoutChecksum(shown);
    const incoming = this.#incoming!;
    this.#incoming = undefined;
    await kept.replace(incoming, state);
    hears.replaced(state, facts);
  }

  async continued(state: ReplicaState): Promise<void> {
    const { kept, hears } = this.#options;
    if (state.history.replid !== kept.state?.history.replid) await kept.changeHistory(state.history);
    hears.continued(state);
  }

  async stream(bytes: readonly Uint8Array[], offset: number, state: ReplicaState): Promise<void> {
    const { kept, hears } = this.#options;
    for (const piece of bytes) kept.append(piece, state.db);
    hears.streamed(state.offset - offset, state);
    this.#syncSoon();
    if (kept.unwrittenBytes > UNWRITTEN_BYTES_MAX) await kept.sync();
  }

  async settle(): Promise<void> {
    await this.#options.kept.sync();
    this.#options.hears.synced();
  }

  settledOffset(): number {
    return this.#options.kept.syncedOffset;
  }

  /** Nothing arrives any more: what is not whole is removed, what is there becomes durable. */
  async close(): Promise<void> {
    this.#over.abort();
    await this.#forgetIncoming();
    await this.#options.kept.close();
  }

  async #forgetIncoming(): Promise<void> {
    const incoming = this.#incoming;
    this.#incoming = undefined;
    if (incoming !== undefined) await this.#options.kept.forget(incoming);
  }

  #syncSoon(): void {
    if (this.#isSyncing) return;
    this.#isSyncing = true;
    const { clock } = this.#options;
    clock
      .sleep(Math.max(0, this.#syncedAtMs + SYNC_EVERY_MS - clock.monotonicMs()), this.#over.signal)
      .then(() => {
        this.#isSyncing = false;
        this.#syncedAtMs = clock.monotonicMs();
        return this.settle();
      })
      .catch((error: unknown) => {
        if (!this.#over.signal.aborted) this.#options.onFailure(error);
      });
  }
}

export function withoutChecksum(shown: string): Problem {
  return new Problem(
    exitCode.checksum,
    `${shown} sent a snapshot without a checksum: only its structure could be checked`,
    {
      nextStep: "start the server with rdbchecksum yes, or give --allow-no-checksum",
    },
  );
}

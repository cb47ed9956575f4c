/**
 * Keeps the stream behind a base from growing without end: when it is larger than the base and than a limit, the server is asked for another
 * snapshot, over a link of its own, while the stream goes on.
 *
 *   base at 1000 ├──────────────── stream ────────────────────▶          before
 *                                     ┌ snapshot of offset 5000
 *                        base at 5000 ├──── stream ───────────▶          in one step, when it is whole and the stream is past it
 *
 * Nobody below is disconnected: the stream before the new base stays for replicas that come back, within the limits. On a disk that has not room
 * for both, the snapshot gives way to the stream. Rejected: writing a base ourselves, which takes all of the data in memory; and beginning anew, which takes the past from every replica.
 */
import { formatDuration, formatSize } from "@holdfast/command-line";
import type { Clock, Network, Random } from "@holdfast/platform";
import { type PullSource, pullSnapshot } from "../pull/pull-snapshot.ts";
import { fileTarget } from "../pull/snapshot-target.ts";
import type { KeptDirectory } from "./kept-directory.ts";

export interface RenewOptions {
  readonly network: Network;
  readonly clock: Clock;
  readonly random: Random;
  readonly source: PullSource;
  readonly kept: KeptDirectory;
  readonly timeoutMs: number;
  readonly allowNoChecksum: boolean;
  /** So much stream behind a base is borne, at least. */
  readonly newBaseAfterBytes: number;
  readonly tell: (text: string) => void;
  readonly signal: AbortSignal;
}

/** After an attempt in vain, and twice as long after each more: every one of them costs the server a snapshot. */
const AGAIN_AFTER_MS = 60_000;
const AGAIN_AFTER_MS_MAX = 3_600_000;
const LOOK_EVERY_MS = 50;

export class BaseRenewal {
  readonly #options: RenewOptions;
  #running: Promise<void> | undefined;
  #notBeforeMs = Number.NEGATIVE_INFINITY;
  #pauseMs = AGAIN_AFTER_MS;
  #giveUp = new AbortController();
  /** The snapshot is whole: it waits for the stream, and must not be waited for. */
  #isWhole = false;

  constructor(options: RenewOptions) {
    this.#options = options;
  }

  /** To be called when more of the stream is durable. Rejects never; what goes wrong is told, and tried again later. */
  consider(): void {
    const { kept, newBaseAfterBytes, clock, signal } = this.#options;
    const { base, syncedOffset } = kept;
    if (base === undefined || this.#running !== undefined || signal.aborted) return;
    if (syncedOffset - base.offset <= Math.max(newBaseAfterBytes, base.sizeBytes)) return;
    if (clock.monotonicMs() < this.#notBeforeMs) return;
    this.#running = this.#renew().then(
      () => {
        this.#running = undefined;
        this.#pauseMs = AGAIN_AFTER_MS;
      },
      (error: unknown) => this.#failed(error),
    );
  }

  /** Gives back the room of a snapshot on its way, which the stream needs. */
  async giveWay(): Promise<void> {
    if (this.#running === undefined || this.#isWhole) return;
    this.#giveUp.abort(new Error("the disk has no room for it and the stream"));
    await this.#running;
  }

  /** Resolves when nothing is under way any more. */
  async settled(): Promise<void> {
    await this.#running;
  }

  #failed(error: unknown): void {
    const { tell, clock, signal } = this.#options;
    this.#running = undefined;
    const pauseMs = this.#pauseMs;
    this.#pauseMs = Math.min(2 * pauseMs, AGAIN_AFTER_MS_MAX);
    this.#notBeforeMs = clock.monotonicMs() + pauseMs;
    if (signal.aborted) return;
    const why = error instanceof Error ? error.message : String(error);
    tell(`no new base: ${why}; the old one stays, again in ${formatDuration(pauseMs)} or later`);
  }

  async #renew(): Promise<void> {
    const { network, clock, random, source, kept, timeoutMs, allowNoChecksum, tell } = this.#options;
    this.#giveUp = new AbortController();
    this.#isWhole = false;
    const signal = AbortSignal.any([this.#options.signal, this.#giveUp.signal]);
    const file = await kept.newBase();
    try {
      const { state, facts } = await pullSnapshot({
        ...{ network, clock, random, source, timeoutMs, signal },
        target: fileTarget(file),
        retriesMax: 0,
        onStart: () => {},
        onBytes: () => {},
        onRetry: () => {},
      });
      this.#isWhole = true;
      if (facts.checksum !== "ok" && !allowNoChecksum) throw new Error("it came without a checksum");
      const isOurs = () => state.history.replid === kept.state?.history.replid;
      while (isOurs() && kept.syncedOffset < state.offset) await clock.sleep(LOOK_EVERY_MS, signal);
      if (!isOurs() || state.offset < kept.base!.offset)
        throw new Error("the server is not the same any more");
      await kept.advance(file, state);
      tell(`a new base at offset ${state.offset}, ${formatSize(facts.sizeBytes)}; the stream goes on`);
    } catch (error) {
      await kept.forget(file).catch(() => {});
      throw error;
    }
  }
}

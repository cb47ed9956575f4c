/**
 * How a replica of ours is doing, on stderr: a bar while a snapshot arrives, then what the stream does.
 *
 *   bar    holdfast: offset 48213, 1.2 MiB/s, 12 KiB and 0.4 s ahead of the disk       one line, written over, once a second
 *   line   the same, once a minute, where there is no terminal
 *   json   an object a second: {"offset":…,"durableOffset":…,"lagBytes":…,"lagSeconds":…,"silentSeconds":…,"streamBytes":…}
 *
 * The lag is what has arrived and could still be lost: its bytes, and how long the oldest of them has waited. What the primary has not sent yet, no
 * replica can know; but it says something at least every ten seconds, and how long it has been silent is told when that is more.
 */
import {
  createProgress,
  formatDuration,
  formatSize,
  type Progress,
  type ProgressChoice,
} from "@holdfast/command-line";
import type { Host } from "../host.ts";
import type { KeptDirectory } from "./kept-directory.ts";

const BAR_EVERY_MS = 1000;
const LINE_EVERY_MS = 60_000;
/** Servers ping every ten seconds. */
const SILENCE_MS = 15_000;
const eraseLine = "\r\u001b[K";

export class FollowProgress {
  readonly #host: Host;
  readonly #choice: ProgressChoice;
  readonly #kept: KeptDirectory;
  #snapshot: Progress | undefined;
  #streamBytes = 0;
  /** When the oldest byte that is not durable came; undefined when there is none. */
  #waitingSinceMs: number | undefined;
  #newestWaitingMs = 0;
  #heardAtMs: number;
  #shownAtMs: number;
  #shownBytes = 0;
  #isOnScreen = false;

  constructor(host: Host, choice: ProgressChoice, kept: KeptDirectory) {
    this.#host = host;
    this.#choice = choice;
    this.#kept = kept;
    this.#heardAtMs = this.#shownAtMs = host.clock.monotonicMs();
  }

  get streamBytes(): number {
    return this.#streamBytes;
  }

  snapshotStarted(totalBytes: number | undefined): void {
    const { clock, writeErr, stderrScreen } = this.#host;
    this.clear();
    const options = { program: "holdfast", clock, write: writeErr, totalBytes };
    this.#snapshot = createProgress(this.#choice, stderrScreen.isTerminal, options);
  }

  snapshotGrew(bytes: number): void {
    this.#snapshot?.update(bytes);
  }

  streamed(sizeBytes: number): void {
    this.#streamBytes += sizeBytes;
    this.#heardAtMs = this.#newestWaitingMs = this.#host.clock.monotonicMs();
    this.#waitingSinceMs ??= this.#heardAtMs;
  }

  synced(): void {
    const isAll = this.#kept.syncedOffset === this.#kept.endOffset;
    this.#waitingSinceMs = isAll ? undefined : this.#newestWaitingMs;
  }

  /** Takes what stands on the screen off it; messages can follow. */
  clear(): void {
    this.#snapshot?.end();
    this.#snapshot = undefined;
    if (this.#isOnScreen) this.#host.writeErr(eraseLine);
    this.#isOnScreen = false;
  }

  /** Says how it goes again and again, until the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    if (this.#choice === "none") return;
    const { clock, stderrScreen } = this.#host;
    const isOften = this.#choice === "json" || stderrScreen.isTerminal;
    while (!signal.aborted) {
      await clock.sleep(isOften ? BAR_EVERY_MS : LINE_EVERY_MS, signal).catch(() => {});
      if (!signal.aborted && this.#snapshot === undefined && this.#kept.base !== undefined) this.#show();
    }
    this.clear();
  }

  #show(): void {
    const { stderrScreen, writeErr } = this.#host;
    if (this.#choice === "json") writeErr(`${JSON.stringify(this.#facts())}\n`);
    else if (stderrScreen.isTerminal) writeErr(`${eraseLine}${this.#text()}`);
    else writeErr(`holdfast: ${this.#text()}\n`);
    this.#isOnScreen = this.#choice === "bar" && stderrScreen.isTerminal;
  }

  #facts() {
    const { endOffset, syncedOffset } = this.#kept;
    const nowMs = this.#host.clock.monotonicMs();
    return {
      offset: endOffset,
      durableOffset: syncedOffset,
      lagBytes: endOffset - syncedOffset,
      lagSeconds: inSeconds(this.#waitingSinceMs === undefined ? 0 : nowMs - this.#waitingSinceMs),
      silentSeconds: inSeconds(nowMs - this.#heardAtMs),
      streamBytes: this.#streamBytes,
    };
  }

  #text(): string {
    const nowMs = this.#host.clock.monotonicMs();
    const perSecond = ((this.#streamBytes - this.#shownBytes) * 1000) / Math.max(1, nowMs - this.#shownAtMs);
    this.#shownAtMs = nowMs;
    this.#shownBytes = this.#streamBytes;
    const { offset, lagBytes, lagSeconds, silentSeconds } = this.#facts();
    const parts = [`offset ${offset}`, `${formatSize(perSecond)}/s`];
    parts.push(
      lagBytes === 0 ? "all of it on disk" : `${formatSize(lagBytes)} and ${lagSeconds} s ahead of the disk`,
    );
    if (silentSeconds * 1000 > SILENCE_MS)
      parts.push(`nothing heard for ${formatDuration(silentSeconds * 1000)}`);
    return parts.join(", ");
  }
}

function inSeconds(ms: number): number {
  return Math.round(ms / 100) / 10;
}

/**
 * How far the work is, on stderr: nothing for work that is over at once.
 *
 *   bar    one line that is written over, several times a second, on a terminal only
 *   line   a line every ten seconds, where there is no terminal
 *   json   an object a second: {"bytes":…,"totalBytes":…,"keys":…,"elapsedMs":…}
 */
import type { Clock } from "@holdfast/platform";
import { formatCount, formatDuration, formatSize } from "./sizes-and-times.ts";
import { renderBar } from "./terminal/table.ts";

export type ProgressChoice = "none" | "bar" | "json";

export interface Progress {
  /** Says how much has been read, and of how many where that is counted; cheap enough to be called once a chunk. */
  update(bytes: number, count?: number): void;
  /** Takes the bar off the screen; messages can follow. */
  end(): void;
}

export interface ProgressOptions {
  readonly clock: Pick<Clock, "monotonicMs">;
  /** Name of the program, in front of a line. */
  readonly program: string;
  /** What is counted. Default: keys. */
  readonly unit?: string;
  readonly write: (text: string) => void;
  readonly totalBytes: number | undefined;
}

const barEveryMs = 100;
const firstBarAfterMs = 500;
const lineEveryMs = 10_000;
const jsonEveryMs = 1000;
const barCells = 24;
const eraseLine = "\r\u001b[K";

/** `isTerminal`: whether stderr is one; a bar is drawn only there. */
export function createProgress(
  choice: ProgressChoice,
  isTerminal: boolean,
  options: ProgressOptions,
): Progress {
  if (choice === "none") return { update: () => {}, end: () => {} };
  if (choice === "json")
    return new PeriodicProgress(options, { everyMs: jsonEveryMs, firstAfterMs: jsonEveryMs, show: jsonLine });
  if (isTerminal)
    return new PeriodicProgress(options, {
      everyMs: barEveryMs,
      firstAfterMs: firstBarAfterMs,
      show: bar,
      atEnd: eraseLine,
    });
  return new PeriodicProgress(options, { everyMs: lineEveryMs, firstAfterMs: lineEveryMs, show: line });
}

interface Look {
  readonly everyMs: number;
  readonly firstAfterMs: number;
  readonly show: (state: ProgressState) => string;
  /** Written at the end when anything was shown. */
  readonly atEnd?: string;
}

interface ProgressState {
  readonly program: string;
  readonly unit: string;
  readonly bytes: number;
  readonly totalBytes: number | undefined;
  readonly count: number | undefined;
  readonly elapsedMs: number;
}

class PeriodicProgress implements Progress {
  readonly #options: ProgressOptions;
  readonly #look: Look;
  readonly #startedMs: number;
  #nextMs: number;
  #wasShown = false;

  constructor(options: ProgressOptions, look: Look) {
    this.#options = options;
    this.#look = look;
    this.#startedMs = options.clock.monotonicMs();
    this.#nextMs = this.#startedMs + look.firstAfterMs;
  }

  update(bytes: number, count?: number): void {
    const nowMs = this.#options.clock.monotonicMs();
    if (nowMs < this.#nextMs) return;
    this.#nextMs = nowMs + this.#look.everyMs;
    this.#wasShown = true;
    const { program, unit = "keys", totalBytes, write } = this.#options;
    const elapsedMs = nowMs - this.#startedMs;
    write(this.#look.show({ program, unit, bytes, totalBytes, count, elapsedMs }));
  }

  end(): void {
    if (this.#wasShown && this.#look.atEnd !== undefined) this.#options.write(this.#look.atEnd);
    this.#wasShown = false;
  }
}

function bar(state: ProgressState): string {
  const { bytes, totalBytes } = state;
  const picture =
    totalBytes === undefined ? "" : `${renderBar(bytes / totalBytes, barCells).padEnd(barCells)} `;
  return `${eraseLine}${picture}${summaryOf(state)}`;
}

function line(state: ProgressState): string {
  return `${state.program}: ${summaryOf(state)}\n`;
}

function jsonLine({ bytes, totalBytes, unit, count, elapsedMs }: ProgressState): string {
  return `${JSON.stringify({ bytes, totalBytes, [unit]: count, elapsedMs: Math.round(elapsedMs) })}\n`;
}

function summaryOf({ bytes, totalBytes, unit, count, elapsedMs }: ProgressState): string {
  const bytesPerMs = bytes / Math.max(1, elapsedMs);
  const parts = [
    totalBytes === undefined
      ? formatSize(bytes)
      : `${Math.floor((100 * bytes) / Math.max(1, totalBytes))} % of ${formatSize(totalBytes)}`,
    `${formatSize(bytesPerMs * 1000)}/s`,
  ];
  if (count !== undefined) parts.push(`${formatCount(count)} ${unit}`);
  if (totalBytes !== undefined && bytesPerMs > 0)
    parts.push(`${formatDuration((totalBytes - bytes) / bytesPerMs)} left`);
  return parts.join(", ");
}

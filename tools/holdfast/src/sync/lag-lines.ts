/** How far behind a live sync is, on stderr: a line every 10 s, one that is written over on a terminal, or JSON every second. */
import { formatCount, formatDuration, formatSize, type ProgressChoice } from "@holdfast/command-line";
import type { Host } from "../host.ts";

export interface Lag {
  /** Of the stream, received and not applied. */
  readonly bytes: number;
  /** How long the oldest of them has been waiting. */
  readonly ms: number;
}

export class LagLines {
  readonly #host: Host;
  readonly #form: "none" | "line" | "bar" | "json";
  #nextMs: number;

  constructor(host: Host, choice: ProgressChoice) {
    this.#host = host;
    this.#form = choice === "bar" && !host.stderrScreen.isTerminal ? "line" : choice;
    this.#nextMs = host.clock.monotonicMs() + EVERY_MS[this.#form];
  }

  update(lag: Lag, commandCount: number): void {
    const nowMs = this.#host.clock.monotonicMs();
    if (this.#form === "none" || nowMs < this.#nextMs) return;
    this.#nextMs = nowMs + EVERY_MS[this.#form];
    this.#host.writeErr(this.#text(lag, commandCount));
  }

  #text({ bytes, ms }: Lag, commandCount: number): string {
    if (this.#form === "json")
      return `${JSON.stringify({ lagBytes: bytes, lagMs: Math.round(ms), commands: commandCount })}\n`;
    const text = `${formatCount(commandCount)} commands, ${formatSize(bytes)} and ${formatDuration(ms)} behind`;
    return this.#form === "bar" ? `\r\u001b[K${text}` : `holdfast: ${text}\n`;
  }
}

const EVERY_MS = { none: Number.POSITIVE_INFINITY, line: 10_000, bar: 500, json: 1_000 } as const;

/**
 * A command as a process that is killed again and again.
 *
 *   lane 1   start ── work ── kill │ start ── work ── kill │ …
 *   lane 2   start ─── work ─ kill │ start ── work ──── kill │ …        each with data of its own, all at once
 *
 * Most of a round is waiting for others, so that several lanes take hardly longer than one. Every third kill comes at any moment, also while the
 * process starts; the others come soon after it has done something that counts.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { type SeededRandom, seededRandom } from "@holdfast/testkit";
import { expect } from "vitest";
import { until } from "./kept-servers.ts";

const program = fileURLToPath(new URL("../bin/holdfast.js", import.meta.url));

const LANES = 4;
/** A hundred kills in all. */
export const killsOfLane = 25;
export const killCount = LANES * killsOfLane;

/** Enough for a machine that does other things too. */
export const timeoutMs = 60_000 + killsOfLane * 20_000;

export class Killable {
  readonly #args: readonly string[];
  #child: ChildProcess | undefined;
  /** All of stderr, a text a run. */
  readonly runs: string[] = [];

  constructor(args: readonly string[]) {
    this.#args = [...args, "--progress", "none"];
  }

  start(): void {
    const run = this.runs.push("") - 1;
    const child = spawn(process.execPath, [program, ...this.#args], { stdio: ["ignore", "ignore", "pipe"] });
    // A test that failed, or a run that was stopped, leaves no process behind.
    const killNow = () => child.kill("SIGKILL");
    process.once("exit", killNow);
    child.once("close", () => process.removeListener("exit", killNow));
    this.#child = child;
    this.#child.stderr!.on("data", (text: Buffer) => {
      this.runs[run] += text.toString();
    });
  }

  /** Starts it, and kills it at a random moment; `hasWorked` says that it has done something since. */
  async round(random: SeededRandom, kill: number, hasWorked: () => Promise<boolean>): Promise<void> {
    this.start();
    const isAnywhere = kill % 3 === 2;
    if (!isAnywhere) await until(async () => this.#hasEnded || (await hasWorked()));
    await new Promise((resolve) => setTimeout(resolve, random.below(isAnywhere ? 600 : 150)));
    await this.kill();
  }

  /** Fails when it has ended by itself. */
  async kill(signal: "SIGKILL" | "SIGTERM" = "SIGKILL"): Promise<number | null> {
    const child = this.#child!;
    expect(this.#hasEnded, `it ended by itself:\n${this.runs.at(-1)}`).toBe(false);
    const closed = once(child, "close");
    child.kill(signal);
    return (await closed)[0] as number | null;
  }

  get #hasEnded(): boolean {
    return this.#child!.exitCode !== null;
  }
}

/** Runs all lanes to their end, and fails with the first that failed. */
export async function inLanes(
  seed: number,
  run: (lane: { readonly number: number; readonly random: SeededRandom }) => Promise<void>,
): Promise<void> {
  const random = seededRandom(seed);
  const lanes = Array.from({ length: LANES }, (_, number) =>
    run({ number, random: seededRandom(random.below(2 ** 31)) }),
  );
  const failed = (await Promise.allSettled(lanes)).find(({ status }) => status === "rejected");
  if (failed?.status === "rejected") throw failed.reason;
}

/** What a number in a message was in each run that told it. */
export function numbersOf(runs: readonly string[], pattern: RegExp): (number | undefined)[] {
  return runs.map((said) => {
    const found = pattern.exec(said);
    return found === null ? undefined : Number(found[1]);
  });
}

/**
 * Runs one program from start to exit and tells how long it took and how much memory it held at most.
 *
 * Time is wall time from just before the start to the exit, so it covers loading the program. Memory is the
 * kernel's own high-water mark of resident pages, VmHWM in /proc/<pid>/status (proc(5)), over all threads. It is read
 * every few milliseconds because it is gone with the process; what was added in the last interval is not seen.
 * Where there is no /proc the memory is unknown.
 */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { BenchError } from "../errors.ts";

export interface ProcessRun {
  readonly wallMs: number;
  /** Line ends on standard output; 0 when it went to /dev/null. */
  readonly lineCount: number;
  /** Undefined where the kernel does not tell. */
  readonly peakBytes: number | undefined;
}

const pollIntervalMs = 10;
const keptErrorChars = 4_000;

/**
 * Standard output goes to /dev/null, or is read and its lines are counted, which takes time of its own.
 * An exit code other than 0 throws BENCH_COMMAND_FAILED.
 */
export async function runProcess(argv: readonly string[], output: "discard" | "count"): Promise<ProcessRun> {
  const [program, ...args] = argv;
  const startMs = performance.now();
  const child = spawn(program, args, { stdio: ["ignore", output === "count" ? "pipe" : "ignore", "pipe"] });
  let lineCount = 0;
  child.stdout?.on("data", (bytes: Buffer) => (lineCount += countLines(bytes)));
  let errors = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    errors = (errors + text).slice(-keptErrorChars);
  });
  let peakBytes: number | undefined;
  const poll = setInterval(() => (peakBytes = highWaterMark(child.pid) ?? peakBytes), pollIntervalMs);
  try {
    const { exit, endMs } = await ended(child);
    if (exit === 0) return { wallMs: endMs - startMs, lineCount, peakBytes };
    const tail = errors.trim().split("\n").slice(-6).join("\n  ");
    throw new BenchError("BENCH_COMMAND_FAILED", `${argv.join(" ")}\n  ended with ${exit}: ${tail}`);
  } finally {
    clearInterval(poll);
  }
}

function countLines(bytes: Uint8Array): number {
  let count = 0;
  for (let at = bytes.indexOf(0x0a); at >= 0; at = bytes.indexOf(0x0a, at + 1)) count++;
  return count;
}

/** The exit code, or what prevented one; the clock is read at the exit, not when the last pipe is closed. */
function ended(child: ReturnType<typeof spawn>): Promise<{ exit: number | string; endMs: number }> {
  return new Promise((resolve) => {
    let endMs = 0;
    child.once("error", (error) => resolve({ exit: error.message, endMs: performance.now() }));
    child.once("exit", () => (endMs = performance.now()));
    child.once("close", (code, signal) => resolve({ exit: code ?? signal ?? "no exit code", endMs }));
  });
}

/** Bytes of the largest resident size that a running process had so far; undefined where the kernel does not tell. */
export function highWaterMark(pid: number | undefined): number | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "latin1");
    const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
    return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
  } catch {
    // It has just ended, or there is no /proc: the last value stands.
    return undefined;
  }
}

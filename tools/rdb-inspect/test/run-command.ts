/** Runs one command line inside the test, against the sources, with a fixed clock and captured streams. */

import { Readable } from "node:stream";
import { BrokenPipe } from "@holdfast/command-line";
import { type FileSystem, nodePlatform, seededRandomDoor } from "@holdfast/platform";
import { fixturePath } from "@holdfast/testkit";
import type { Host } from "../src/host.ts";
import { runProgram } from "../src/program.ts";

export interface CommandOptions {
  readonly stdin?: Uint8Array;
  /** Screen of stdout: a terminal of so many columns; without it a file or a pipe. */
  readonly columns?: number;
  readonly forceColor?: boolean;
  /** After so many bytes the reader of stdout goes away. */
  readonly stdoutLimitBytes?: number;
  readonly signal?: AbortSignal;
  /** Other files than the real ones, made of them. */
  readonly files?: (real: FileSystem) => FileSystem;
}

export interface CommandRun {
  readonly code: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** What every test calls now. */
export const testNowMs = Date.parse("2027-01-01T00:00:00Z");

export async function runCommand(args: readonly string[], options: CommandOptions = {}): Promise<CommandRun> {
  const { files, clock } = nodePlatform();
  const out: Uint8Array[] = [];
  let outBytes = 0;
  let stderr = "";
  const host: Host = {
    files: options.files?.(files) ?? files,
    random: seededRandomDoor(1),
    clock: { ...clock, nowMs: () => testNowMs, monotonicMs: () => 0 },
    stdin: Readable.from(options.stdin === undefined ? [] : [options.stdin]),
    writeOut: async (bytes) => {
      if (outBytes > (options.stdoutLimitBytes ?? Number.POSITIVE_INFINITY)) throw new BrokenPipe("gone");
      out.push(bytes.slice());
      outBytes += bytes.length;
    },
    writeErr: (text) => {
      stderr += text;
    },
    stdoutScreen: { isTerminal: options.columns !== undefined, columns: options.columns },
    stderrScreen: { isTerminal: false, columns: undefined },
    colors: { noColor: undefined, forceColor: options.forceColor === true ? "1" : undefined },
    signal: options.signal ?? new AbortController().signal,
  };
  const code = await runProgram(args, host, "0.0.0");
  return { code, stdout: Buffer.concat(out), stderr };
}

/** Path of a real dump. */
export function dump(name: string): string {
  return fixturePath("rdb", `${name}.rdb`);
}

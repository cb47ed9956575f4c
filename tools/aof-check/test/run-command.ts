/** Runs one command line inside the test, against the sources, with a fixed clock and captured streams. */
import { tmpdir } from "node:os";
import { Readable } from "node:stream";
import { type FileSystem, nodePlatform, seededRandomDoor } from "@holdfast/platform";
import { runProgram } from "../src/program.ts";

export interface CommandOptions {
  readonly stdin?: Uint8Array;
  /** Screen of stdout: a terminal of so many columns; without it a file or a pipe. */
  readonly columns?: number;
  readonly temporaryDirectory?: string;
  /** How far the clock goes on whenever it is looked at. Default 0. */
  readonly clockStepMs?: number;
  /** Other files than the real ones, made of them. */
  readonly files?: (real: FileSystem) => FileSystem;
}

export interface CommandRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export async function runCommand(args: readonly string[], options: CommandOptions = {}): Promise<CommandRun> {
  const { files, clock } = nodePlatform();
  let stdout = "";
  let stderr = "";
  let elapsedMs = 0;
  const host = {
    files: options.files?.(files) ?? files,
    clock: {
      ...clock,
      nowMs: () => Date.parse("2027-01-01T00:00:00Z"),
      monotonicMs: () => (elapsedMs += options.clockStepMs ?? 0),
    },
    random: seededRandomDoor(1),
    stdin: Readable.from(options.stdin === undefined ? [] : [options.stdin]),
    writeOut: async (bytes: Uint8Array) => {
      stdout += Buffer.from(bytes).toString("utf8");
    },
    writeErr: (text: string) => {
      stderr += text;
    },
    stdoutScreen: { isTerminal: options.columns !== undefined, columns: options.columns },
    stderrScreen: { isTerminal: false, columns: undefined },
    colors: { noColor: undefined, forceColor: undefined },
    signal: new AbortController().signal,
    temporaryDirectory: options.temporaryDirectory ?? tmpdir(),
  };
  const code = await runProgram(args, host, "0.0.0");
  return { code, stdout, stderr };
}

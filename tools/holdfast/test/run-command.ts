/** Runs one command line inside the test, against the sources, with captured streams. */
import { tmpdir } from "node:os";
import { Readable } from "node:stream";
import { type Clock, type FileSystem, type Network, nodePlatform } from "@holdfast/platform";
import type { EnvironmentPasswords } from "../src/host.ts";
import { runProgram } from "../src/program.ts";

export interface CommandOptions {
  readonly stdin?: Uint8Array;
  readonly passwords?: EnvironmentPasswords;
  readonly signal?: AbortSignal;
  /** Hears what goes to stderr when it does. */
  readonly onStderr?: (text: string) => void;
  /** Hears what goes to stdout when it does. */
  readonly onStdout?: (bytes: Uint8Array) => void;
  /** Other doors than the real ones. */
  readonly files?: FileSystem;
  readonly network?: Network;
  readonly clock?: Clock;
  /** Default: the system's. */
  readonly temporaryDirectory?: string;
}

export interface CommandRun {
  readonly code: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

export async function runCommand(args: readonly string[], options: CommandOptions = {}): Promise<CommandRun> {
  const platform = nodePlatform();
  const out: Uint8Array[] = [];
  let stderr = "";
  const screen = { isTerminal: false, columns: undefined };
  const host = {
    files: options.files ?? platform.files,
    network: options.network ?? platform.network,
    clock: options.clock ?? platform.clock,
    random: platform.random,
    passwords: options.passwords ?? {},
    temporaryDirectory: options.temporaryDirectory ?? tmpdir(),
    stdin: Readable.from(options.stdin === undefined ? [] : [options.stdin]),
    writeOut: async (bytes: Uint8Array) => {
      out.push(bytes.slice());
      options.onStdout?.(bytes);
    },
    writeErr: (text: string) => {
      stderr += text;
      options.onStderr?.(text);
    },
    stdoutScreen: screen,
    stderrScreen: screen,
    colors: { noColor: undefined, forceColor: undefined },
    signal: options.signal ?? new AbortController().signal,
  };
  const code = await runProgram(args, host, "0.0.0");
  return { code, stdout: Buffer.concat(out), stderr };
}

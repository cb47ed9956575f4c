/** The process as a host: to be called once, by each main.ts. The only file that touches `process`. */
import { nodePlatform, type Platform } from "@holdfast/platform";
import type { Host } from "./host.ts";
import { writerOf } from "./outputs.ts";
import { Interrupted } from "./problems.ts";
import type { Screen } from "./terminal/style.ts";

/** Builds the doors, turns signals into an abort, and has standard output wait for slow readers. */
export function processHost(): { readonly host: Host; readonly platform: Platform } {
  const platform = nodePlatform();
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    // The second one of the same kind ends the process at once: the handler is gone by then.
    process.once(signal, () => stop.abort(new Interrupted(signal)));
  }
  process.stderr.on("error", () => {});
  const host: Host = {
    files: platform.files,
    clock: platform.clock,
    random: platform.random,
    stdin: process.stdin,
    writeOut: writerOf(process.stdout),
    writeErr: (text) => {
      if (text !== "") process.stderr.write(text);
    },
    stdoutScreen: screenOf(process.stdout),
    stderrScreen: screenOf(process.stderr),
    colors: { noColor: process.env.NO_COLOR, forceColor: process.env.FORCE_COLOR },
    signal: stop.signal,
  };
  return { host, platform };
}

/**
 * Ends the process with what the command answers. At once when all that it wrote has left: taking a process apart costs 10 ms;
 * otherwise when nothing keeps it alive.
 */
export function exitWith(code: Promise<number>): void {
  void code.then((answer) => {
    if (process.stdout.writableLength + process.stderr.writableLength === 0) process.exit(answer);
    process.exitCode = answer;
    // Standard input may still be open, for example a pipe whose writer never ends.
    process.stdin.destroy();
  });
}

/** What the user gave, without the program's own name. */
export function processArguments(): string[] {
  return process.argv.slice(2);
}

function screenOf(stream: NodeJS.WriteStream): Screen {
  return { isTerminal: stream.isTTY === true, columns: stream.isTTY === true ? stream.columns : undefined };
}

/** `holdfast serve` inside the test: started, its port known, and stopped again. */
import { Interrupted } from "@holdfast/command-line";
import { type CommandOptions, type CommandRun, runCommand } from "./run-command.ts";

export interface Serving {
  /** As a command takes it. */
  readonly port: string;
  readonly ended: Promise<CommandRun>;
  /** All of stderr so far. */
  stderr(): string;
  /** Resolves when stderr has it. */
  until(text: string | RegExp): Promise<void>;
  /** Resolves when stdout has it. */
  untilOut(text: string): Promise<void>;
  /** As Ctrl-C does. */
  stop(): Promise<CommandRun>;
}

/** Resolves when it listens; throws with what it said when it does not. */
export async function startServing(args: readonly string[], options: CommandOptions = {}): Promise<Serving> {
  const stop = new AbortController();
  let stderr = "";
  let stdout = "";
  let changed = () => {};
  const onStderr = (text: string) => {
    stderr += text;
    changed();
  };
  const onStdout = (bytes: Uint8Array) => {
    stdout += Buffer.from(bytes).toString();
    changed();
  };
  const ended = runCommand(args, { ...options, signal: stop.signal, onStderr, onStdout });
  let isOver = false;
  void ended.then(() => {
    isOver = true;
    changed();
  });
  const untilTrue = async (isThere: () => boolean, wanted: string | RegExp) => {
    while (!isThere()) {
      if (isOver) throw new Error(`serve ended without saying ${wanted}:\n${stderr}`);
      await new Promise<void>((resolve) => (changed = resolve));
    }
  };
  const until = (wanted: string | RegExp) =>
    untilTrue(() => (typeof wanted === "string" ? stderr.includes(wanted) : wanted.test(stderr)), wanted);
  await until(/listening on .*\n/);
  const port = /listening on (?:\S*:)?(\d+)/.exec(stderr)?.[1] ?? "";
  return {
    port,
    ended,
    stderr: () => stderr,
    until,
    untilOut: (wanted) => untilTrue(() => stdout.includes(wanted), wanted),
    stop: () => {
      stop.abort(new Interrupted("SIGINT"));
      return ended;
    },
  };
}

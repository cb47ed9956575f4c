/** `pull --follow` and `relay` inside the test: started, heard while they run, and stopped. */
import type { FileSystem } from "@holdfast/platform";
import { until } from "./kept-servers.ts";
import { type CommandRun, runCommand } from "./run-command.ts";

export interface Following {
  /** All of stderr so far. */
  said(): string;
  /** Undefined while it runs. */
  run(): CommandRun | undefined;
  /** As Ctrl-C does. */
  stop(): Promise<void>;
}

/** Resolves when it has a base. */
export async function startFollowing(args: readonly string[], files?: FileSystem): Promise<Following> {
  const stop = new AbortController();
  let said = "";
  let run: CommandRun | undefined;
  const ended = runCommand([...args, "--progress", "none"], {
    signal: stop.signal,
    onStderr: (text) => void (said += text),
    ...(files === undefined ? {} : { files }),
  }).then((over) => {
    run = over;
  });
  await until(() => said.includes("a new base") || run !== undefined);
  if (run !== undefined) throw new Error(`it ended before it had a base:\n${said}`);
  return {
    said: () => said,
    run: () => run,
    stop: async () => {
      stop.abort(new Error("stopped by the test"));
      await ended;
    },
  };
}

/** Runs one short-lived program to its end. Long-lived servers are started in running-server.ts. */
import { spawn } from "node:child_process";
import { ServerError } from "./errors.ts";

export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly directory?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** The program's exit code and output; exit code 127 when there is no such program. */
export function tryCommand(argv: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  const [program, ...args] = argv;
  const { promise, resolve } = deferred<CommandResult>();
  const child = spawn(program, args, {
    cwd: options.directory,
    env: { ...process.env, LC_ALL: "C", ...options.environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  child.on("error", (error) => resolve({ exitCode: 127, stdout, stderr: error.message }));
  child.on("close", (code) => resolve({ exitCode: code ?? 128, stdout, stderr }));
  return promise;
}

/** Standard output of a program that must succeed; throws SERVERS_COMMAND_FAILED with its last lines. */
export async function runCommand(argv: readonly string[], options: CommandOptions = {}): Promise<string> {
  const result = await tryCommand(argv, options);
  if (result.exitCode === 0) return result.stdout;
  const lastLines = `${result.stdout}\n${result.stderr}`.trim().split("\n").slice(-6).join("\n  ");
  throw new ServerError(
    "SERVERS_COMMAND_FAILED",
    `${argv[0]} ended with exit code ${result.exitCode}:\n  ${lastLines}`,
  );
}

function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((settle) => (resolve = settle));
  return { promise, resolve };
}

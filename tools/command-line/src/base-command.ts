/**
 * A command line's frame: how it prints help and errors, and what the process answers when something goes wrong. Every
 * program gives its name once, here.
 */

import { FileError } from "@holdfast/platform";
import { Command, CommanderError } from "commander";
import { exitCode } from "./exit-codes.ts";
import type { Host } from "./host.ts";
import { BrokenPipe } from "./outputs.ts";
import { Interrupted, Problem, problemText } from "./problems.ts";
import { type Style, styleFor } from "./terminal/style.ts";

export interface ProgramFacts {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  /** Stands behind the options in the help: an example for each sub-command, the exit codes. */
  readonly help: string;
}

/** Receives the exit code of the command that ran. */
export type Answer = (code: number) => void;

/** A program without sub-commands yet. */
export function baseCommand({ name, version, description, help }: ProgramFacts, host: Host): Command {
  return new Command(name)
    .description(description)
    .version(version, "--version", "print the version")
    .helpOption("-h, --help", "show this help")
    .configureOutput({
      writeOut: (text) => {
        host.writeOut(Buffer.from(text, "utf8")).catch(() => {});
      },
      writeErr: host.writeErr,
      getOutHelpWidth: () => host.stdoutScreen.columns ?? 80,
      getErrHelpWidth: () => host.stderrScreen.columns ?? 80,
    })
    .exitOverride()
    .showHelpAfterError(`(${name} --help shows all commands, ${name} COMMAND --help its options)`)
    .addHelpText("after", help);
}

/** Runs one command line (without the program's own name) and answers with its exit code. */
export async function runCommandLine(
  args: readonly string[],
  host: Host,
  create: (answer: Answer) => Command,
): Promise<number> {
  let code: number = exitCode.ok;
  const program = create((answer) => {
    code = answer;
  });
  try {
    await program.parseAsync([...args], { from: "user" });
    return code;
  } catch (error) {
    return exitCodeOfError(error, host, program.name());
  }
}

function exitCodeOfError(error: unknown, host: Host, program: string): number {
  const style = styleFor(host.stderrScreen, "auto", host.colors);
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.ok : exitCode.usage;
  if (error instanceof BrokenPipe) return exitCode.ok;
  if (host.signal.aborted && host.signal.reason instanceof Interrupted) return host.signal.reason.exitCode;
  const problem = problemOf(error);
  if (problem !== undefined) {
    host.writeErr(problemText(problem, program, style));
    return problem.exitCode;
  }
  host.writeErr(bugText(error, program, style));
  return exitCode.bug;
}

function problemOf(error: unknown): Problem | undefined {
  if (error instanceof Problem) return error;
  if (!(error instanceof FileError)) return undefined;
  return new Problem(exitCode.localIo, error.message, { nextStep: nextStepForFile(error.code) });
}

function bugText(error: unknown, program: string, style: Style): string {
  const trace = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `${style.bad(`${program}:`)} a bug in ${program}, please report it with the file if you can\n${trace}\n`;
}

/** What to do when a file or a disk said no, by the system's name for it. */
function nextStepForFile(code: string): string {
  switch (code) {
    case "ENOSPC":
    case "EDQUOT":
      return "nothing was left under the final name: free some space, or give -o a path on another disk";
    case "EFBIG":
      return "nothing was left under the final name: raise the limit for files (ulimit -f), or use another disk";
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return "check who may read the file, or write to the folder";
    case "ENOENT":
      return "check the path";
    default:
      return "look in the system's log for what the disk reported, then try again";
  }
}

/**
 * Errors for people: what went wrong, where, and what to do next.
 *
 *   rdb-inspect: dump.rdb is empty: there is nothing to read
 *     next: look for the temp-*.rdb file that a failed save leaves behind
 *
 * A Problem carries the exit code; everything that is no Problem and no damaged data is a bug of ours.
 */
import { type ExitCode, exitCode } from "./exit-codes.ts";
import type { Style } from "./terminal/style.ts";

export interface ProblemOptions {
  /** What the operator can do now: a sentence without a full stop. */
  readonly nextStep?: string;
  readonly cause?: unknown;
}

/** Something outside this program that keeps the command from doing its work. */
export class Problem extends Error {
  override readonly name: string = "Problem";
  readonly exitCode: ExitCode;
  readonly nextStep: string | undefined;

  constructor(code: ExitCode, message: string, options: ProblemOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.exitCode = code;
    this.nextStep = options.nextStep;
  }
}

/** The problem as it stands on stderr, under the name of the program that met it. */
export function problemText(problem: Problem, program: string, style: Style): string {
  const usageStep = problem instanceof UsageError ? `run ${program} --help for the options` : undefined;
  const nextStep = problem.nextStep ?? usageStep;
  const next = nextStep === undefined ? "" : `  ${style.dim("next")}  ${nextStep}\n`;
  return `${style.bad(`${program}:`)} ${problem.message}\n${next}`;
}

/** The command line cannot be understood. */
export class UsageError extends Problem {
  override readonly name = "UsageError";

  constructor(message: string, options: ProblemOptions = {}) {
    super(exitCode.usage, message, options);
  }
}

/** Stopped by a signal: 130 for Ctrl-C, 143 for SIGTERM. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
  readonly exitCode: ExitCode;

  constructor(signal: "SIGINT" | "SIGTERM") {
    super(`stopped by ${signal}`);
    this.exitCode = signal === "SIGINT" ? exitCode.interrupted : exitCode.terminated;
  }
}

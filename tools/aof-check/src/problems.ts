/**
 * Errors of the libraries for people, and what the process answers with.
 *
 * A verdict has a code too: 11 says that --fix loses nothing sound, every other code of damage that it would, or cannot help.
 */
import { AofError, type AofErrorCode, AofFormatError, type AofProblem, type AofReport } from "@holdfast/aof";
import { FormatError } from "@holdfast/bytes";
import {
  type ExitCode,
  exitCode,
  exitCodeOfDamage,
  Problem,
  stepAfterUnpacking,
} from "@holdfast/command-line";
import { KeyspaceError } from "@holdfast/keyspace";
import { RdbEncodeError, RdbFormatError } from "@holdfast/rdb";

const codesOfErrors: Readonly<Record<AofErrorCode, ExitCode>> = {
  AOF_NOT_FOUND: exitCode.localIo,
  AOF_MANIFEST_MISSING: exitCode.corrupt,
  AOF_MANY_MANIFESTS: exitCode.usage,
  AOF_FILE_MISSING: exitCode.gap,
  AOF_NOT_A_FILE: exitCode.usage,
  AOF_CHANGED: exitCode.localIo,
  AOF_CANNOT_REPAIR: exitCode.corrupt,
  AOF_TIME_NOT_COVERED: exitCode.notCovered,
  AOF_TAIL_TRUNCATED: exitCode.truncated,
  AOF_TAIL_DAMAGED: exitCode.corrupt,
  AOF_WRITE_FAILED: exitCode.localIo,
  AOF_SYNC_FAILED: exitCode.localIo,
  AOF_CLOSED: exitCode.bug,
  AOF_REWRITE_RUNNING: exitCode.bug,
};

const nextSteps: Readonly<Partial<Record<AofErrorCode, string>>> = {
  AOF_NOT_FOUND:
    "name the append-only directory, its manifest or a file; --file-name and --directory-name say how the server calls them",
  AOF_MANIFEST_MISSING: "do not start a server on it: it would begin from nothing and overwrite the files",
  AOF_MANY_MANIFESTS: "give the path of the manifest, or --file-name",
  AOF_NOT_A_FILE: "copy it into a file first, or pipe it into: aof-check -",
  AOF_CHANGED: "nothing was cut: stop the server that writes the file, then run the same command again",
  AOF_CANNOT_REPAIR: "run aof-check without --fix to see all of the damage",
  AOF_TIME_NOT_COVERED: "nothing was cut: take an older base with the files that follow it",
};

/** Does the work, and turns what the libraries throw into problems for people. */
export async function withProblems<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw problemOf(error) ?? error;
  }
}

function problemOf(cause: unknown): Problem | undefined {
  if (cause instanceof AofError) {
    const nextStep = nextSteps[cause.code];
    return new Problem(codesOfErrors[cause.code], cause.message, {
      cause,
      ...(nextStep === undefined ? {} : { nextStep }),
    });
  }
  if (cause instanceof AofFormatError)
    return new Problem(exitCode.corrupt, cause.message, {
      nextStep: cause.code.startsWith("AOF_MANIFEST")
        ? "servers refuse this manifest: correct the line, or bring it back from a copy"
        : "run aof-check on it to see all of the damage",
      cause,
    });
  if (cause instanceof RdbFormatError)
    return new Problem(exitCode.corrupt, cause.message, {
      nextStep: "run rdb-inspect check on the base",
      cause,
    });
  if (cause instanceof FormatError)
    return new Problem(exitCodeOfDamage(cause.code), cause.message, {
      nextStep: stepAfterUnpacking(cause.code),
      cause,
    });
  if (cause instanceof KeyspaceError) {
    const isLimit = cause.code.endsWith("_LIMIT") || cause.code === "KEYSPACE_TEXT_TOO_LONG";
    return new Problem(isLimit ? exitCode.unsupported : exitCode.corrupt, cause.message, {
      nextStep: isLimit
        ? "load the files with a server, and let it rewrite them (BGREWRITEAOF)"
        : "run aof-check on the source, and rdb-inspect check on its base",
      cause,
    });
  }
  if (cause instanceof RdbEncodeError)
    return new Problem(exitCode.unsupported, cause.message, {
      nextStep: "choose another --target, such as the server that wrote the base",
      cause,
    });
  return undefined;
}

/** What the process answers with for what a check found. */
export function exitCodeOfReport({ verdict, problems }: AofReport): ExitCode {
  switch (verdict) {
    case "sound":
      return exitCode.ok;
    case "repairable":
      return exitCode.truncated;
    case "needs-decision":
      return exitCode.corrupt;
    case "refused":
      return exitCode.unsupported;
    case "corrupt":
      return exitCodeOfGravest(problems);
  }
}

function exitCodeOfGravest(problems: readonly AofProblem[]): ExitCode {
  if (problems.some(({ code }) => code === "AOF_MISSING_FILE")) return exitCode.gap;
  const causes = problems.filter(({ code }) => code === "AOF_RDB_DAMAGED").map(({ cause }) => cause);
  if (causes.includes("RDB_CHECKSUM_MISMATCH")) return exitCode.checksum;
  const isUnknown = /^RDB_(UNSUPPORTED_VERSION|UNSUPPORTED_TYPE|UNKNOWN_TYPE)$/;
  return causes.some((cause) => isUnknown.test(cause ?? "")) ? exitCode.unsupported : exitCode.corrupt;
}

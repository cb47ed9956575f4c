/**
 * Why data is not served, for people: the exit code and the next step.
 *
 *   10…14   what is in the files: corrupt, cut at the end, not supported, a wrong checksum, a file that is missing
 *   23      a file or disk said no, or a file changed while it was served
 */
import { AofError, AofFormatError, type AofProblem, type AofReport } from "@holdfast/aof";
import { FormatError } from "@holdfast/bytes";
import {
  type ExitCode,
  exitCode,
  exitCodeOfDamage,
  Problem,
  stepAfterUnpacking,
} from "@holdfast/command-line";
import { FileError } from "@holdfast/platform";
import { RdbFormatError } from "@holdfast/rdb";
import { ResyncError } from "@holdfast/resync";

/** Does the work, and turns what the libraries throw about files into problems for people. */
export async function withDataProblems<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw dataProblem(error) ?? error;
  }
}

/** Undefined for what is no fault of the data. */
export function dataProblem(cause: unknown): Problem | undefined {
  if (cause instanceof AofError) return aofProblem(cause);
  if (cause instanceof RdbFormatError)
    return new Problem(exitCodeOfDamage(cause.code), cause.message, {
      nextStep: "nothing was served: rdb-inspect check shows all of the damage; take another copy",
      cause,
    });
  if (cause instanceof AofFormatError)
    return new Problem(exitCode.corrupt, cause.message, {
      nextStep: "servers refuse this manifest too: correct the line, or bring it back from a copy",
      cause,
    });
  if (cause instanceof FormatError)
    return new Problem(exitCodeOfDamage(cause.code), cause.message, {
      nextStep: stepAfterUnpacking(cause.code),
      cause,
    });
  return undefined;
}

function aofProblem(cause: AofError): Problem {
  const [code, nextStep] = stepsOfAofErrors[cause.code] ?? [
    exitCode.localIo,
    "check the path and the files there",
  ];
  return new Problem(code, cause.message, { nextStep, cause });
}

const stepsOfAofErrors: Readonly<Record<string, readonly [ExitCode, string]>> = {
  AOF_NOT_FOUND: [
    exitCode.localIo,
    "name an RDB file, an append-only directory, its manifest, or an append-only file",
  ],
  AOF_MANIFEST_MISSING: [
    exitCode.corrupt,
    "bring the manifest back: without it nobody knows which files count",
  ],
  AOF_MANY_MANIFESTS: [exitCode.usage, "give the path of the manifest itself"],
  AOF_NOT_A_FILE: [exitCode.usage, "copy it into a file first: replicas read it more than once"],
};

/** Throws unless all that the report is about can be served; with `loadTruncated`, a cut end is left out, as servers do. */
export function refuseUnsound(
  report: AofReport,
  { loadTruncated }: { readonly loadTruncated: boolean },
): void {
  const errors = report.problems.filter(({ severity }) => severity === "error");
  const gravest = errors.find(({ code }) => !isCutEnd(code)) ?? errors[0];
  if (gravest === undefined) return;
  const isRepairable = report.verdict === "repairable" && errors.every(({ code }) => isCutEnd(code));
  if (isRepairable && loadTruncated) return;
  throw new Problem(codeOf(report, gravest), placed(gravest), {
    nextStep: isRepairable
      ? "--load-truncated serves what is before it, as a server with aof-load-truncated would; or aof-check --fix"
      : `nothing was served: ${gravest.advice === "" ? "run aof-check on it" : gravest.advice}`,
  });
}

/** What is left out with --load-truncated: the bytes behind the last whole unit of the last file. */
function isCutEnd(code: AofProblem["code"]): boolean {
  return code === "AOF_TRUNCATED" || code === "AOF_OPEN_UNIT";
}

/** A finding in one line, with its place. */
export function placed({ code, path, offset, detail }: AofProblem): string {
  return `${path}${offset === undefined ? "" : ` at offset ${offset}`}: ${detail} (${code})`;
}

function codeOf({ verdict }: AofReport, { code, cause }: AofProblem): ExitCode {
  if (code === "AOF_MISSING_FILE") return exitCode.gap;
  if (code === "AOF_RDB_DAMAGED") return exitCodeOfDamage(cause ?? "");
  if (verdict === "repairable") return exitCode.truncated;
  return verdict === "refused" ? exitCode.unsupported : exitCode.corrupt;
}

/** Why serving cannot go on when a replica's link ended like this; undefined when that is the replica's own matter. */
export function sourceFailure(error: ResyncError | undefined): Problem | undefined {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    const isChanged = cause instanceof ResyncError && cause.code === "RESYNC_SOURCE_CHANGED";
    if (cause instanceof FileError || isChanged)
      return new Problem(exitCode.localIo, cause.message.replace(/^resync: /, ""), {
        nextStep:
          "no replica has it all from this run: see that nobody writes to the files, then serve them again",
        cause: error,
      });
    if (cause instanceof FormatError) return dataProblem(cause);
  }
  return undefined;
}

/** What goes wrong with a kept directory, for people: a full disk, a manifest that cannot be read. */
import { AofError, AofFormatError } from "@holdfast/aof";
import { exitCode, Problem } from "@holdfast/command-line";
import { FileError, FileExistsError } from "@holdfast/platform";

/** Does the work, and turns what the libraries throw into problems. */
export async function withKeptProblems<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw problemOf(error) ?? error;
  }
}

function problemOf(cause: unknown): Problem | undefined {
  if (cause instanceof FileExistsError)
    return new Problem(exitCode.targetExists, cause.message, {
      nextStep: "give --force, or another name",
      cause,
    });
  if (cause instanceof FileError)
    return new Problem(exitCode.localIo, cause.message, { nextStep: stepAfter(cause.code), cause });
  if (cause instanceof AofError)
    return new Problem(exitCode.localIo, cause.message, { nextStep: "look after the disk", cause });
  if (cause instanceof AofFormatError)
    return new Problem(exitCode.corrupt, cause.message, {
      nextStep: "bring the manifest back from a copy, or move the directory away to begin anew",
      cause,
    });
  return undefined;
}

function stepAfter(code: string): string {
  if (code === "ENOSPC" || code === "EDQUOT")
    return "make room on the disk, then run the same command again: it goes on with what is kept";
  if (code === "EACCES" || code === "EPERM" || code === "EROFS") return "check who may write there";
  return "check the disk, then run the same command again: it goes on with what is kept";
}

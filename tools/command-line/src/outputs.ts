/**
 * Where results go: standard output, or a file that appears under its name only when it is whole.
 *
 *   -o FILE   written to a temporary file, synced, renamed to FILE.partial, and to FILE once the input has
 *             been read to its end; after damage FILE.partial stays, so that what could be read is not lost
 *
 * A reader that goes away (`| head`) ends the command quietly: BrokenPipe.
 */
import { dirname } from "node:path";
import type { Writable } from "node:stream";
import { type FileSystem, replaceFile } from "@holdfast/platform";
import { exitCode } from "./exit-codes.ts";
import { Problem } from "./problems.ts";

/** Takes bytes in order; resolves when more may come. */
export type Write = (bytes: Uint8Array) => Promise<void>;

/** The reader of standard output has gone. Not a failure: it has what it wanted. */
export class BrokenPipe extends Error {
  override readonly name = "BrokenPipe";
}

/** A writer for a stream that waits when the reader is slow. */
export function writerOf(stream: Writable): Write {
  let failure: Error | undefined;
  stream.on("error", (error: NodeJS.ErrnoException) => {
    failure = writeFailure(error);
  });
  return (bytes) =>
    new Promise((resolve, reject) => {
      if (failure !== undefined) reject(failure);
      else stream.write(bytes, (error) => (error == null ? resolve() : reject(writeFailure(error))));
    });
}

function writeFailure(cause: NodeJS.ErrnoException): Error {
  if (cause.code === "EPIPE") return new BrokenPipe("the reader has gone", { cause });
  return new Problem(exitCode.localIo, `cannot write to standard output: ${cause.message}`, { cause });
}

/**
 * Writes a file with what `produce` writes. `produce` says whether its input was read to the end: if not,
 * the result stays under the name that this returns.
 */
export async function writeOutputFile(
  files: FileSystem,
  path: string,
  options: { readonly overwrite: boolean },
  produce: (write: Write) => Promise<"whole" | "partial">,
): Promise<string> {
  await refuseExisting(files, path, options.overwrite);
  const partialPath = `${path}.partial`;
  let outcome: "whole" | "partial" = "partial";
  await replaceFile(
    files,
    partialPath,
    async (file) => {
      outcome = await produce((bytes) => file.append(bytes));
    },
    { overwrite: true },
  );
  if (outcome === "partial") return partialPath;
  await refuseExisting(files, path, options.overwrite);
  await files.rename(partialPath, path);
  await files.syncDirectory(dirname(path));
  return path;
}

/** Throws Problem when something has the name that may not be replaced. */
export async function refuseExisting(files: FileSystem, path: string, overwrite: boolean): Promise<void> {
  const info = await files.stat(path);
  if (info === undefined) return;
  if (info.kind !== "file")
    throw new Problem(exitCode.targetExists, `${path} is not a regular file and is not replaced`, {
      nextStep: "give -o the name of a file that may be made anew",
    });
  if (!overwrite)
    throw new Problem(exitCode.targetExists, `${path} exists already`, {
      nextStep: "give --force to replace it, or another name",
    });
}

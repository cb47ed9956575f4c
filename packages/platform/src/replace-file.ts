/**
 * Writes a file so that its name always shows either the old content or the whole new one: the only place that does it.
 *
 *   create  .NAME.0.tmp      in the same directory, so that a rename stays on one file system
 *   write, sync, close       the content is lasting before any name points to it
 *   rename  to NAME          one step for everybody who looks
 *   sync the directory       now the new name survives a crash
 *
 * On failure the temporary file is removed and the old file is as it was. A process that is killed leaves its temporary
 * file behind: the next run takes the next number, and the leftover can be deleted at any time.
 */

import { basename, dirname, join } from "node:path";
import { FileError, FileExistsError } from "./errors.ts";
import type { File, FileSystem } from "./file-system.ts";
import { inBlocks } from "./in-blocks.ts";
import { syncBehind } from "./sync-behind.ts";

/** So many leftovers mean that something else is wrong. */
const TEMPORARY_NAMES_MAX = 100;

export interface ReplaceFileOptions {
  /**
   * Whether a file that has the name may be replaced. No default: it can lose data. What is not a regular file (a
   * directory, a device) is never replaced.
   */
  readonly overwrite: boolean;
}

/**
 * Makes `path` hold what `write` appends to the file it is given, lasting when this resolves. `write` must not close it, and may
 * use the memory that it appended again at once.
 *
 * Throws FileExistsError when something has the name that may not be replaced: before anything is written, and again
 * just before the rename. FileError of the failed call otherwise, or whatever `write` threw. An error of the
 * directory's sync comes after the rename: the new file is in place, but may not survive a crash.
 */
export async function replaceFile(
  files: FileSystem,
  path: string,
  write: (file: File) => Promise<void>,
  options: ReplaceFileOptions,
): Promise<void> {
  await refuseExisting(files, path, options.overwrite);
  const temporary = await createTemporary(files, path);
  try {
    await writeAndSync(temporary, write);
    await refuseExisting(files, path, options.overwrite);
    await files.rename(temporary.path, path);
  } catch (error) {
    // The first failure is the one to report; that the removal may fail as well changes nothing for the target.
    await files.remove(temporary.path).catch(() => {});
    throw error;
  }
  await files.syncDirectory(dirname(path));
}

async function refuseExisting(files: FileSystem, path: string, overwrite: boolean): Promise<void> {
  const existing = await files.stat(path);
  if (existing === undefined) return;
  if (existing.kind !== "file") throw new FileExistsError("replace", path, "it is not a regular file");
  if (!overwrite) throw new FileExistsError("create", path);
}

async function createTemporary(files: FileSystem, path: string): Promise<File> {
  for (let number = 0; number < TEMPORARY_NAMES_MAX; number++) {
    try {
      return await files.open(join(dirname(path), `.${basename(path)}.${number}.tmp`), "create");
    } catch (error) {
      if (!(error instanceof FileExistsError)) throw error;
    }
  }
  throw new FileError(
    "create",
    path,
    "EEXIST",
    `${TEMPORARY_NAMES_MAX} temporary files of earlier runs stand beside it`,
  );
}

async function writeAndSync(temporary: File, write: (file: File) => Promise<void>): Promise<void> {
  const file = inBlocks(syncBehind(temporary));
  try {
    await write(file);
    await file.sync();
  } catch (error) {
    await file.close().catch(() => {});
    throw error;
  }
  await file.close();
}

/**
 * Cuts the end off a file, and keeps what was cut beside it.
 *
 *   F.5.incr.aof  2 MB, sound up to 1234567   →   F.5.incr.aof  1234567 bytes
 *                                                 F.5.incr.aof.cut-1234567  the rest; a number follows if that name is taken
 *
 * The copy is lasting before the file is cut, and the file is synced after it. Servers and their check-aof cut without either.
 */
import { type File, FileExistsError, type FileSystem, readChunks, replaceFile } from "@holdfast/platform";

/** So many kept ends of one place mean that something else is wrong. */
const NAMES_MAX = 1000;

/** Returns the path of the copy. `soundBytes` is where the file ends afterwards. Throws FileError. */
export async function cutTail(files: FileSystem, path: string, soundBytes: number): Promise<string> {
  const file = await files.open(path, "append");
  try {
    const keptAs = await keepTail(files, file, soundBytes);
    await file.truncate(soundBytes);
    await file.sync();
    return keptAs;
  } finally {
    await file.close();
  }
}

async function keepTail(files: FileSystem, file: File, soundBytes: number): Promise<string> {
  const copy = async (target: File) => {
    for await (const chunk of readChunks(file, { start: soundBytes })) await target.append(chunk);
  };
  for (let number = 0; ; number++) {
    const keptAs = `${file.path}.cut-${soundBytes}${number === 0 ? "" : `.${number}`}`;
    try {
      await replaceFile(files, keptAs, copy, { overwrite: false });
      return keptAs;
    } catch (error) {
      if (!(error instanceof FileExistsError) || number === NAMES_MAX) throw error;
    }
  }
}

/** A new incr: the file first, lasting, then its line in the manifest, and only then the first byte. */
import type { FileSystem } from "@holdfast/platform";
import { incrName } from "./file-names.ts";
import { LogFile } from "./log-file.ts";
import { type AofFileInfo, loadedFiles } from "./manifest.ts";
import type { ManifestKeeper } from "./manifest-keeper.ts";

/** Throws as ManifestKeeper.change(); an empty file that no manifest lists is removed again. */
export async function beginIncrement(
  files: FileSystem,
  keeper: ManifestKeeper,
  startOffset: number | undefined,
): Promise<{ readonly file: LogFile; readonly incr: AofFileInfo }> {
  const sequence = await keeper.nextSequence("incr");
  const name = incrName(keeper.fileName, sequence);
  const file = await LogFile.open(files, keeper.directory, name, "create");
  const offset = startOffset === undefined ? {} : { startOffset };
  const incr: AofFileInfo = { name, sequence, role: "incr", ...offset };
  try {
    // Else a crash could keep the manifest's new name and lose this one: nothing says that names become lasting in order.
    await files.syncDirectory(keeper.directory);
    await keeper.change((manifest) => ({ ...manifest, increments: [...manifest.increments, incr] }));
  } catch (error) {
    await file.close().catch(() => {});
    if (!loadedFiles(keeper.manifest).includes(incr)) await files.remove(file.path).catch(() => {});
    throw error;
  }
  return { file, incr };
}

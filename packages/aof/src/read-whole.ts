/** A small file as a whole: manifests, and the first bytes of anything. */
import type { FileSystem } from "@holdfast/platform";

/** At most `bytesMax` bytes from the start of the file, fresh memory. Throws FileError. */
export async function readStart(files: FileSystem, path: string, bytesMax: number): Promise<Uint8Array> {
  const file = await files.open(path, "read");
  try {
    const target = new Uint8Array(Math.min(bytesMax, await file.size()));
    let filled = 0;
    for (let count = -1; count !== 0 && filled < target.length; filled += count) {
      count = await file.readAt(filled, target.subarray(filled));
    }
    return target.subarray(0, filled);
  } finally {
    await file.close();
  }
}

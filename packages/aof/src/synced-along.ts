/** A file that is synced every few megabytes while it is written: the disk works along, and the last sync is short. */
import type { File } from "@holdfast/platform";

export function syncedAlong(file: File, everyBytes: number): File {
  let unsyncedBytes = 0;
  return {
    path: file.path,
    size: () => file.size(),
    readAt: (offset, target) => file.readAt(offset, target),
    append: async (bytes) => {
      await file.append(bytes);
      unsyncedBytes += bytes.length;
      if (unsyncedBytes < everyBytes) return;
      await file.syncData();
      unsyncedBytes = 0;
    },
    truncate: (sizeBytes) => file.truncate(sizeBytes),
    syncData: () => file.syncData(),
    sync: () => file.sync(),
    close: () => file.close(),
  };
}

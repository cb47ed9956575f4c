/**
 * Has the disk work while a large file is still being written, so that little is left for the sync at the end.
 *
 *   append   ......| 64 MiB | 64 MiB | 64 MiB | sync
 *   disk           ..........|   syncData   | syncData |
 *
 * A sync that fails is final: every later append and sync rejects with its error. Nothing else changes: lasting is what sync() was
 * awaited for.
 */
import type { File } from "./file-system.ts";

/** Many times what a disk takes at once, so that waiting for it is rare; little for the end. */
const STEP_BYTES = 64 << 20;

/** The file, which must not be used beside this. Closing waits for a sync that is under way. */
export function syncBehind(file: File, stepBytes = STEP_BYTES): File {
  let unsyncedBytes = 0;
  let syncing: Promise<void> | undefined;
  let failure: { readonly error: unknown } | undefined;
  const startSync = () => {
    unsyncedBytes = 0;
    syncing = file.syncData().then(
      () => {
        syncing = undefined;
      },
      (error: unknown) => {
        syncing = undefined;
        failure = { error };
      },
    );
  };
  const settled = async () => {
    await syncing;
    if (failure !== undefined) throw failure.error;
  };
  return {
    path: file.path,
    size: () => file.size(),
    readAt: (offset, target) => file.readAt(offset, target),
    append: async (bytes) => {
      if (failure !== undefined) throw failure.error;
      await file.append(bytes);
      unsyncedBytes += bytes.length;
      if (unsyncedBytes >= stepBytes && syncing === undefined) startSync();
    },
    truncate: async (sizeBytes) => {
      await settled();
      await file.truncate(sizeBytes);
    },
    syncData: async () => {
      await settled();
      await file.syncData();
    },
    sync: async () => {
      await settled();
      await file.sync();
    },
    close: async () => {
      await syncing;
      await file.close();
    },
  };
}

/** Where a pulled snapshot goes. */
import type { Write } from "@holdfast/command-line";
import type { File } from "@holdfast/platform";

export interface SnapshotTarget {
  /** Forgets what was written, for an attempt from the start; false when that cannot be. */
  restart(): Promise<boolean>;
  append(bytes: Uint8Array): Promise<void>;
}

export function fileTarget(file: File): SnapshotTarget {
  return {
    restart: async () => {
      await file.truncate(0);
      return true;
    },
    append: (bytes) => file.append(bytes),
  };
}

/** What has gone out cannot be taken back: an attempt that wrote is the last one. */
export function streamTarget(write: Write): SnapshotTarget {
  let hasWritten = false;
  return {
    restart: async () => !hasWritten,
    append: (bytes) => {
      hasWritten = true;
      return write(bytes);
    },
  };
}

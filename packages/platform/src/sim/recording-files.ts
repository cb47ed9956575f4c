/** A file system around another one that writes down every changing call, in the order they were made. */

import { basename } from "node:path/posix";
import type { FileSystem } from "../file-system.ts";
import { type FileCall, interceptFiles } from "./file-calls.ts";

export interface RecordingFiles {
  readonly files: FileSystem;
  /** Such as "create .x.0.tmp", "append .x.0.tmp 3", "rename .x.0.tmp x", "sync-directory data". */
  readonly calls: string[];
}

export function recordingFiles(inner: FileSystem): RecordingFiles {
  const calls: string[] = [];
  const files = interceptFiles(inner, (call, run) => {
    calls.push(describeCall(call));
    return run();
  });
  return { files, calls };
}

/** One line for people and tests: the operation, the last part of the path, and what else was given. */
export function describeCall({ operation, path, to, bytes, sizeBytes }: FileCall): string {
  const more = to === undefined ? (bytes?.length ?? sizeBytes) : basename(to);
  return [operation, basename(path), ...(more === undefined ? [] : [more])].join(" ");
}

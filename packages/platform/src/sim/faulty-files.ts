/**
 * A file system around another one that fails the calls a rule chooses: full disks, bad disks, short writes.
 *
 * A failed call changes nothing, except a short write, which appends its first bytes and then fails. A failed sync is final for its
 * handle: later syncs of it reject as well. (What a disk then forgets is `failNextSync` of the strict memory files.)
 */

import { FileError } from "../errors.ts";
import type { File, FileSystem } from "../file-system.ts";
import { type FileCall, interceptFiles } from "./file-calls.ts";

export interface Fault {
  readonly code: "ENOSPC" | "EIO" | "EDQUOT" | "EACCES";
  /** For an append: how many bytes are written before it fails. Default 0. */
  readonly writtenBytes?: number;
}

/** Asked before every changing call; undefined lets it through. `number` counts changing calls from 0. */
export type FaultRule = (call: FileCall, number: number) => Fault | undefined;

export function faultyFiles(inner: FileSystem, rule: FaultRule): FileSystem {
  const syncFailures = new WeakMap<File, Fault>();
  let count = 0;
  return interceptFiles(inner, async (call, run, file) => {
    const isSync = call.operation === "sync" || call.operation === "sync-data";
    const earlier = isSync && file !== undefined ? syncFailures.get(file) : undefined;
    const fault = rule(call, count++) ?? earlier;
    if (fault === undefined) return run();
    if (isSync && file !== undefined) syncFailures.set(file, fault);
    if (call.bytes !== undefined) await file?.append(call.bytes.subarray(0, fault.writtenBytes ?? 0));
    throw new FileError(call.operation, call.path, fault.code, "told to fail");
  });
}

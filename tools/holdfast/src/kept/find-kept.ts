/** What stands in a kept directory after whatever happened: what its manifest says, and what a run that was stopped left behind. */
import { join } from "node:path";
import { type AofManifest, DEFAULT_AOF_FILE_NAME, namedPart } from "@holdfast/aof";
import { exitCode, Problem } from "@holdfast/command-line";
import type { FileSystem } from "@holdfast/platform";
import { type ReplicaState, readSegmentStart } from "@holdfast/resync";

/** A snapshot on disk. */
export interface KeptBase {
  readonly name: string;
  readonly number: number;
  readonly path: string;
  /** Of the stream, at the snapshot's moment: the first listed incr begins there. */
  readonly offset: number;
  readonly sizeBytes: number;
}

export type FoundKept =
  | { readonly base: KeptBase; readonly start: ReplicaState; readonly leftovers: readonly string[] }
  | { readonly base: undefined; readonly leftovers: readonly string[] };

/**
 * Looks, and changes nothing. Throws Problem 14 when a listed file is missing, 10 when the incr that follows the base cannot be told:
 * what is left may still be worth something, so it is not written over.
 */
export async function findKept(
  files: FileSystem,
  directory: string,
  manifest: AofManifest,
): Promise<FoundKept> {
  const leftovers = leftoversOf(await files.list(directory), manifest);
  const { base, increments } = manifest;
  if (base === undefined) return { base, leftovers };
  const path = join(directory, base.name);
  const [first] = increments;
  for (const { name } of [base, ...increments]) {
    const info = await files.stat(join(directory, name));
    if (info?.kind !== "file") throw damaged(exitCode.gap, `${join(directory, name)} is missing`);
  }
  const start = first === undefined ? undefined : await readSegmentStart(files, join(directory, first.name));
  if (start === undefined)
    throw damaged(exitCode.corrupt, `${join(directory, first?.name ?? "")} has a damaged head`);
  const sizeBytes = (await files.stat(path))!.sizeBytes;
  const { offset } = start;
  return { base: { name: base.name, number: base.sequence, path, offset, sizeBytes }, start, leftovers };
}

/** How the rest of an incr is called that has a base in its middle. */
export function copyName(number: number, offset: number): string {
  return `${DEFAULT_AOF_FILE_NAME}.${number}.from-${offset}.incr.aof`;
}

export function isCopyName(name: string): boolean {
  return name.startsWith(`${DEFAULT_AOF_FILE_NAME}.`) && /^\d+\.from-\d+\.incr\.aof$/.test(name.slice(15));
}

/** Oldest first, so that a crash in between changes nothing for the next look. */
export async function removeAll(
  files: FileSystem,
  directory: string,
  names: readonly string[],
): Promise<void> {
  for (const name of names) await files.remove(join(directory, name));
  if (names.length > 0) await files.syncDirectory(directory);
}

/** Temporary files, bases that no manifest lists any more or yet, and incrs that were made and not listed: nothing is in those. */
function leftoversOf(names: readonly string[], { base, increments }: AofManifest): readonly string[] {
  const listed = new Set(increments.map(({ name }) => name));
  const lastListed = increments.at(-1)?.sequence ?? 0;
  return names.filter((name) => {
    if (isCopyName(name)) return !listed.has(name);
    const part = namedPart(DEFAULT_AOF_FILE_NAME, name);
    if (part === undefined) return false;
    if (part.kind === "temporary") return true;
    return part.kind === "base" ? name !== base?.name : part.sequence > lastListed;
  });
}

function damaged(code: typeof exitCode.gap | typeof exitCode.corrupt, detail: string): Problem {
  return new Problem(code, detail, {
    nextStep: "bring the file back from a copy, or move the directory away to begin anew",
  });
}

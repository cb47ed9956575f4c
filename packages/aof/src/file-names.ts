/**
 * How the files of an append-only directory are called. F is the option `appendfilename`.
 *
 *   F.manifest              which files there are, and in which order
 *   F.2.base.rdb            the base, sequence 2, in RDB form; F.2.base.aof in command form
 *   F.5.incr.aof            commands since the base, or since the incr before
 *   temp-F.manifest         a server's manifest on its way to its name
 *   temp-F.incr             a server's incr while its first base is being written
 *   .F.2.base.rdb.0.tmp     ours: a file on its way to its name (replaceFile of platform)
 *
 * Names are how writers keep order. Readers go by the manifest alone, which may list any plain name.
 * Source: aof.c of Redis 7.0 to 8.6 and Valkey 9.1.
 */

/** Options of a server's configuration that name its append-only files, with their defaults. */
export const DEFAULT_AOF_FILE_NAME = "appendonly.aof";
export const DEFAULT_AOF_DIRECTORY_NAME = "appendonlydir";

/** "rdb": the file starts with an RDB; "aof": commands only. */
export type BaseForm = "rdb" | "aof";

const MANIFEST_SUFFIX = ".manifest";
const SERVER_TEMPORARY_PREFIX = "temp-";

export function manifestName(fileName: string): string {
  return fileName + MANIFEST_SUFFIX;
}

export function baseName(fileName: string, sequence: number, form: BaseForm): string {
  return `${fileName}.${sequence}.base.${form}`;
}

export function incrName(fileName: string, sequence: number): string {
  return `${fileName}.${sequence}.incr.aof`;
}

/** The F of `F.manifest`; undefined for any other name, and for manifests on their way. */
export function fileNameOfManifest(name: string): string | undefined {
  const isManifest = name.length > MANIFEST_SUFFIX.length && name.endsWith(MANIFEST_SUFFIX);
  if (!isManifest || name.startsWith(SERVER_TEMPORARY_PREFIX)) return undefined;
  return name.slice(0, -MANIFEST_SUFFIX.length);
}

/** What a name says by itself, whatever the manifest says. */
export type NamedPart =
  | { readonly kind: "base" | "incr"; readonly sequence: number }
  /** Left behind by a writer that was stopped; nothing can refer to it. */
  | { readonly kind: "temporary" };

/** What kind of file of this append-only file the name stands for; undefined for the manifest and for strangers. */
export function namedPart(fileName: string, name: string): NamedPart | undefined {
  if (isTemporary(fileName, name)) return { kind: "temporary" };
  if (!name.startsWith(`${fileName}.`)) return undefined;
  const found = /^(\d+)\.(?:(base)\.(?:rdb|aof)|incr\.aof)$/.exec(name.slice(fileName.length + 1));
  if (found === null) return undefined;
  return { kind: found[2] === "base" ? "base" : "incr", sequence: Number(found[1]) };
}

function isTemporary(fileName: string, name: string): boolean {
  if (name === `${SERVER_TEMPORARY_PREFIX}${manifestName(fileName)}`) return true;
  if (name === `${SERVER_TEMPORARY_PREFIX}${fileName}.incr`) return true;
  const inner = /^\.(.+)\.\d+\.tmp$/.exec(name)?.[1];
  if (inner === undefined) return false;
  return inner === manifestName(fileName) || namedPart(fileName, inner) !== undefined;
}

/** Whether servers take this for a name in a manifest or in their configuration: not a path. */
export function isPlainName(name: string): boolean {
  return name !== "" && name !== "." && name !== ".." && !/[/\\]/.test(name);
}

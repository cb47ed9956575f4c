/**
 * A source that is a file: an RDB, plain or in zstd or gzip, an append-only file or a directory of those.
 *
 * Nothing is spooled, because the file stays where it is: a run that was cut off reads it again and steps over what the target has. Its
 * snapshot counts in bytes, the commands behind it by their number.
 */
import { basename, join } from "node:path";
import { type AofDirectory, AofError, type AofLocation, locateAof, readAof } from "@holdfast/aof";
import {
  CompressionError,
  type Container,
  decompressContainer,
  FormatError,
  sniffContainer,
} from "@holdfast/bytes";
import { exitCode, exitCodeOfDamage, Problem, stepAfterUnpacking } from "@holdfast/command-line";
import { type FileSystem, readChunks } from "@holdfast/platform";
import { decodeRdb, type FileOrigin, type RdbDecoderOptions, type RdbEvent } from "@holdfast/rdb";
import type { CommandBatch } from "@holdfast/resp";
import type { Host } from "../host.ts";
import { readOrigin } from "./snapshot-origin.ts";

export type FileFeed =
  | { readonly kind: "events"; readonly events: readonly RdbEvent[] }
  | { readonly kind: "commands"; readonly commands: CommandBatch };

/** What reading files needs of a host. */
export type FileHost = Pick<Host, "files" | "signal">;

export interface FileSource {
  readonly shown: string;
  /** Which content it is, as far as names and sizes tell. */
  readonly id: string;
  readonly sizeBytes: number;
  /** It is known from the outside that commands stand behind its snapshot, or in its place. */
  readonly hasCommands: boolean;
  /** Of the RDB in it; the oldest there is for a file without one. */
  readonly origin: FileOrigin;
  /** Everything in it, borrowed until the next is asked for. Throws Problem for damage. */
  feed(rdb: RdbDecoderOptions): AsyncGenerator<FileFeed, void, void>;
}

/** The events of a file that has nothing but a snapshot, borrowed until the next are asked for. Throws Problem when there are commands. */
export async function* snapshotOf(
  file: FileSource,
  rdb: RdbDecoderOptions,
): AsyncGenerator<readonly RdbEvent[], void, void> {
  for await (const feed of file.feed(rdb)) {
    if (feed.kind === "events") yield feed.events;
    else throw commandsProblem(file.shown);
  }
}

/** To compare keys by value, a log would have to be replayed in memory. */
export function commandsProblem(shown: string): Problem {
  return new Problem(
    exitCode.usage,
    `${shown} has commands behind its snapshot, and cannot be compared key by key`,
    {
      nextStep: "aof-check rewrite makes a directory of it that is a snapshot alone: compare that",
    },
  );
}

/** Throws Problem when there is nothing of this name, or nothing of this kind. */
export async function openFileSource(host: FileHost, path: string): Promise<FileSource> {
  try {
    return await opened(host, path);
  } catch (error) {
    throw problemOf(error, path);
  }
}

async function opened(host: FileHost, path: string): Promise<FileSource> {
  const { files } = host;
  const info = await files.stat(path);
  if (info === undefined)
    throw new Problem(exitCode.localIo, `${path} does not exist`, {
      nextStep: "check the path; a server is given as redis://host:6379",
    });
  const container = info.kind === "file" ? await containerOf(files, path) : "none";
  if (container !== "none") {
    const id = `file:${basename(path)}:${info.sizeBytes}`;
    const origin = await readOrigin(files, path, container);
    if (origin === undefined) throw packedLog(path, container);
    return {
      shown: path,
      id,
      sizeBytes: info.sizeBytes,
      hasCommands: false,
      origin,
      feed: (rdb) => unpacked(host, path, container, rdb),
    };
  }
  const location = await locateAof(files, path);
  const id = idOf(location);
  const first = location.kind === "file" ? location.path : baseOf(location.directory);
  const found = first === undefined ? undefined : await readOrigin(files, first);
  const hasCommands =
    found === undefined || (location.kind === "directory" && hasIncrements(location.directory));
  const origin = found ?? NO_ORIGIN;
  return { shown: path, ...id, hasCommands, origin, feed: (rdb) => logged(host, path, location, rdb) };
}

const NO_ORIGIN: FileOrigin = { dialect: "redis", version: 1 };

function baseOf({ path, manifest }: AofDirectory): string | undefined {
  return manifest.base === undefined ? undefined : join(path, manifest.base.name);
}

function hasIncrements({ manifest, sizes }: AofDirectory): boolean {
  return manifest.increments.some(({ name }) => (sizes.get(name) ?? 0) > 0);
}

async function containerOf(files: FileSystem, path: string): Promise<Container> {
  const file = await files.open(path, "read");
  try {
    const head = new Uint8Array(64);
    return sniffContainer(head.subarray(0, await file.readAt(0, head)));
  } finally {
    await file.close();
  }
}

/** Of a directory the base tells: incrs grow. */
function idOf(location: AofLocation): { readonly id: string; readonly sizeBytes: number } {
  if (location.kind === "file")
    return { id: `file:${basename(location.path)}:${location.sizeBytes}`, sizeBytes: location.sizeBytes };
  const { directory } = location;
  const sizeBytes = [...directory.sizes.values()].reduce((sum, size) => sum + size, 0);
  const base = directory.manifest.base?.name ?? "no base";
  return { id: `aof:${base}:${directory.sizes.get(base) ?? 0}`, sizeBytes };
}

async function* unpacked(
  host: FileHost,
  path: string,
  container: Container,
  rdb: RdbDecoderOptions,
): AsyncGenerator<FileFeed, void, void> {
  const file = await host.files.open(path, "read");
  try {
    const chunks = decompressContainer(container, readChunks(file, { signal: host.signal }));
    for await (const events of decodeRdb(chunks, { ...rdb, path })) {
      // Before the first key: what is behind such an RDB would be left out.
      if (events.some(isLogPreamble)) throw packedLog(path, container);
      yield { kind: "events", events };
    }
  } catch (error) {
    throw problemOf(error, path);
  } finally {
    await file.close();
  }
}

function isLogPreamble(event: RdbEvent): boolean {
  if (event.kind === "trailing") return true;
  // Servers before 7.0 say so of every RDB: 0 of one that stands by itself.
  return event.kind === "aux" && latin1(event.name) === "aof-preamble" && latin1(event.value) === "1";
}

function packedLog(path: string, container: Container): Problem {
  return new Problem(exitCode.unsupported, `${path} is an append-only file inside ${container}`, {
    nextStep: "unpack it first: the commands behind the RDB would be left out otherwise",
  });
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}

async function* logged(
  host: FileHost,
  path: string,
  location: AofLocation,
  rdb: RdbDecoderOptions,
): AsyncGenerator<FileFeed, void, void> {
  const { files, signal } = host;
  try {
    for await (const event of readAof(files, location, {
      mode: "strict",
      rdb,
      wholeBytesMax: 1024 ** 3,
      signal,
    })) {
      if (event.kind === "snapshot") yield { kind: "events", events: event.events };
      else if (event.kind === "commands") yield { kind: "commands", commands: event };
    }
  } catch (error) {
    throw problemOf(error, path);
  }
}

/** Damage and what is missing, with the exit code of its kind; anything else as it is. */
function problemOf(error: unknown, path: string): unknown {
  if (error instanceof CompressionError)
    return new Problem(exitCodeOfDamage(error.code), `${path}: ${error.message}`, {
      nextStep: stepAfterUnpacking(error.code),
      cause: error,
    });
  if (error instanceof FormatError)
    return new Problem(exitCodeOfDamage(error.code), `${path}: ${error.message}`, {
      nextStep: "rdb-inspect check and aof-check say what is wrong and what can be repaired",
      cause: error,
    });
  if (error instanceof AofError)
    return new Problem(exitCode.localIo, error.message, {
      nextStep: "give an RDB file, an append-only file or its directory",
      cause: error,
    });
  return error;
}

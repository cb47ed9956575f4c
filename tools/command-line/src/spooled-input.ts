/**
 * Standard input, and files inside zstd or gzip: unpacked into a temporary file, for who reads from many places.
 *
 * What a command sees is a disk that holds this one file, under the name that was given: nothing stands around it.
 */
import { join } from "node:path";
import { type Container, decompressContainer, sniffContainer } from "@holdfast/bytes";
import {
  type File,
  FileError,
  FileExistsError,
  type FileSystem,
  readChunks,
  readStream,
} from "@holdfast/platform";
import { exitCode } from "./exit-codes.ts";
import type { Host } from "./host.ts";
import { Problem } from "./problems.ts";

export interface SpoolingHost extends Host {
  readonly temporaryDirectory: string;
}

export interface SpooledInput {
  readonly files: FileSystem;
  /** The path to ask `files` for, and the name for people. */
  readonly path: string;
  /** Whether the content is a copy: it can be read, and not repaired. */
  readonly isCopy: boolean;
  /** Removes the copy. */
  close(): Promise<void>;
}

const STDIN = "-";
const MAGIC_BYTES = 4;
/** So many leftovers mean that something else is wrong. */
const NAMES_MAX = 1000;

/**
 * Opens what the command line names; the copy is called after the program. Throws Problem, FileError, and CompressionError for a container that
 * is damaged: then nothing is left behind.
 */
export async function openSpooled(host: SpoolingHost, program: string, path: string): Promise<SpooledInput> {
  if (path === STDIN) {
    const name = "standard input";
    return spool(host, { name, program }, readStream(host.stdin, { name, signal: host.signal }));
  }
  const info = await host.files.stat(path);
  const plain = { files: host.files, path, isCopy: false, close: async () => {} };
  if (info?.kind !== "file") return plain;
  const file = await host.files.open(path, "read");
  try {
    if ((await containerOf(file)) === "none") return plain;
    const { modifiedAtMs } = info;
    return await spool(
      host,
      { name: path, program, modifiedAtMs },
      readChunks(file, { signal: host.signal }),
    );
  } finally {
    await file.close();
  }
}

async function containerOf(file: File): Promise<Container> {
  const head = new Uint8Array(MAGIC_BYTES);
  return sniffContainer(head.subarray(0, await file.readAt(0, head)));
}

interface SpooledFacts {
  readonly name: string;
  readonly program: string;
  /** The copy counts as changed when the original was. */
  readonly modifiedAtMs?: number;
}

async function spool(
  host: SpoolingHost,
  { name, program, modifiedAtMs }: SpooledFacts,
  stored: AsyncIterable<Uint8Array>,
): Promise<SpooledInput> {
  const copy = await createCopy(host, program);
  try {
    for await (const chunk of unpacked(stored)) {
      host.signal.throwIfAborted();
      await copy.append(chunk);
    }
  } catch (error) {
    await copy.close();
    await host.files.remove(copy.path);
    throw withRoomElsewhere(error, copy.path);
  }
  await copy.close();
  const files = oneFile(host.files, { name, modifiedAtMs }, copy.path);
  return { files, path: name, isCopy: true, close: () => host.files.remove(copy.path) };
}

async function createCopy({ files, temporaryDirectory }: SpoolingHost, program: string): Promise<File> {
  for (let number = 1; number <= NAMES_MAX; number++) {
    try {
      return await files.open(join(temporaryDirectory, `${program}-${number}.tmp`), "create");
    } catch (error) {
      if (!(error instanceof FileExistsError)) throw error;
    }
  }
  throw new Problem(exitCode.localIo, `${NAMES_MAX} files of earlier runs stand in ${temporaryDirectory}`, {
    nextStep: `remove ${program}-*.tmp there`,
  });
}

function withRoomElsewhere(error: unknown, path: string): unknown {
  if (!(error instanceof FileError) || error.path !== path) return error;
  return new Problem(exitCode.localIo, error.message, {
    nextStep: "make room there, or name another place for temporary files with TMPDIR",
    cause: error,
  });
}

/** The content without the container around it, which the first bytes tell. */
async function* unpacked(stored: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  const iterator = stored[Symbol.asyncIterator]();
  let head: Uint8Array = new Uint8Array(0);
  while (head.length < MAGIC_BYTES) {
    const next = await iterator.next();
    if (next.done === true) break;
    head = Buffer.concat([head, next.value]);
  }
  const whole = joined(head, iterator);
  const container = sniffContainer(head);
  yield* container === "none" ? whole : decompressContainer(container, whole);
}

async function* joined(
  head: Uint8Array,
  rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array, void, void> {
  if (head.length > 0) yield head;
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
}

/** A disk that holds one file, to be read. */
function oneFile(
  files: FileSystem,
  { name, modifiedAtMs }: { readonly name: string; readonly modifiedAtMs: number | undefined },
  stored: string,
): FileSystem {
  const refused = async () => {
    throw new Problem(exitCode.usage, `${name} is read as a copy, which cannot be changed`);
  };
  return {
    open: async (path, mode) => (path === name && mode === "read" ? files.open(stored, mode) : refused()),
    stat: async (path) => {
      const info = path === name ? await files.stat(stored) : undefined;
      return info === undefined || modifiedAtMs === undefined ? info : { ...info, modifiedAtMs };
    },
    list: async () => [],
    rename: refused,
    remove: refused,
    makeDirectory: refused,
    syncDirectory: refused,
  };
}

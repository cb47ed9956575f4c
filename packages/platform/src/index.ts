/** The four doors to the outside world: everything the package offers, in the order a reader should meet it. */

// The doors.

export type { Clock } from "./clock.ts";
export type { File, FileInfo, FileSystem, OpenMode } from "./file-system.ts";
export type {
  Address,
  Connection,
  ConnectOptions,
  Listener,
  ListenOptions,
  Network,
  TlsOptions,
} from "./network.ts";
export type { Platform } from "./platform.ts";
export type { Random } from "./random.ts";

// What can go wrong at them.

export { ConnectionError, FileError, FileExistsError } from "./errors.ts";

// The real ones.

export { nodePlatform } from "./node/node-platform.ts";

// What is done with files.

export { type ReadChunksOptions, readChunks } from "./read-chunks.ts";
export { type ReadStreamOptions, readStream } from "./read-stream.ts";
export { type ReplaceFileOptions, replaceFile } from "./replace-file.ts";

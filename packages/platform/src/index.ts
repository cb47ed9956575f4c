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
export { syncBehind } from "./sync-behind.ts";

// The simulated ones, for tests: time and chance that obey, disks that fail, and crashes at every call.

export {
  type Crash,
  type CrashExploration,
  type CrashScenario,
  exploreCrashes,
} from "./sim/explore-crashes.ts";
export { type Fault, type FaultRule, faultyFiles } from "./sim/faulty-files.ts";
export type { FileCall } from "./sim/file-calls.ts";
export { BLOCK_BYTES, type CrashDraw } from "./sim/memory-file-content.ts";
export { MemoryNetwork, type MemoryNetworkOptions } from "./sim/memory-network.ts";
export { type RecordingFiles, recordingFiles } from "./sim/recording-files.ts";
export { type SeededRandomDoor, seededRandomDoor } from "./sim/seeded-random.ts";
export { StrictMemoryFiles } from "./sim/strict-memory-files.ts";
export { VirtualClock } from "./sim/virtual-clock.ts";

/** What replicas are served, and what people are told about it. rdb-data.ts and aof-data.ts make it, open-data.ts chooses. */
import type { Container } from "@holdfast/bytes";
import type { SpooledInput } from "@holdfast/command-line";
import type { FileSystem } from "@holdfast/platform";
import type { RdbDialect, RdbTarget } from "@holdfast/rdb";
import type { PrimarySource, StoredBacklog } from "@holdfast/resync";
import type { ConversionLosses } from "./converted-rdb.ts";
import type { RdbFacts } from "./rdb-file.ts";

export interface OpenDataOptions {
  readonly files: FileSystem;
  readonly path: string;
  /** What the snapshot is converted to; undefined: it goes out as it is stored. */
  readonly target: RdbTarget | undefined;
  readonly allowLoss: boolean;
  /** Serve an append-only file without its end when that is cut off inside a command or transaction. */
  readonly loadTruncated: boolean;
  readonly signal: AbortSignal;
  /** Makes a copy, unpacked, of what a replica could not ask any place of. */
  readonly spool: (path: string) => Promise<SpooledInput>;
  /** How much is read, of so many bytes on disk. */
  readonly onProgress: (bytes: number, totalBytes: number) => void;
}

export interface ServedData {
  readonly source: PrimarySource<StoredBacklog>;
  readonly facts: DataFacts;
  /** What an operator should know although it is served, one line each. */
  readonly warnings: readonly string[];
}

export interface DataFacts {
  readonly kind: "rdb" | "aof";
  readonly container: Container;
  /** Undefined when all of the data is in the stream. */
  readonly snapshot: SnapshotOfData | undefined;
  readonly conversion: { readonly target: string; readonly losses: ConversionLosses } | undefined;
  readonly stream: StreamOfData;
}

export interface SnapshotOfData {
  readonly dialect: RdbDialect;
  readonly version: number;
  /** The server that wrote it, such as `valkey 8.1.1`, when it says so. */
  readonly writtenBy: string | undefined;
  readonly sizeBytes: number;
  readonly keyCount: number;
  /** "checked": that of a base, which was right or absent. */
  readonly checksum: RdbFacts["checksum"] | "checked";
}

export interface StreamOfData {
  /** Files with commands in them. */
  readonly fileCount: number;
  readonly commandCount: number;
  /** As replicas get it: without annotations. */
  readonly sizeBytes: number;
  /** Behind the last whole unit of the last file: not served. */
  readonly cutBytes: number;
}

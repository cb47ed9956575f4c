/** What `rdb-inspect convert` is asked for, and what came of it. */
import type { Container } from "@holdfast/bytes";
import type { ConvertResult } from "../convert/convert-pass.ts";
import type { PassRun } from "../run-pass.ts";
import type { CommonOptions } from "./session.ts";

/** What every command that writes RDB files is asked for. */
export interface ConversionOptions extends CommonOptions {
  readonly target?: string;
  readonly output?: string;
  readonly force?: boolean;
  readonly allowLoss?: boolean;
  readonly compress: Container;
  readonly checksum: "on" | "off";
  readonly maxLosses: string;
}

/** And of those that may change names and expiries. */
export interface ChangeOptions extends ConversionOptions {
  readonly rename?: readonly string[];
  readonly ttl: string;
  readonly repack?: boolean;
}

export interface ConvertOptions extends ChangeOptions {
  readonly json?: boolean;
}

export interface SplitOptions extends ChangeOptions {
  readonly output: string;
  readonly shards?: string;
  readonly slots?: readonly string[];
  readonly by?: "db" | "prefix";
  readonly separator: string;
}

/** What came of a conversion. */
export interface Conversion {
  readonly run: PassRun<ConvertResult>;
  /** Size of what was written, after the container. */
  readonly sizeBytes: number;
  readonly code: number;
}

export interface MergeOptions extends ConversionOptions {
  readonly output: string;
  readonly onDuplicate: "error" | "first" | "last";
}

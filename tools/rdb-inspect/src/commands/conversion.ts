/** What `rdb-inspect convert` is asked for, and what came of it. */
import type { Container } from "@holdfast/bytes";
import type { ConvertResult } from "../convert/convert-pass.ts";
import type { PassRun } from "../run-pass.ts";
import type { CommonOptions } from "./session.ts";

export interface ConvertOptions extends CommonOptions {
  readonly target?: string;
  readonly output?: string;
  readonly force?: boolean;
  readonly allowLoss?: boolean;
  readonly compress: Container;
  readonly checksum: "on" | "off";
  readonly rename?: readonly string[];
  readonly ttl: string;
  readonly maxLosses: string;
  readonly json?: boolean;
}

/** What came of a conversion. */
export interface Conversion {
  readonly run: PassRun<ConvertResult>;
  /** Size of what was written, after the container. */
  readonly sizeBytes: number;
  readonly code: number;
}

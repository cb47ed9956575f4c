/** What a command is given of the world: the doors, three streams, and how text should look. */
import type { Readable } from "node:stream";
import type { Clock, FileSystem, Random } from "@holdfast/platform";
import type { Write } from "./outputs.ts";
import type { ColorEnvironment, Screen } from "./terminal/style.ts";

export interface Host {
  readonly files: FileSystem;
  readonly clock: Clock;
  readonly random: Random;
  readonly stdin: Readable;
  readonly writeOut: Write;
  /** Messages for people; never fails. */
  readonly writeErr: (text: string) => void;
  readonly stdoutScreen: Screen;
  readonly stderrScreen: Screen;
  readonly colors: ColorEnvironment;
  /** Aborted with an Interrupted by Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal;
}

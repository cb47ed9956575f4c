/** The host of every command line, with a place for what cannot be read twice. */
import type { Host as CommonHost } from "@holdfast/command-line";

export interface Host extends CommonHost {
  /** Where standard input and unpacked files are kept while they are checked. */
  readonly temporaryDirectory: string;
}

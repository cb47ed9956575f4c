/**
 * The lane of a log decoder: something faster, such as a WebAssembly kernel, that steps over runs of whole commands where they lie.
 *
 * It never judges: in front of whatever it does not know it stops, untouched, and the decoder reads that one record in the general
 * way. Which commands it takes, and what it keeps of them, is between it and whoever made it.
 */
import type { WindowHome } from "@holdfast/bytes";

export interface CommandLane {
  /** Where the decoder's window lies. */
  readonly home: WindowHome;
  /** Steps over commands of [start, limit) in the home's memory; gives the index behind the last, `start` when it takes none. */
  read(start: number, limit: number): number;
  /** The record that it stopped at may be one for it when more of it is at hand. */
  readonly wantsMore: boolean;
}

/** Commands that the lane has stepped over: at least one. */
export interface CommandRun {
  readonly kind: "run";
  readonly offset: number;
  readonly endOffset: number;
}

/** The host of every command line, with threads. */
import type { Host as CommonHost } from "@holdfast/command-line";
import type { WorkerDoor } from "./parallel/run-anywhere.ts";

export interface Host extends CommonHost {
  /** Threads to decode with; without them everything runs in this one. */
  readonly workers?: WorkerDoor;
}

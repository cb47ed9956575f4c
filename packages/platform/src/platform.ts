/**
 * The four doors together. Built once, in the `main.ts` of a program, and taken apart there: everything else receives only
 * the doors it needs.
 */

import type { Clock } from "./clock.ts";
import type { FileSystem } from "./file-system.ts";
import type { Network } from "./network.ts";
import type { Random } from "./random.ts";

export interface Platform {
  readonly files: FileSystem;
  readonly clock: Clock;
  readonly network: Network;
  readonly random: Random;
}

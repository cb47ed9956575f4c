/** All four real doors. */

import type { Platform } from "../platform.ts";
import { nodeClock } from "./node-clock.ts";
import { nodeFiles } from "./node-files.ts";
import { nodeNetwork } from "./node-network.ts";
import { nodeRandom } from "./node-random.ts";

/** The doors to the machine this process runs on. */
export function nodePlatform(): Platform {
  return { files: nodeFiles(), clock: nodeClock(), network: nodeNetwork(), random: nodeRandom() };
}

/** The randomness door on Node: the system's cryptographic generator. */

import { randomBytes } from "node:crypto";
import type { Random } from "../random.ts";

export function nodeRandom(): Random {
  return { bytes: (count) => new Uint8Array(randomBytes(count)) };
}

/** The randomness door on Node: the system's cryptographic generator. */

import type { Random } from "../random.ts";

/** More than this at once is refused. */
const BYTES_AT_A_TIME = 65_536;

export function nodeRandom(): Random {
  return { bytes };
}

/** The global `crypto` is loaded when it is first asked, node:crypto with every command that imports it. */
function bytes(count: number): Uint8Array {
  const random = new Uint8Array(count);
  for (let start = 0; start < count; start += BYTES_AT_A_TIME)
    crypto.getRandomValues(random.subarray(start, start + BYTES_AT_A_TIME));
  return random;
}

/**
 * The fourth door in a test: bytes that a seed repeats, on every machine.
 *
 * The generator is mulberry32: 32 bits of state. Good enough to draw test data and crash images, and fit for nothing
 * that must stay secret.
 */

import type { Random } from "../random.ts";

export interface SeededRandomDoor extends Random {
  readonly seed: number;
  /** A whole number from 0 up to, not including, `limit`. */
  below(limit: number): number;
}

/** Equal seeds give equal numbers; only the low 32 bits of the seed count. */
export function seededRandomDoor(seed: number): SeededRandomDoor {
  let state = seed >>> 0;
  const below = (limit: number) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
  return { seed, below, bytes: (count) => Uint8Array.from({ length: count }, () => below(256)) };
}

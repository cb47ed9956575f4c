/**
 * Random numbers that a seed repeats, and the seed of a test run.
 *
 * The generator is mulberry32: 32 bits of state, one multiplication or two per number. Good enough to
 * draw test data, and the same on every machine. Nothing here is fit for secrets.
 */
import { afterAll, onTestFailed, TestRunner } from "vitest";

export interface SeededRandom {
  readonly seed: number;
  /** A number from 0 up to, not including, 1. */
  fraction(): number;
  /** An integer from 0 up to, not including, `limit`. */
  below(limit: number): number;
  bytes(size: number): Uint8Array;
  pick<T>(choices: readonly T[]): T;
}

export function seededRandom(seed: number): SeededRandom {
  let state = seed >>> 0;
  const fraction = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number) => Math.floor(fraction() * limit);
  return {
    seed,
    fraction,
    below,
    bytes: (size) => Uint8Array.from({ length: size }, () => below(256)),
    pick: (choices) => choices[below(choices.length)],
  };
}

/**
 * The seed of this run: the environment's HOLDFAST_SEED, or a fresh one, an integer below 2^32.
 *
 * Called in a test or in a suite, it prints the seed when something there fails.
 */
export function testSeed(): number {
  const given = process.env.HOLDFAST_SEED;
  const seed = given === undefined ? Math.floor(Math.random() * 2 ** 32) : Number(given) >>> 0;
  const print = () => console.error(`to repeat this run: HOLDFAST_SEED=${seed}`);
  if (TestRunner.getCurrentTest() === undefined) {
    // biome-ignore lint/correctness/noEmptyPattern: vitest reads the pattern to know which fixtures are wanted.
    afterAll(({}, suite) => {
      if (suite?.result?.state === "fail" || suite?.tasks.some((task) => task.result?.state === "fail"))
        print();
    });
  } else {
    onTestFailed(print);
  }
  return seed;
}

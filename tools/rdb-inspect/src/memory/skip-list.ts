/**
 * Nodes of a sorted set's skip list: their height is random when the set is loaded.
 *
 * A node has one level more with a probability of 1/4 each; a level takes 16 bytes. So the size of a
 * node is an expectation over the heights, computed here with the allocator's rounding of each.
 *
 * Source: zslRandomLevel in t_zset.c of all versions.
 */
import type { Allocator } from "./size-classes.ts";

export const levelBytes = 16;
export const levelsMax = 32;
const chanceOfAnotherLevel = 0.25;
/** Higher nodes are rarer than one in sixteen million. */
const levelsCounted = 12;

/** Expected bytes of a node that takes `fixedBytes` besides its levels. */
export function expectedNodeBytes(allocator: Allocator, fixedBytes: number): number {
  let expected = 0;
  let chance = 1;
  for (let levels = 1; levels <= levelsCounted; levels += 1) {
    const isLast = levels === levelsCounted;
    const chanceOfThis = isLast ? chance : chance * (1 - chanceOfAnotherLevel);
    expected += chanceOfThis * allocator.sizeOf(fixedBytes + levels * levelBytes);
    chance *= chanceOfAnotherLevel;
  }
  return expected;
}

/**
 * The shape of a radix tree of stream ids, guessed from how many there are and how far they reach.
 *
 * A key is sixteen bytes, ms then sequence, both big-endian. The tree branches where keys differ, one
 * byte per level; bytes between two branches are one node (a run); each key ends in a leaf. A file
 * says how many ids there are and the first and last, so the ids are taken as spread at random
 * between those:
 *
 *   mostly different ms     …ms bytes branch…  then a run of eight sequence bytes (equal in most)
 *   many ids per ms         a run down to the low sequence bytes, which branch into leaves
 *
 * Source: rax.c of Redis and Valkey (the same in both).
 */

import type { RadixShape } from "./model.ts";
import type { Allocator } from "./size-classes.ts";

/** How a stream's ids are spread. */
export interface IdSpread {
  /** Entries per ms, above 1 only if several share each ms. */
  readonly entriesPerMs: number;
}

const idHalfBytes = 8;
const fanOut = 256;

interface Level {
  readonly branches: { nodes: number; children: number }[];
  runs: number;
  runBytes: number;
}

/**
 * The tree of `keys` ids out of a stream with this spread; `step` is how many entries lie between two
 * ids (1 for pending entries, the entries of a listpack for the stream's own tree).
 */
export function radixShapeOfIds(keys: number, step: number, spread: IdSpread): RadixShape {
  const level: Level = { branches: [], runs: 0, runBytes: 0 };
  if (keys <= 0) return { keys: 0, leaves: 1, runs: 0, meanRunBytes: 0, branches: [] };
  const perMs = Math.max(1, spread.entriesPerMs / step);
  const msCount = Math.max(1, Math.round(keys / perMs));
  const msRange = Math.max(1, (keys * step) / spread.entriesPerMs);
  if (keys === msCount) {
    addLevels(level, { count: msCount, range: msRange, trees: 1, tailBytes: idHalfBytes });
  } else {
    addLevels(level, { count: keys / msCount, range: (keys / msCount) * step, trees: msCount, tailBytes: 0 });
    if (msCount > 1) addLevels(level, { count: msCount, range: msRange, trees: 1, tailBytes: 0 });
  }
  const meanRunBytes = level.runs === 0 ? 0 : level.runBytes / level.runs;
  return { keys, leaves: keys, runs: level.runs, meanRunBytes, branches: level.branches };
}

/**
 * Adds the nodes of `trees` equal trees over the eight bytes of an integer: `count` integers at random
 * places of a `range`, each followed by `tailBytes` bytes that do not branch.
 */
function addLevels(
  level: Level,
  part: { count: number; range: number; trees: number; tailBytes: number },
): void {
  let children = part.count;
  let places = part.range;
  // Of what hangs below a level: how many start with bytes of their own, and how many bytes.
  let runsBelow = part.tailBytes > 0 ? part.count : 0;
  let runBytesBelow = part.tailBytes;
  for (let byte = 0; byte < idHalfBytes; byte += 1) {
    const blocks = Math.max(1, places / fanOut);
    const perBlock = Math.min(fanOut, places);
    const chance = Math.min(1, children / places);
    const empty = (1 - chance) ** perBlock;
    const single = Math.min(1, perBlock * chance * (1 - chance) ** (perBlock - 1));
    const isOneBlock = blocks === 1;
    const branching = isOneBlock ? (children > 1.5 ? 1 : 0) : blocks * Math.max(0, 1 - empty - single);
    const passing = isOneBlock ? 1 - branching : blocks * single;
    if (branching > 0) {
      const inBranches = Math.max(2, (children - passing) / branching);
      level.branches.push({ nodes: branching * part.trees, children: Math.min(fanOut, inBranches) });
    }
    // Children of branches keep their runs; a single child's run grows by this byte instead of starting anew.
    const keptRuns = runsBelow * Math.max(0, 1 - passing / Math.max(children, 1));
    level.runs += keptRuns * part.trees;
    level.runBytes += keptRuns * runBytesBelow * part.trees;
    runsBelow = passing;
    runBytesBelow =
      1 + (passing > 0 && part.tailBytes > 0 && byte === 0 ? part.tailBytes : byte > 0 ? runBytesBelow : 0);
    children = branching + passing;
    places = blocks;
  }
  level.runs += runsBelow * part.trees;
  level.runBytes += runsBelow * runBytesBelow * part.trees;
}

const nodeHeaderBytes = 4;
const pointerBytes = 8;

/** Bytes of all nodes of a tree, each rounded by the allocator. */
export function radixNodesBytes(shape: RadixShape, allocator: Allocator): number {
  let bytes = shape.leaves * allocator.sizeOf(nodeBytes(0, 0) + (shape.keys > 0 ? pointerBytes : 0));
  bytes += shape.runs * allocator.sizeOf(nodeBytes(Math.round(shape.meanRunBytes), 1));
  for (const { nodes, children } of shape.branches) {
    const whole = Math.round(children);
    bytes += nodes * allocator.sizeOf(nodeBytes(whole, whole));
  }
  return bytes;
}

/** Header and characters up to a whole number of pointers, then the pointers. */
function nodeBytes(characters: number, children: number): number {
  return Math.ceil((nodeHeaderBytes + characters) / pointerBytes) * pointerBytes + children * pointerBytes;
}

/** Nodes in all: leaves, runs and branches. */
export function radixNodeCount(shape: RadixShape): number {
  return shape.branches.reduce((sum, branch) => sum + branch.nodes, shape.leaves + shape.runs);
}

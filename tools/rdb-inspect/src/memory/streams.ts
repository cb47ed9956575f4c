/**
 * Streams: the listpacks with entries are in the file; the radix trees around them are guessed.
 *
 *   trace   n (id bytes, listpack bytes)…  length  last ms seq  [first ms seq  deleted ms seq  added]
 *           n groups: name, last ms seq, [entries read], n pending (time, count)…,
 *                     n consumers: name, seen, [active], n owned
 *                     [n nacked]
 *           [idempotency: duration, limit, n producers: id, n (iid, ms, seq)…]
 *
 * Ids leave no trace but their count, so the shape of the trees follows from the count and the times of
 * the first and the last entry: see radix-shape.ts. Redis up to 8.0 multiplies the number of tree nodes
 * by 244, so a guess that is wrong in the nodes is wrong in the whole estimate there.
 */
import type { TypeRow } from "@holdfast/rdb";
import type { MemoryModel, RadixShape, StreamSizes } from "./model.ts";
import { type IdSpread, radixShapeOfIds } from "./radix-shape.ts";
import type { Steps, Tally } from "./stepwise.ts";

const unknownSpread: IdSpread = { entriesPerMs: 0.1 };
/** From here on the last sequence number is taken for a count of entries in one ms. */
const denseSequenceMin = 8;
const emptyTree: RadixShape = radixShapeOfIds(0, 1, unknownSpread);

/** Which optional parts a stream type has, by its number. */
interface Parts {
  readonly hasCounters: boolean;
  readonly hasActiveTime: boolean;
  readonly hasIdempotency: boolean;
  readonly hasNacked: boolean;
}

function partsOf(row: TypeRow): Parts {
  return {
    hasCounters: row.number >= 19,
    hasActiveTime: row.number >= 21,
    hasIdempotency: row.number >= 26,
    hasNacked: row.number >= 27,
  };
}

/** Reads one stream's trace; for StepwiseSizer. */
export function* streamSteps(model: MemoryModel, row: TypeRow, tally: Tally): Steps {
  const sizes = model.stream;
  const parts = partsOf(row);
  const nodes = yield 0;
  tally.bytes = sizes.stream;
  for (let node = 0; node < nodes; node += 1) tally.bytes += sizes.entries(yield 1);

  const length = yield 0;
  const lastMs = yield 0;
  const lastSequence = yield 0;
  // Files before RDB 10 do not say when the first entry was made; only the last sequence number tells something.
  let spread = lastSequence >= denseSequenceMin ? { entriesPerMs: lastSequence + 1 } : unknownSpread;
  if (parts.hasCounters) {
    const firstMs = yield 0;
    yield 3;
    spread = spreadOf(length, firstMs, lastMs);
  }
  tally.bytes += sizes.radixTree(radixShapeOfIds(nodes, Math.max(1, length / Math.max(1, nodes)), spread));

  const groups = yield 0;
  let pendingMax = 0;
  if (groups > 0) tally.bytes += nameTreeBytes(sizes, groups);
  for (let group = 0; group < groups; group += 1) {
    const pending = yield* groupSteps(sizes, parts, spread, tally);
    pendingMax = Math.max(pendingMax, pending);
  }
  if (sizes.hasPendingIndex && pendingMax > 0) {
    tally.bytes += sizes.radixTree(radixShapeOfIds(pendingMax, 1, spread));
  }
  if (parts.hasIdempotency) yield* idempotencySteps(model, tally);
  return tally.bytes;
}

function spreadOf(length: number, firstMs: number, lastMs: number): IdSpread {
  const spanMs = Math.max(1, lastMs - firstMs + 1);
  return { entriesPerMs: Math.max(length, 1) / spanMs };
}

/** One group; returns how many entries are pending in it. */
function* groupSteps(
  sizes: StreamSizes,
  parts: Parts,
  spread: IdSpread,
  tally: Tally,
): Generator<number, number, number> {
  // Name, id of the last delivered entry, entries read.
  const pending = yield parts.hasCounters ? 4 : 3;
  tally.bytes += sizes.group + sizes.radixTree(idTree(pending, spread)) + pending * sizes.pendingEntry;
  const consumers = yield pending * 2;
  tally.bytes += nameTreeBytes(sizes, consumers);
  for (let consumer = 0; consumer < consumers; consumer += 1) {
    const nameBytes = yield 0;
    const owned = yield parts.hasActiveTime ? 2 : 1;
    tally.bytes += sizes.consumer + sizes.consumerName(nameBytes);
    tally.bytes += sizes.radixTree(idTree(owned, spread));
  }
  if (parts.hasNacked) yield 0;
  return pending;
}

function idTree(keys: number, spread: IdSpread): RadixShape {
  return keys === 0 ? emptyTree : radixShapeOfIds(keys, 1, spread);
}

/** The tree that finds groups or consumers by name, where the server counts it: a leaf and a run for each. */
function nameTreeBytes(sizes: StreamSizes, names: number): number {
  if (!sizes.countsNameTrees) return 0;
  if (names === 0) return sizes.radixTree(emptyTree);
  const branches = names > 1 ? [{ nodes: Math.max(1, names / 16), children: Math.min(names, 16) }] : [];
  return sizes.radixTree({ keys: names, leaves: names, runs: names, meanRunBytes: 8, branches });
}

const producerBytes = 32;
const idempotencyEntryBytes = 40;

/** Redis 8.6 and later: what XADD remembers per producer; the tables that find it are not counted. */
function* idempotencySteps(model: MemoryModel, tally: Tally): Generator<number, void, number> {
  const producers = yield 2;
  for (let producer = 0; producer < producers; producer += 1) {
    const entries = yield 1;
    tally.bytes += producerBytes;
    for (let entry = 0; entry < entries; entry += 1) {
      tally.bytes += model.allocator.sizeOf(idempotencyEntryBytes + (yield 0));
      yield 1;
    }
  }
}

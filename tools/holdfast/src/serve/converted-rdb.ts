/**
 * An RDB as another server would have written it, made anew for each replica while it is sent: nothing is stored, and memory is bounded.
 *
 *   once, before anybody is served     stored → events → counted            what would be lost, and how many parts large values have
 *   for each replica                   stored → events → encoder → chunks
 */
import { formatKey } from "@holdfast/command-line";
import {
  type CopyLane,
  encodeLevel,
  makeCopyLane,
  type RdbCounts,
  RdbDecoder,
  RdbEncoder,
  type RdbLoss,
  type RdbTarget,
} from "@holdfast/rdb";
import type { StoredRdb } from "@holdfast/resync";

/** What the target cannot hold. */
export interface ConversionLosses {
  readonly count: number;
  /** The first ones, for people. */
  readonly first: readonly string[];
  /** How often each kind is lost, most frequent first. */
  readonly kinds: readonly { readonly kind: string; readonly count: number }[];
}

export interface Conversion {
  readonly rdb: StoredRdb;
  readonly losses: ConversionLosses;
}

const LISTED_MAX = 5;
/** Chunks of output are at least so large, except for the last. */
const CHUNK_BYTES = 1 << 16;

/** Walks all of it once. Throws RdbEncodeError, and what reading throws. */
export async function convertRdb(
  source: StoredRdb,
  target: RdbTarget,
  signal: AbortSignal,
): Promise<Conversion> {
  const losses = new LossCount();
  const counting = new RdbEncoder(
    { target, compressStrings: false, onLoss: (loss) => losses.add(loss) },
    "count",
  );
  for await (const _ of encodedBy(counting, source, target)) signal.throwIfAborted();
  const { counts } = counting;
  const rdb = {
    dialect: target.dialect,
    version: target.rdbVersion,
    // Replicas take it with a mark; counting its bytes would cost another walk.
    sizeBytes: undefined,
    chunks: () => converted(source, target, counts),
  };
  return { rdb, losses: losses.facts };
}

async function* converted(
  source: StoredRdb,
  target: RdbTarget,
  counts: RdbCounts,
): AsyncGenerator<Uint8Array, void, void> {
  const encoder = new RdbEncoder({ target, counts, onLoss: () => {} });
  for await (const _ of encodedBy(encoder, source, target)) {
    const chunk = encoder.pendingBytes < CHUNK_BYTES ? undefined : encoder.take();
    if (chunk !== undefined) yield chunk;
  }
  const rest = encoder.take();
  if (rest !== undefined) yield rest;
}

/** Yields behind each chunk of the source. */
async function* encodedBy(
  encoder: RdbEncoder,
  source: StoredRdb,
  target: RdbTarget,
): AsyncGenerator<void, void, void> {
  const lane = makeCopyLane();
  const decoder = new RdbDecoder({
    level: "items",
    select: ({ row }) => encodeLevel(target, row),
    lane,
  });
  for await (const chunk of source.chunks()) {
    decoder.push(chunk);
    encodeAll(decoder, encoder, target, lane);
    yield;
  }
  decoder.end();
  encodeAll(decoder, encoder, target, lane);
}

function encodeAll(
  decoder: RdbDecoder,
  encoder: RdbEncoder,
  target: RdbTarget,
  lane: CopyLane | undefined,
): void {
  for (let event = decoder.next(); event !== undefined; event = decoder.next()) {
    if (event.kind === "header") lane?.copyFor(target);
    encoder.write(event);
  }
}

class LossCount {
  readonly #first: string[] = [];
  readonly #kinds = new Map<string, number>();
  #count = 0;

  add({ kind, key, db, isWholeKey }: RdbLoss): void {
    this.#count++;
    this.#kinds.set(kind, (this.#kinds.get(kind) ?? 0) + 1);
    if (this.#first.length >= LISTED_MAX) return;
    const what = isWholeKey ? `all of it (${kind})` : kind;
    this.#first.push(key === undefined || db === undefined ? kind : `key ${formatKey(key, db)}: ${what}`);
  }

  get facts(): ConversionLosses {
    const kinds = [...this.#kinds].map(([kind, count]) => ({ kind, count }));
    return {
      count: this.#count,
      first: this.#first,
      kinds: kinds.sort((one, other) => other.count - one.count),
    };
  }
}

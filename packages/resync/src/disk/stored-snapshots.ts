/**
 * Snapshots for replicas out of one RDB that does not change: as it is stored, or the part of it that a replica asks for.
 *
 *   everything              the stored bytes, read anew for each replica; nothing is held
 *   rdb-filter-only         made of the stored one on its way: functions without keys, or neither (redis-cli --functions-rdb, --replica)
 *   no RDB at all           an empty one, of a version that every server reads that knows PSYNC: all of the data is in the stream then
 *
 * A replica of Valkey tells its version, and is refused an RDB that it could not load: it would only ask again and again.
 */
import {
  decodeRdb,
  encodeRdb,
  type RdbDialect,
  type RdbEncoderOptions,
  type RdbEvent,
  rdbTarget,
} from "@holdfast/rdb";
import type { ServedSnapshot, SnapshotSource } from "../drive-primary.ts";
import { ResyncError } from "../errors.ts";
import type { WantedSnapshot } from "../primary-actions.ts";

/** An RDB that can be read again and again. */
export interface StoredRdb {
  readonly dialect: RdbDialect;
  readonly version: number;
  /** Undefined when it is not known: replicas that do not accept a mark cannot have it then. */
  readonly sizeBytes: number | undefined;
  /** All of it, in chunks that are the caller's and not empty. */
  chunks(): AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/** Of Redis 2.6 and 2.8, the first with PSYNC. */
const EMPTY_VERSION = 6;
/** What both families read; Valkey takes 12 to 79 for files of another. */
const LAST_COMMON_VERSION = 11;
const FIRST_VALKEY_VERSION = 80;

/** An RDB without keys. */
export async function emptyRdb(): Promise<StoredRdb> {
  const bytes = await collected(encoded(noEvents(), EMPTY_VERSION));
  return { dialect: "redis", version: EMPTY_VERSION, sizeBytes: bytes.length, chunks: () => [bytes] };
}

export class StoredSnapshots implements SnapshotSource {
  readonly #rdb: StoredRdb;
  readonly #offset: number;

  /** `offset` is that of the stream at the snapshot's moment. */
  constructor(rdb: StoredRdb, offset: number) {
    this.#rdb = rdb;
    this.#offset = offset;
  }

  /** Rejects with RESYNC_SNAPSHOT_FAILED when the replica cannot load the RDB. */
  async open({ withKeys, withFunctions, replicaVersion }: WantedSnapshot): Promise<ServedSnapshot> {
    const offset = this.#offset;
    if (!withKeys) {
      const parts = withFunctions ? functionsOf(this.#rdb) : noEvents();
      return { offset, sizeBytes: undefined, chunks: encoded(parts, this.#rdb.version) };
    }
    refuseUnreadable(this.#rdb, replicaVersion);
    return { offset, sizeBytes: this.#rdb.sizeBytes, chunks: this.#rdb.chunks() };
  }
}

/** Only Valkey says how new it is: 8 reads up to RDB 11; 9 that, and its own numbering from 80 on. */
function refuseUnreadable({ version }: StoredRdb, replicaVersion: string | undefined): void {
  if (replicaVersion === undefined || version <= LAST_COMMON_VERSION) return;
  const readsOwn = Number.parseInt(replicaVersion, 10) >= 9;
  if (readsOwn && version >= FIRST_VALKEY_VERSION) return;
  const detail = `Valkey ${replicaVersion} does not read RDB version ${version}`;
  throw new ResyncError("RESYNC_SNAPSHOT_FAILED", detail);
}

async function* noEvents(): AsyncGenerator<readonly RdbEvent[], void, void> {
  yield [{ kind: "end", checksum: "ok", stored: undefined, endOffset: 0 }];
}

/** Keys are stepped over. */
async function* functionsOf(rdb: StoredRdb): AsyncGenerator<readonly RdbEvent[], void, void> {
  const batches = decodeRdb(asyncOf(rdb.chunks()), { level: "skip", select: () => "omit" });
  for await (const events of batches)
    yield events.filter(({ kind }) => kind === "function" || kind === "end");
}

function encoded(events: AsyncIterable<readonly RdbEvent[]>, version: number): AsyncIterable<Uint8Array> {
  const target = rdbTarget(version);
  if (target === undefined)
    throw new ResyncError("RESYNC_SNAPSHOT_FAILED", `RDB version ${version} is not known`);
  const onLoss: RdbEncoderOptions["onLoss"] = ({ kind }) => {
    throw new ResyncError("RESYNC_SNAPSHOT_FAILED", `RDB version ${version} cannot hold a ${kind}`);
  };
  return encodeRdb(events, { target, onLoss });
}

async function* asyncOf<T>(items: AsyncIterable<T> | Iterable<T>): AsyncGenerator<T, void, void> {
  yield* items;
}

async function collected(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts);
}

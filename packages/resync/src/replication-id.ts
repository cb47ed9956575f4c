/**
 * Replication ids and what they say: a replid names one history of writes, 40 hex digits drawn at random.
 *
 *   replid    aaaa            bbbb            cccc
 *   offset    0 ─────────── 120 ─────────── 400 ───────────▶
 *                            └ bbbb took over └ cccc took over
 *
 *   { replid: cccc, previous: [{ bbbb, validThrough: 400 }, { aaaa, validThrough: 120 }] }
 *
 * A server that takes over goes on with the offsets of its primary under a new id, and remembers the old one: what was written
 * before that offset is the same in both. Redis and Valkey remember one previous id (`master_replid2`); here a few more are kept,
 * because several failovers or restarts can lie between two visits of a replica.
 *
 * Source: replication.c of Redis 7.0, shiftReplicationId(). Comparison ignores case, as it does there.
 */
import { strict as assert } from "node:assert";

/** 40 lower-case hex digits. */
export type ReplicationId = string & { readonly brand: "ReplicationId" };

/** An id of the past. */
export interface PreviousReplid {
  readonly replid: ReplicationId;
  /** Offset up to which its history and ours are one: what comes behind it may differ. */
  readonly validThrough: number;
}

/** Who we are in the stream, and who we were. */
export interface ReplicationHistory {
  readonly replid: ReplicationId;
  /** Newest first; `validThrough` never grows along the list. At most PREVIOUS_REPLIDS_MAX. */
  readonly previous: readonly PreviousReplid[];
}

/** Older ids are forgotten: whoever comes with one of them needs a full resync. */
export const PREVIOUS_REPLIDS_MAX = 16;

const REPLID_BYTES = 20;

/** The id that a text spells, in any case; undefined when it spells none. */
export function parseReplicationId(text: string): ReplicationId | undefined {
  return /^[0-9a-f]{40}$/i.test(text) ? (text.toLowerCase() as ReplicationId) : undefined;
}

/** A new id from 20 random bytes. */
export function replicationIdOf(randomBytes: Uint8Array): ReplicationId {
  assert(randomBytes.length === REPLID_BYTES, "a replid is made of 20 bytes");
  return Buffer.from(randomBytes).toString("hex") as ReplicationId;
}

/** A history that begins. */
export function newHistory(replid: ReplicationId): ReplicationHistory {
  return { replid, previous: [] };
}

/**
 * The history of who goes on under another id from `offset` on: a replica that was promoted, a primary that was started
 * again, a replica that was told a new id with +CONTINUE. The same id changes nothing.
 *
 * An id that held beyond `offset` holds to there only: what we had behind it is not part of the new history.
 */
export function shiftHistory(
  history: ReplicationHistory,
  replid: ReplicationId,
  offset: number,
): ReplicationHistory {
  if (replid === history.replid) return history;
  const past = [{ replid: history.replid, validThrough: offset }, ...history.previous]
    .filter((each) => each.replid !== replid)
    .map((each) => ({ ...each, validThrough: Math.min(each.validThrough, offset) }));
  return { replid, previous: past.slice(0, PREVIOUS_REPLIDS_MAX) };
}

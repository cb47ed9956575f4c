/**
 * The rule of the partial resync, as one pure function: may a replica that asks with PSYNC go on, or does it need everything?
 *
 *   current id     backlog.firstOffset ≤ offset ≤ backlog.endOffset       the end itself is fine: nothing to send
 *   previous id    the same, and offset ≤ validThrough                    behind that the histories may differ
 *   any other      full resync
 *
 * Source: masterTryPartialResynchronization() in replication.c of Redis 7.0 and Valkey 9.1, which know one previous id.
 */
import type { ReplicationHistory } from "./replication-id.ts";

export interface PsyncRequest {
  /** As the replica wrote it; "?" when it has nothing. */
  readonly replid: string;
  /** How many bytes of the stream it has; -1 when it has nothing. */
  readonly offset: number;
}

export type FullResyncReason =
  /** `PSYNC ? -1`. */
  | "asked"
  /** Neither our id nor one that we remember. */
  | "unknown-replid"
  /** A previous id, but the replica has bytes of that history which are not in ours. */
  | "past-shared-history"
  /** No backlog, or what the replica needs is not in it any more, or it has more than there is. */
  | "outside-backlog";

export type PsyncVerdict =
  | { readonly kind: "continue"; readonly fromOffset: number }
  | { readonly kind: "full-resync"; readonly why: FullResyncReason };

/** What the request deserves. `backlog` is what can be sent: undefined when there is none. */
export function judgePsync(
  request: PsyncRequest,
  history: ReplicationHistory,
  backlog: { readonly firstOffset: number; readonly endOffset: number } | undefined,
): PsyncVerdict {
  const { offset } = request;
  const replid = request.replid.toLowerCase();
  if (replid === "?" || offset < 0) return full("asked");
  if (replid !== history.replid) {
    const previous = history.previous.find((each) => each.replid === replid);
    if (previous === undefined) return full("unknown-replid");
    if (offset > previous.validThrough) return full("past-shared-history");
  }
  if (backlog === undefined || offset < backlog.firstOffset || offset > backlog.endOffset)
    return full("outside-backlog");
  return { kind: "continue", fromOffset: offset };
}

function full(why: FullResyncReason): PsyncVerdict {
  return { kind: "full-resync", why };
}

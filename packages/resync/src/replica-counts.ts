/**
 * How many replicas have something: what WAIT and WAITAOF promise.
 *
 * Counted are replicas that are online and have said so themselves. A write that nobody made yet (offset 0) is had by every one of
 * them. Source: replicationCountAcksByOffset() in replication.c of Redis 7.0.
 */

export interface CountedReplica {
  readonly phase: string;
  readonly acknowledgedOffset: number | undefined;
  readonly fsyncedOffset: number | undefined;
}

/** Those that have everything before `offset`, in memory or, with "fsynced", on their disks. */
export function countReplicas(
  replicas: Iterable<CountedReplica>,
  offset: number,
  what: "acknowledged" | "fsynced" = "acknowledged",
): number {
  let count = 0;
  for (const replica of replicas) {
    const has = what === "acknowledged" ? replica.acknowledgedOffset : replica.fsyncedOffset;
    if (replica.phase === "online" && (has ?? (offset === 0 ? 0 : -1)) >= offset) count++;
  }
  return count;
}

/**
 * Whose XCLAIM it is: what becomes of a pending entry that is no longer in the stream, and whether a claim that gets nothing makes the
 * consumer.
 *
 *              entry not in the stream            consumer
 *   redis-6    changes its owner when pending     made when it gets an entry
 *   redis-7.0  is no longer pending               made when it gets an entry
 *   redis-7.2  is no longer pending               made always; of Valkey too
 *
 * By default it is the newest: a consumer too many loses nothing. Source: xclaimCommand in t_stream.c of Redis 6.0 and 7.0, and the six
 * servers asked.
 */
export type ClaimRules = "redis-6" | "redis-7.0" | "redis-7.2";

/**
 * XCLAIM in the form of a log, which is how servers write down every delivery, and the commands it stands for: XREADGROUP and XAUTOCLAIM,
 * which no server logs and which are understood all the same.
 *
 *   XCLAIM key group consumer 0 id TIME ms RETRYCOUNT n FORCE JUSTID LASTID id
 *
 * Servers differ in two things, which are in claim-rules.ts.
 */
import type { CommandArguments } from "../../arguments.ts";
import { appliedIf, type Outcome, refusal } from "../../outcome.ts";
import { type Consumer, type ConsumerGroup, nobody } from "../../streams/consumer-group.ts";
import { type EntryId, nextId, parseEntryId } from "../../streams/entry-id.ts";
import { StreamValue } from "../../values/stream.ts";
import type { CommandContext } from "../command.ts";
import { groupAt, idAt, idsAt } from "./words.ts";

interface Claim {
  readonly ids: readonly EntryId[];
  readonly minIdleMs: number;
  /** Undefined for now. */
  readonly deliveredAtMs: number | undefined;
  readonly deliveryCount: number | undefined;
  readonly force: boolean;
  readonly justId: boolean;
  readonly lastId: EntryId | undefined;
}

export function claim(context: CommandContext, args: CommandArguments): Outcome {
  const wanted = parseClaim(context, args);
  const { stream, group } = groupAt(context, args, 1);
  let hasChanged = false;
  if (wanted.lastId !== undefined && wanted.lastId > group.lastDeliveredId) {
    group.lastDeliveredId = wanted.lastId;
    hasChanged = true;
  }
  const claimant = { group, name: args.text(3), nowMs: context.nowMs };
  if (context.claimRules === "redis-7.2" && group.consumer(claimant.name) === undefined) {
    group.addConsumer(claimant.name, wanted.deliveredAtMs ?? context.nowMs());
    hasChanged = true;
  }
  for (const id of wanted.ids) {
    const changesOwner =
      stream.has(id) || (context.claimRules === "redis-6" && group.pending(id) !== undefined);
    const isChanged = changesOwner ? claimOne(claimant, id, wanted) : group.removePending(id);
    hasChanged = isChanged || hasChanged;
  }
  return appliedIf(hasChanged);
}

/** For whom and when. */
interface Claimant {
  readonly group: ConsumerGroup;
  readonly name: string;
  nowMs(): number;
}

function claimOne(claimant: Claimant, id: EntryId, wanted: Omit<Claim, "ids" | "lastId">): boolean {
  const { group } = claimant;
  const found = group.pending(id);
  if (found === undefined && !wanted.force) return false;
  if (found !== undefined && found.consumer !== nobody && wanted.minIdleMs > 0) {
    if (claimant.nowMs() - found.deliveredAtMs < wanted.minIdleMs) return false;
  }
  const deliveredAtMs = wanted.deliveredAtMs ?? claimant.nowMs();
  const consumer = seenConsumer(group, claimant.name, deliveredAtMs);
  consumer.activeAtMs = deliveredAtMs;
  const before = found?.deliveryCount ?? 1;
  const deliveryCount = wanted.deliveryCount ?? (wanted.justId ? before : before + 1);
  // Taken out first: the entry may have been handed back, and is no longer.
  if (found?.consumer === nobody) group.removePending(id);
  group.setPending(id, { deliveredAtMs, deliveryCount, consumer: consumer.number });
  return true;
}

/** The consumer, made when it is new. A log tells its time by what it delivers. */
function seenConsumer(group: ConsumerGroup, name: string, seenAtMs: number): Consumer {
  const found = group.consumer(name);
  if (found === undefined) return group.addConsumer(name, seenAtMs);
  found.seenAtMs = Math.max(found.seenAtMs, seenAtMs);
  return found;
}

function parseClaim(context: CommandContext, args: CommandArguments): Claim {
  const minIdleMs = Math.max(0, args.integer(4));
  let end = 5;
  while (end < args.count && parseEntryId(args.view(end)) !== undefined) end++;
  const ids = idsAt(args, 5, end);
  let deliveredAtMs: number | undefined;
  let deliveryCount: number | undefined;
  let lastId: EntryId | undefined;
  let force = false;
  let justId = false;
  for (let at = end; at < args.count; at++) {
    const hasMore = at + 1 < args.count;
    if (args.is(at, "FORCE")) force = true;
    else if (args.is(at, "JUSTID")) justId = true;
    else if (hasMore && args.is(at, "IDLE")) deliveredAtMs = context.nowMs() - args.integer(++at);
    else if (hasMore && args.is(at, "TIME")) deliveredAtMs = args.integer(++at);
    else if (hasMore && args.is(at, "RETRYCOUNT")) deliveryCount = args.integer(++at);
    else if (hasMore && args.is(at, "LASTID")) lastId = idAt(args, ++at);
    else throw refusal.syntax;
  }
  return { ids, minIdleMs, deliveredAtMs, deliveryCount, force, justId, lastId };
}

/** XAUTOCLAIM key group consumer min-idle start [COUNT n] [JUSTID] */
export function claimIdle(context: CommandContext, args: CommandArguments): Outcome {
  const minIdleMs = Math.max(0, args.integer(4));
  const start = args.text(5).startsWith("(") ? idBehind(args, 5) : idAt(args, 5);
  let left = 100;
  let justId = false;
  for (let at = 6; at < args.count; at++) {
    if (args.is(at, "JUSTID")) justId = true;
    else if (args.is(at, "COUNT") && at + 1 < args.count) left = args.integer(++at);
    else throw refusal.syntax;
  }
  if (left < 1) throw refusal.outOfRange;
  const { stream, group } = groupAt(context, args, 1);
  const claimant = { group, name: args.text(3), nowMs: context.nowMs };
  if (context.claimRules === "redis-7.2") seenConsumer(group, claimant.name, context.nowMs());
  const wanted = { minIdleMs, deliveredAtMs: undefined, deliveryCount: undefined, force: false, justId };
  // A server looks at ten pending entries for each that it may claim.
  let looks = 10 * left;
  for (const { id } of [...group.pendingEntries()]) {
    if (id < start) continue;
    if (left === 0 || looks-- === 0) break;
    const isThere = stream.has(id);
    if (isThere ? claimOne(claimant, id, wanted) : group.removePending(id)) left -= 1;
  }
  return appliedIf(true);
}

function idBehind(args: CommandArguments, index: number): EntryId {
  const id = parseEntryId(args.view(index).subarray(1));
  const next = id === undefined ? undefined : nextId(id);
  if (next === undefined) throw refusal.syntax;
  return next;
}

/** XREADGROUP GROUP group consumer [COUNT n] [BLOCK ms] [NOACK] [CLAIM ms] STREAMS key … id … */
export function readGroup(context: CommandContext, args: CommandArguments): Outcome {
  const { first, count, isUnacknowledged } = parseRead(args);
  const streams = (args.count - first) / 2;
  let hasChanged = false;
  for (let index = 0; index < streams; index++) {
    const stream = context.db.edit(args.text(first + index), StreamValue);
    const group = stream?.group(args.text(2));
    if (stream === undefined || group === undefined) throw refusal.noSuchKey;
    const consumer = seenConsumer(group, args.text(3), context.nowMs());
    if (!args.is(first + streams + index, ">")) continue;
    const delivered = deliver(stream, group, count);
    for (const id of isUnacknowledged ? [] : delivered)
      group.setPending(id, { deliveredAtMs: context.nowMs(), deliveryCount: 1, consumer: consumer.number });
    if (delivered.length > 0) consumer.activeAtMs = context.nowMs();
    hasChanged = hasChanged || delivered.length > 0;
  }
  return appliedIf(hasChanged);
}

function parseRead(args: CommandArguments): {
  readonly first: number;
  readonly count: number;
  readonly isUnacknowledged: boolean;
} {
  let count = Number.POSITIVE_INFINITY;
  let isUnacknowledged = false;
  for (let at = 4; at < args.count; at++) {
    if (args.is(at, "STREAMS")) {
      const words = args.count - at - 1;
      if (words === 0 || words % 2 !== 0) throw refusal.syntax;
      return { first: at + 1, count, isUnacknowledged };
    }
    if (args.is(at, "NOACK")) isUnacknowledged = true;
    else if (args.is(at, "COUNT")) count = args.integer(++at) || Number.POSITIVE_INFINITY;
    else if (args.is(at, "BLOCK") || args.is(at, "CLAIM")) at += 1;
    else throw refusal.syntax;
  }
  throw refusal.syntax;
}

/** Moves the group past its next entries and answers their ids. */
function deliver(stream: StreamValue, group: ConsumerGroup, count: number): EntryId[] {
  const from = nextId(group.lastDeliveredId);
  const ids: EntryId[] = [];
  if (from === undefined) return ids;
  for (const { id } of stream.rows(from)) {
    if (ids.length >= count) break;
    ids.push(id);
  }
  const last = ids.at(-1);
  if (last === undefined) return ids;
  group.lastDeliveredId = last;
  if (group.entriesRead !== undefined) group.entriesRead += BigInt(ids.length);
  return ids;
}

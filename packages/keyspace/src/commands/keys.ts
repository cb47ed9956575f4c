/**
 * Commands on keys whatever their type: DEL, EXPIRE in all forms, PERSIST, RENAME, COPY, MOVE, and the removal of cluster slots.
 *
 * RESTORE is in restore.ts. Sources: db.c and expire.c of Redis 7.0 to 8.6.
 */
import { slotOfKey } from "@holdfast/bytes";
import type { CommandArguments } from "../arguments.ts";
import type { Database } from "../database.ts";
import { bytesOf } from "../latin1.ts";
import { applied, appliedIf, type Outcome, Refusal, refusal, unchanged } from "../outcome.ts";
import { type CommandContext, rowsOf } from "./command.ts";
import { dbNumber } from "./databases.ts";
import { absoluteMs, type TimeUnit } from "./expiry.ts";

function del({ db }: CommandContext, args: CommandArguments): Outcome {
  let hasChanged = false;
  for (let index = 1; index < args.count; index++) if (db.delete(args.slice(index))) hasChanged = true;
  return appliedIf(hasChanged);
}

function expire(unit: TimeUnit) {
  return (context: CommandContext, args: CommandArguments): Outcome => {
    const { db } = context;
    const test = expireTest(args, 3, args.count);
    const expireAtMs = absoluteMs(context, args, 2, unit);
    const key = args.text(1);
    if (!db.has(key) || !test(db.expireAtMs(key), expireAtMs)) return unchanged;
    db.expireAt(key, expireAtMs);
    return applied;
  };
}

/** Whether an expiry may take the place of what was there before. */
export type ExpireTest = (before: number | undefined, after: number) => boolean;

/** The conditions NX, XX, GT, LT among the words [from, to), which hold nothing else. No expiry counts as one that never comes. */
export function expireTest(args: CommandArguments, from: number, to: number): ExpireTest {
  let [nx, xx, gt, lt] = [false, false, false, false];
  for (let index = from; index < to; index++) {
    if (args.is(index, "NX")) nx = true;
    else if (args.is(index, "XX")) xx = true;
    else if (args.is(index, "GT")) gt = true;
    else if (args.is(index, "LT")) lt = true;
    else throw new Refusal(`ERR Unsupported option ${args.text(index)}`);
  }
  if (nx && (xx || gt || lt))
    throw new Refusal("ERR NX and XX, GT or LT options at the same time are not compatible");
  if (gt && lt) throw new Refusal("ERR GT and LT options at the same time are not compatible");
  return (before, after) => {
    if (nx) return before === undefined;
    if (xx && before === undefined) return false;
    if (gt) return before !== undefined && after > before;
    return !lt || before === undefined || after < before;
  };
}

function persist({ db }: CommandContext, args: CommandArguments): Outcome {
  return appliedIf(db.persist(args.text(1)));
}

function rename({ db }: CommandContext, args: CommandArguments): Outcome {
  const [from, to] = [args.text(1), args.text(2)];
  if (!db.has(from)) throw refusal.noSuchKey;
  if (from === to) return unchanged;
  moveKey(db, from, db, to);
  return applied;
}

function renameNx({ db }: CommandContext, args: CommandArguments): Outcome {
  const [from, to] = [args.text(1), args.text(2)];
  if (!db.has(from)) throw refusal.noSuchKey;
  if (from === to || db.has(to)) return unchanged;
  moveKey(db, from, db, to);
  return applied;
}

function move(context: CommandContext, args: CommandArguments): Outcome {
  const { db, databases } = context;
  const key = args.text(1);
  const target = databases.at(dbNumber(context, args, 2, refusal.notInteger));
  if (target === db) throw refusal.sameObject;
  if (!db.has(key) || target.has(key)) return unchanged;
  moveKey(db, key, target, key);
  return applied;
}

/** `from` is there, and is not the same place as `to`, whose content it replaces. */
function moveKey(source: Database, from: string, target: Database, to: string): void {
  const expireAtMs = source.expireAtMs(from);
  const attributes = source.attributes(from);
  target.replace(to, source.take(from)!);
  if (expireAtMs !== undefined) target.expireAt(to, expireAtMs);
  if (attributes !== undefined) target.setAttributes(to, attributes);
}

/** COPY source destination [DB number] [REPLACE]. */
function copy(context: CommandContext, args: CommandArguments): Outcome {
  const { db, databases } = context;
  const [from, to] = [args.text(1), args.text(2)];
  let [target, replaces] = [db, false];
  for (let index = 3; index < args.count; index++) {
    if (args.is(index, "REPLACE")) replaces = true;
    else if (args.is(index, "DB") && index + 1 < args.count)
      target = databases.at(dbNumber(context, args, ++index, refusal.notInteger));
    else throw refusal.syntax;
  }
  if (target === db && from === to) throw refusal.sameObject;
  const value = db.get(from);
  if (value === undefined || (target.has(to) && !replaces)) return unchanged;
  const expireAtMs = db.expireAtMs(from);
  target.replace(to, typeof value === "string" ? value : value.clone());
  if (expireAtMs !== undefined) target.expireAt(to, expireAtMs);
  return applied;
}

interface SlotRange {
  readonly start: number;
  readonly end: number;
}

/** TRIMSLOTS RANGES count start end …: Redis 8.4 removes slots that have moved to another node. */
function trimSlots({ db }: CommandContext, args: CommandArguments): Outcome {
  if (!args.is(1, "RANGES")) throw refusal.syntax;
  const rangeCount = args.integer(2);
  if (rangeCount < 1 || args.count !== 3 + 2 * rangeCount) throw refusal.syntax;
  return appliedIf(removeSlots(db, slotRanges(args, 3, args.count)));
}

/** SFLUSH start end … [ASYNC | SYNC], of Redis 8.0. */
function flushSlots({ db }: CommandContext, args: CommandArguments): Outcome {
  const last = args.count - 1;
  const end = args.is(last, "ASYNC") || args.is(last, "SYNC") ? last : args.count;
  if (end < 3 || end % 2 !== 1) throw refusal.syntax;
  return appliedIf(removeSlots(db, slotRanges(args, 1, end)));
}

function slotRanges(args: CommandArguments, from: number, to: number): SlotRange[] {
  const ranges: SlotRange[] = [];
  for (let index = from; index < to; index += 2)
    ranges.push({ start: args.integer(index), end: args.integer(index + 1) });
  return ranges;
}

function removeSlots(db: Database, ranges: readonly SlotRange[]): boolean {
  const isMeant = (slot: number) => ranges.some(({ start, end }) => start <= slot && slot <= end);
  const found = [...db.keys()].filter((key) => isMeant(slotOfKey(bytesOf(key))));
  for (const key of found) db.delete(key);
  return found.length > 0;
}

export const keyCommands = rowsOf("keys", [
  ["DEL", -2, del],
  ["UNLINK", -2, del],
  ["EXPIRE", -3, expire({ isSeconds: true, isAbsolute: false })],
  ["PEXPIRE", -3, expire({ isSeconds: false, isAbsolute: false })],
  ["EXPIREAT", -3, expire({ isSeconds: true, isAbsolute: true })],
  ["PEXPIREAT", -3, expire({ isSeconds: false, isAbsolute: true })],
  ["PERSIST", 2, persist],
  ["RENAME", 3, rename],
  ["RENAMENX", 3, renameNx],
  ["MOVE", 3, move],
  ["COPY", -3, copy],
  ["TRIMSLOTS", -5, trimSlots],
  ["SFLUSH", -3, flushSlots],
]);

/**
 * Commands that change one sorted set. Those that store a result are in zset-stores.ts.
 *
 * Source: t_zset.c of Redis 7.0 to 8.6.
 */
import type { CommandArguments } from "../arguments.ts";
import type { Database } from "../database.ts";
import type { Word } from "../latin1.ts";
import { applied, appliedIf, type Outcome, Refusal, refusal, unchanged } from "../outcome.ts";
import type { Key } from "../store/key-layers.ts";
import { ZsetValue } from "../values/zset-value.ts";
import { type CommandContext, type Handler, rowsOf } from "./command.ts";
import { countOption, numberedKeys } from "./lists.ts";
import { removeMembers } from "./members.ts";
import { type IndexRange, indexRange, lexRange, scoreRange } from "./ranges.ts";

interface AddOptions {
  nx: boolean;
  xx: boolean;
  gt: boolean;
  lt: boolean;
  increments: boolean;
}

/** ZADD key [NX|XX] [GT|LT] [CH] [INCR] score member …; GEOADD is logged as this, in small letters by Redis. */
function add({ db }: CommandContext, args: CommandArguments): Outcome {
  const options: AddOptions = { nx: false, xx: false, gt: false, lt: false, increments: false };
  let at = 2;
  while (at < args.count && takeAddOption(args, at, options)) at++;
  const { nx, xx, gt, lt, increments } = options;
  if (at >= args.count || (args.count - at) % 2 !== 0) throw refusal.syntax;
  if (nx && xx) throw new Refusal("ERR XX and NX options at the same time are not compatible");
  if ((gt && (nx || lt)) || (lt && nx))
    throw new Refusal("ERR GT, LT, and/or NX options at the same time are not compatible");
  if (increments && args.count - at > 2)
    throw new Refusal("ERR INCR option supports a single increment-element pair");
  const scores: number[] = [];
  for (let index = at; index < args.count; index += 2) scores.push(args.double(index));
  return addPairs(db, args, { at, scores, options });
}

/** Notes an option; false for a word that is none. CH changes only the answer. */
function takeAddOption(args: CommandArguments, index: number, options: AddOptions): boolean {
  if (args.is(index, "NX")) options.nx = true;
  else if (args.is(index, "XX")) options.xx = true;
  else if (args.is(index, "GT")) options.gt = true;
  else if (args.is(index, "LT")) options.lt = true;
  else if (args.is(index, "INCR")) options.increments = true;
  else return args.is(index, "CH");
  return true;
}

function addPairs(
  db: Database,
  args: CommandArguments,
  pairs: { readonly at: number; readonly scores: readonly number[]; readonly options: AddOptions },
): Outcome {
  const { at, scores, options } = pairs;
  const key = args.slice(1);
  const found = db.edit(key, ZsetValue);
  if (found === undefined && options.xx) return unchanged;
  if (options.increments) requireSum(found?.score(args.text(at + 1)), scores[0]);
  const zset = found ?? new ZsetValue(db.slabs);
  let hasChanged = false;
  for (let index = 0; index < scores.length; index++)
    if (addPair(zset, args.slice(at + 1 + 2 * index), scores[index], options)) hasChanged = true;
  if (found === undefined) db.put(key, zset);
  return appliedIf(hasChanged);
}

function addPair(zset: ZsetValue, member: Word, stated: number, options: AddOptions): boolean {
  return zset.change(member, (before) => scoreAfter(before, stated, options));
}

/** Undefined when the member stays as it is. */
function scoreAfter(
  before: number | undefined,
  stated: number,
  { nx, xx, gt, lt, increments }: AddOptions,
): number | undefined {
  if (before === undefined) return xx ? undefined : stated;
  const score = increments ? before + stated : stated;
  if (nx || (gt && score <= before) || (lt && score >= before)) return undefined;
  // Zero stays minus zero, and the other way round: servers compare.
  return score === before ? undefined : score;
}

/** Both infinities have no sum. */
function requireSum(before: number | undefined, by: number): void {
  if (before !== undefined && Number.isNaN(before + by)) throw refusal.scoreNan;
}

function incrementBy({ db }: CommandContext, args: CommandArguments): Outcome {
  const by = args.double(2);
  const [key, member] = [args.text(1), args.text(3)];
  const before = db.find(key, ZsetValue)?.score(member);
  requireSum(before, by);
  const score = (before ?? 0) + by;
  if (before === score) return unchanged;
  db.editOrCreate(key, ZsetValue).put(member, before === undefined ? by : score);
  return applied;
}

/** ZREMRANGEBY…: `rangeOf` reads the words 2 and 3. */
function removeRange(rangeOf: (args: CommandArguments) => (zset: ZsetValue) => IndexRange): Handler {
  return ({ db }, args) => {
    const range = rangeOf(args);
    return removeRanks(db, args.slice(1), range);
  };
}

function removeRanks(db: Database, key: Key, range: (zset: ZsetValue) => IndexRange): Outcome {
  const zset = db.edit(key, ZsetValue);
  if (zset === undefined) return unchanged;
  const { from, to } = range(zset);
  const removed = zset.removeRange(from, to);
  db.dropIfEmpty(key, zset);
  return appliedIf(removed > 0);
}

function rankRange(args: CommandArguments): (zset: ZsetValue) => IndexRange {
  const [start, stop] = [args.integer(2), args.integer(3)];
  return (zset) => indexRange(start, stop, zset.itemCount);
}

type ScoreEnd = "min" | "max";

/** ZPOPMIN and ZPOPMAX key [count]. */
function pop(end: ScoreEnd): Handler {
  return ({ db }, args) => {
    if (args.count > 3) throw refusal.syntax;
    const count = args.count === 3 ? args.integer(2) : 1;
    if (count < 0) throw new Refusal("ERR value is out of range, must be positive");
    return popFrom(db, args.slice(1), end, count);
  };
}

function popFrom(db: Database, key: Key, end: ScoreEnd, count: number): Outcome {
  return removeRanks(db, key, ({ itemCount }) =>
    end === "min"
      ? { from: 0, to: Math.min(count, itemCount) }
      : { from: Math.max(0, itemCount - count), to: itemCount },
  );
}

/** BZPOPMIN and BZPOPMAX key … timeout. */
function popFirst(end: ScoreEnd): Handler {
  return ({ db }, args) => {
    const key = args.texts(1, args.count - 1).find((name) => db.find(name, ZsetValue) !== undefined);
    return key === undefined ? unchanged : popFrom(db, key, end, 1);
  };
}

/** ZMPOP and BZMPOP: numkeys key … MIN | MAX [COUNT n], from the word `from` on. */
function popMany(from: number): Handler {
  return ({ db }, args) => {
    const { keys, next } = numberedKeys(args, from);
    const isMin = next < args.count && args.is(next, "MIN");
    if (!isMin && !(next < args.count && args.is(next, "MAX"))) throw refusal.syntax;
    const count = countOption(args, next + 1);
    const key = keys.find((name) => db.find(name, ZsetValue) !== undefined);
    return key === undefined ? unchanged : popFrom(db, key, isMin ? "min" : "max", count);
  };
}

export const zsetCommands = rowsOf("sorted-sets", [
  ["ZADD", -4, add],
  ["ZINCRBY", 4, incrementBy],
  ["ZREM", -3, removeMembers(ZsetValue)],
  ["ZREMRANGEBYRANK", 4, removeRange(rankRange)],
  ["ZREMRANGEBYSCORE", 4, removeRange((args) => scoreRange(args, 2, 3))],
  ["ZREMRANGEBYLEX", 4, removeRange((args) => lexRange(args, 2, 3))],
  ["ZPOPMIN", -2, pop("min")],
  ["ZPOPMAX", -2, pop("max")],
  ["BZPOPMIN", -3, popFirst("min")],
  ["BZPOPMAX", -3, popFirst("max")],
  ["ZMPOP", -4, popMany(1)],
  ["BZMPOP", -5, popMany(2)],
]);

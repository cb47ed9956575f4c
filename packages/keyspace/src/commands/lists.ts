/**
 * Commands on lists, blocking ones included: those are logged as what they did, and understood as what they would do at once.
 *
 * Source: t_list.c of Redis 7.0 to 8.6.
 */
import type { CommandArguments } from "../arguments.ts";
import type { Database } from "../database.ts";
import { applied, appliedIf, type Outcome, Refusal, refusal, unchanged } from "../outcome.ts";
import type { Key } from "../store/key-layers.ts";
import { type ListEnd, ListValue } from "../values/list-value.ts";
import { type CommandContext, type Handler, rowsOf } from "./command.ts";
import { indexRange } from "./ranges.ts";

const notPositive = new Refusal("ERR value is out of range, must be positive");

function push(end: ListEnd): Handler {
  return ({ db }, args) => {
    const list = db.editOrCreate(args.slice(1), ListValue);
    for (let index = 2; index < args.count; index++) list.push(end, args.slice(index));
    return applied;
  };
}

/** LPUSHX and RPUSHX: only to a list that is there. */
function pushIfThere(end: ListEnd): Handler {
  return ({ db }, args) => {
    const list = db.edit(args.slice(1), ListValue);
    if (list === undefined) return unchanged;
    for (let index = 2; index < args.count; index++) list.push(end, args.slice(index));
    return applied;
  };
}

/** LPOP and RPOP key [count]. */
function pop(end: ListEnd): Handler {
  return ({ db }, args) => {
    if (args.count > 3) throw new Refusal(`ERR wrong number of arguments for '${args.text(0)}' command`);
    const count = args.count === 3 ? args.integer(2, notPositive) : 1;
    if (count < 0) throw notPositive;
    return popFrom(db, args.slice(1), end, count);
  };
}

function popFrom(db: Database, key: Key, end: ListEnd, count: number): Outcome {
  const found = db.find(key, ListValue);
  if (found === undefined || count === 0) return unchanged;
  if (count >= found.itemCount) return appliedIf(db.delete(key));
  db.edit(key, ListValue)?.drop(end, count);
  return applied;
}

/** BLPOP and BRPOP key … timeout. */
function popFirst(end: ListEnd): Handler {
  return ({ db }, args) => {
    const keys = args.texts(1, args.count - 1);
    const key = keys.find((name) => db.find(name, ListValue) !== undefined);
    return key === undefined ? unchanged : popFrom(db, key, end, 1);
  };
}

/** LMPOP and BLMPOP: numkeys key … LEFT | RIGHT [COUNT n], from the word `from` on. */
function popMany(from: number): Handler {
  return ({ db }, args) => {
    const { keys, next } = numberedKeys(args, from);
    const end = next < args.count ? listEnd(args, next) : undefined;
    if (end === undefined) throw refusal.syntax;
    const count = countOption(args, next + 1);
    const key = keys.find((name) => db.find(name, ListValue) !== undefined);
    return key === undefined ? unchanged : popFrom(db, key, end, count);
  };
}

/** A number of keys and the keys, at the word `at`; `next` is the word behind them. */
export function numberedKeys(
  args: CommandArguments,
  at: number,
): { readonly keys: string[]; readonly next: number } {
  const keyCount = args.integer(at);
  if (keyCount <= 0) throw new Refusal("ERR numkeys should be greater than 0");
  const next = at + 1 + keyCount;
  if (next > args.count) throw refusal.syntax;
  return { keys: args.texts(at + 1, next), next };
}

/** [COUNT n] at the end of a command; 1 without it. */
export function countOption(args: CommandArguments, at: number): number {
  if (at >= args.count) return 1;
  if (!args.is(at, "COUNT") || at + 2 !== args.count) throw refusal.syntax;
  const count = args.integer(at + 1);
  if (count <= 0) throw new Refusal("ERR count should be greater than 0");
  return count;
}

/** LINSERT key BEFORE | AFTER pivot element. */
function insert({ db }: CommandContext, args: CommandArguments): Outcome {
  const side = args.is(2, "BEFORE") ? "before" : args.is(2, "AFTER") ? "after" : undefined;
  if (side === undefined) throw refusal.syntax;
  const list = db.edit(args.text(1), ListValue);
  return appliedIf(list?.insertBeside(args.text(3), side, args.text(4)) ?? false);
}

function setAt({ db }: CommandContext, args: CommandArguments): Outcome {
  const key = args.text(1);
  const found = db.find(key, ListValue);
  if (found === undefined) throw refusal.noSuchKey;
  const stated = args.integer(2);
  const index = stated < 0 ? found.itemCount + stated : stated;
  if (index < 0 || index >= found.itemCount) throw refusal.indexOutOfRange;
  db.edit(key, ListValue)?.set(index, args.text(3));
  return applied;
}

/** LREM key count element: from the left, from the right when count is negative, all when it is 0. */
function remove({ db }: CommandContext, args: CommandArguments): Outcome {
  const count = args.integer(2);
  const key = args.text(1);
  const list = db.edit(key, ListValue);
  if (list === undefined) return unchanged;
  const countMax = count === 0 ? Number.POSITIVE_INFINITY : Math.abs(count);
  const removed = list.remove(args.text(3), count < 0 ? "right" : "left", countMax);
  db.dropIfEmpty(key, list);
  return appliedIf(removed > 0);
}

function trim({ db }: CommandContext, args: CommandArguments): Outcome {
  const [start, stop] = [args.integer(2), args.integer(3)];
  const key = args.slice(1);
  const list = db.edit(key, ListValue);
  if (list === undefined) return unchanged;
  const before = list.itemCount;
  const { from, to } = indexRange(start, stop, before);
  list.drop("right", before - to);
  list.drop("left", from);
  db.dropIfEmpty(key, list);
  return appliedIf(list.itemCount !== before);
}

/** LMOVE and BLMOVE source destination LEFT | RIGHT LEFT | RIGHT. */
function move({ db }: CommandContext, args: CommandArguments): Outcome {
  const [from, to] = [listEnd(args, 3), listEnd(args, 4)];
  if (from === undefined || to === undefined) throw refusal.syntax;
  return moveElement(db, { source: args.text(1), from, target: args.text(2), to });
}

/** RPOPLPUSH and BRPOPLPUSH. */
function rotate({ db }: CommandContext, args: CommandArguments): Outcome {
  return moveElement(db, { source: args.text(1), from: "right", target: args.text(2), to: "left" });
}

function moveElement(
  db: Database,
  way: { readonly source: string; readonly from: ListEnd; readonly target: string; readonly to: ListEnd },
): Outcome {
  const { source, from, target, to } = way;
  if (db.find(source, ListValue) === undefined) return unchanged;
  db.find(target, ListValue);
  const list = db.edit(source, ListValue)!;
  const element = list.pop(from)!;
  db.editOrCreate(target, ListValue).push(to, element);
  db.dropIfEmpty(source, list);
  return applied;
}

function listEnd(args: CommandArguments, index: number): ListEnd | undefined {
  if (args.is(index, "LEFT")) return "left";
  return args.is(index, "RIGHT") ? "right" : undefined;
}

export const listCommands = rowsOf("lists", [
  ["LPUSH", -3, push("left")],
  ["RPUSH", -3, push("right")],
  ["LPUSHX", -3, pushIfThere("left")],
  ["RPUSHX", -3, pushIfThere("right")],
  ["LPOP", -2, pop("left")],
  ["RPOP", -2, pop("right")],
  ["BLPOP", -3, popFirst("left")],
  ["BRPOP", -3, popFirst("right")],
  ["LMPOP", -4, popMany(1)],
  ["BLMPOP", -5, popMany(2)],
  ["LINSERT", 5, insert],
  ["LSET", 4, setAt],
  ["LREM", 4, remove],
  ["LTRIM", 4, trim],
  ["LMOVE", 5, move],
  ["BLMOVE", 6, move],
  ["RPOPLPUSH", 3, rotate],
  ["BRPOPLPUSH", 4, rotate],
]);

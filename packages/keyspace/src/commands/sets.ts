/**
 * Commands on sets. SPOP is logged as SREM; in its own form it is applied only where chance has no say.
 *
 * Source: t_set.c of Redis 7.0 to 8.6.
 */
import type { CommandArguments } from "../arguments.ts";
import { applied, appliedIf, kept, type Outcome, refusal, unchanged } from "../outcome.ts";
import { SetValue } from "../values/set-value.ts";
import { type CommandContext, type Handler, rowsOf } from "./command.ts";
import { removeMembers } from "./members.ts";

function add({ db }: CommandContext, args: CommandArguments): Outcome {
  const set = db.editOrCreate(args.slice(1), SetValue);
  const before = set.itemCount;
  for (let index = 2; index < args.count; index++) set.add(args.slice(index));
  return appliedIf(set.itemCount > before);
}

/** SMOVE source destination member. */
function move({ db }: CommandContext, args: CommandArguments): Outcome {
  const [source, target, member] = [args.text(1), args.text(2), args.text(3)];
  const found = db.find(source, SetValue);
  db.find(target, SetValue);
  if (found === undefined || source === target || !found.has(member)) return unchanged;
  const set = db.edit(source, SetValue)!;
  set.remove(member);
  db.dropIfEmpty(source, set);
  db.editOrCreate(target, SetValue).add(member);
  return applied;
}

/** SPOP key [count]. */
function pop({ db }: CommandContext, args: CommandArguments): Outcome {
  if (args.count > 3) throw refusal.syntax;
  const count = args.count === 3 ? args.integer(2) : 1;
  if (count < 0) throw refusal.outOfRange;
  const key = args.text(1);
  const set = db.find(key, SetValue);
  if (set === undefined || count === 0) return unchanged;
  return count < set.itemCount ? kept.random : appliedIf(db.delete(key));
}

type Combine = (sets: readonly (SetValue | undefined)[]) => Iterable<string>;

/** A destination and keys: the result takes the destination's place, or removes it when it is empty. */
function store(combine: Combine): Handler {
  return ({ db }, args) => {
    const sets = args.texts(2).map((key) => db.find(key, SetValue));
    const result = new SetValue(db.slabs);
    for (const member of combine(sets)) result.add(member);
    return appliedIf(db.store(args.text(1), result));
  };
}

function* union(sets: readonly (SetValue | undefined)[]): Iterable<string> {
  for (const set of sets) if (set !== undefined) yield* set.members();
}

function* intersection(sets: readonly (SetValue | undefined)[]): Iterable<string> {
  const present = sets.filter((set) => set !== undefined);
  if (present.length < sets.length) return;
  const [smallest, ...others] = present.sort((first, second) => first.itemCount - second.itemCount);
  for (const member of smallest.members()) if (others.every((set) => set.has(member))) yield member;
}

function* difference([first, ...others]: readonly (SetValue | undefined)[]): Iterable<string> {
  if (first === undefined) return;
  for (const member of first.members()) if (!others.some((set) => set?.has(member))) yield member;
}

export const setCommands = rowsOf("sets", [
  ["SADD", -3, add],
  ["SREM", -3, removeMembers(SetValue)],
  ["SMOVE", 4, move],
  ["SPOP", -2, pop],
  ["SUNIONSTORE", -3, store(union)],
  ["SINTERSTORE", -3, store(intersection)],
  ["SDIFFSTORE", -3, store(difference)],
]);

/** SELECT, SWAPDB, FLUSHDB, FLUSHALL: commands on whole databases. */
import type { CommandArguments } from "../arguments.ts";
import { applied, appliedIf, type Outcome, Refusal, refusal, unchanged } from "../outcome.ts";
import { type CommandContext, rowsOf } from "./command.ts";

function select(context: CommandContext, args: CommandArguments): Outcome {
  context.select(dbNumber(context, args, 1, refusal.notInteger));
  return unchanged;
}

function swap(context: CommandContext, args: CommandArguments): Outcome {
  const first = dbNumber(context, args, 1, new Refusal("ERR invalid first DB index"));
  const second = dbNumber(context, args, 2, new Refusal("ERR invalid second DB index"));
  if (first === second) return unchanged;
  const { databases } = context;
  const isChange = databases.at(first).keyCount > 0 || databases.at(second).keyCount > 0;
  databases.swap(first, second);
  // The number stays selected, and what is under it now.
  context.select(context.dbNumber);
  return appliedIf(isChange);
}

/** A word that is the number of a database. */
export function dbNumber(
  context: CommandContext,
  args: CommandArguments,
  index: number,
  otherwise: Refusal,
): number {
  const found = args.int64(index, otherwise);
  if (found < -(2n ** 31n) || found >= 2n ** 31n) throw otherwise;
  if (found < 0n || found > BigInt(context.dbNumberMax)) throw refusal.badDb;
  return Number(found);
}

function flushDb({ db }: CommandContext, args: CommandArguments): Outcome {
  requireFlushMode(args);
  const isChange = db.keyCount > 0;
  db.flush();
  return appliedIf(isChange);
}

function flushAll({ databases }: CommandContext, args: CommandArguments): Outcome {
  requireFlushMode(args);
  databases.flushAll();
  return applied;
}

/** Nothing, ASYNC or SYNC. */
function requireFlushMode(args: CommandArguments): void {
  if (args.count === 1) return;
  if (args.count > 2 || !(args.is(1, "ASYNC") || args.is(1, "SYNC"))) throw refusal.syntax;
}

export const databaseCommands = rowsOf("databases", [
  ["SELECT", 2, select],
  ["SWAPDB", 3, swap],
  ["FLUSHDB", -1, flushDb],
  ["FLUSHALL", -1, flushAll],
]);

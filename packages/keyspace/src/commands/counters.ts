/**
 * Numbers that count: INCR and its relatives on strings, and what HINCRBY and HINCRBYFLOAT do with a text.
 *
 * A counter is a 64-bit integer in its one canonical spelling. Source: t_string.c, t_hash.c of Redis 7.0.
 */
import type { CommandArguments } from "../arguments.ts";
import { exactDigits, int64Max, int64Min, parseInt64, parseInteger } from "../numbers/integers.ts";
import { addDecimals, isLongDouble } from "../numbers/long-double.ts";
import { applied, type Outcome, Refusal, refusal } from "../outcome.ts";
import type { Key } from "../store/key-layers.ts";
import { textOfString } from "../values/bytes-value.ts";
import { type CommandContext, rowsOf } from "./command.ts";

/** The word that says by how much: a number when it has so few digits that it and its sums are exact. */
export function step(args: CommandArguments, index: number): number | bigint {
  return args.sizeOf(index) <= exactDigits ? args.integer(index) : args.int64(index);
}

/** What a counter says after an increment. Throws `otherwise` for a text that is no integer, and the overflow of servers. */
export function incremented(text: string, by: number | bigint, otherwise: Refusal): string {
  if (typeof by === "number" && text.length <= exactDigits) {
    const value = parseInteger(text);
    if (value === undefined) throw otherwise;
    return String(value + by);
  }
  const value = parseInt64(text);
  if (value === undefined) throw otherwise;
  const sum = value + BigInt(by);
  if (sum > int64Max || sum < int64Min) throw refusal.overflow;
  return sum.toString();
}

/** The same for decimals. Throws `otherwise` for a text that is no number, and the refusal of servers when there is no finite sum. */
export function incrementedFloat(text: string, by: string, otherwise: Refusal): string {
  if (!isLongDouble(by)) throw refusal.notFloat;
  if (!isLongDouble(text)) throw otherwise;
  const sum = addDecimals(text, by);
  if (sum === undefined) throw refusal.nan;
  return sum;
}

function increment({ db }: CommandContext, key: Key, by: number | bigint): Outcome {
  if (typeof by === "number" && db.addToCounter(key, by)) return applied;
  const found = db.findString(key);
  db.put(key, incremented(found === undefined ? "0" : textOfString(found), by, refusal.notInteger));
  return applied;
}

function decrementBy(context: CommandContext, args: CommandArguments): Outcome {
  const by = args.int64(2);
  if (by === int64Min) throw new Refusal("ERR decrement would overflow");
  return increment(context, args.slice(1), -by);
}

function incrementByFloat({ db }: CommandContext, args: CommandArguments): Outcome {
  const key = args.text(1);
  const found = db.findString(key);
  const text = found === undefined ? "0" : textOfString(found);
  db.put(key, incrementedFloat(text, args.text(2), refusal.notFloat));
  return applied;
}

export const counterCommands = rowsOf("strings", [
  ["INCR", 2, (context, args) => increment(context, args.slice(1), 1)],
  ["DECR", 2, (context, args) => increment(context, args.slice(1), -1)],
  ["INCRBY", 3, (context, args) => increment(context, args.slice(1), step(args, 2))],
  ["DECRBY", 3, decrementBy],
  ["INCRBYFLOAT", 3, incrementByFloat],
]);

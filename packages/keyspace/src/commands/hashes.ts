/**
 * Commands on hashes whose fields are written and removed. Field expiry is in hash-expiry.ts.
 *
 * Writing a field takes its expiry away; counting in it does not. Source: t_hash.c of Redis 7.0 to 8.6 and Valkey 9.1.
 */
import type { CommandArguments } from "../arguments.ts";
import { applied, type Outcome, Refusal, unchanged, wrongArity } from "../outcome.ts";
import { HashValue } from "../values/hash-value.ts";
import { type CommandContext, rowsOf } from "./command.ts";
import { incremented, incrementedFloat, step } from "./counters.ts";
import { removeMembers } from "./members.ts";

const notIntegerField = new Refusal("ERR hash value is not an integer");
const notFloatField = new Refusal("ERR hash value is not a float");

function set({ db }: CommandContext, args: CommandArguments): Outcome {
  if (args.count % 2 !== 0) throw wrongArity(args.text(0));
  const hash = db.editOrCreate(args.slice(1), HashValue);
  for (let index = 2; index < args.count; index += 2) hash.replace(args.slice(index), args.slice(index + 1));
  return applied;
}

function setNx({ db }: CommandContext, args: CommandArguments): Outcome {
  const [key, field] = [args.text(1), args.text(2)];
  if (db.find(key, HashValue)?.has(field)) return unchanged;
  db.editOrCreate(key, HashValue).replace(field, args.text(3));
  return applied;
}

function incrementBy({ db }: CommandContext, args: CommandArguments): Outcome {
  const [key, field] = [args.text(1), args.text(2)];
  const by = step(args, 3);
  const text = db.find(key, HashValue)?.get(field) ?? "0";
  const sum = incremented(text, by, notIntegerField);
  db.editOrCreate(key, HashValue).put(field, sum);
  return applied;
}

function incrementByFloat({ db }: CommandContext, args: CommandArguments): Outcome {
  const [key, field] = [args.text(1), args.text(2)];
  const text = db.find(key, HashValue)?.get(field) ?? "0";
  const sum = incrementedFloat(text, args.text(3), notFloatField);
  db.editOrCreate(key, HashValue).put(field, sum);
  return applied;
}

export const hashCommands = rowsOf("hashes", [
  ["HSET", -4, set],
  ["HMSET", -4, set],
  ["HSETNX", 4, setNx],
  // Redis logs the expiry of the last field as HDEL alone: that the key goes with it is understood.
  ["HDEL", -3, removeMembers(HashValue)],
  ["HINCRBY", 4, incrementBy],
  ["HINCRBYFLOAT", 4, incrementByFloat],
]);

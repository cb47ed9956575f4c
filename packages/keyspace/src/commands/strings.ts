/**
 * SET and its relatives, APPEND, SETRANGE. Counters are in counters.ts.
 *
 * Logged forms of SET: with conditions, with KEEPTTL, with PXAT; GET is answered and changes nothing. A condition on a digest (IFDEQ, IFDNE) is
 * taken to hold for a key that may meet it: a server logs such a command only when it has set the key. Source: t_string.c of Redis
 * 7.0 to 8.6 and Valkey 9.1; MSETEX and the conditions were tried on Redis 8.6 and Valkey 9.1.
 */
import type { CommandArguments } from "../arguments.ts";
import type { Database } from "../database.ts";
import { applied, appliedIf, type Outcome, Refusal, refusal, unchanged } from "../outcome.ts";
import type { Key } from "../store/key-layers.ts";
import { sizeOfString, textOfString } from "../values/bytes-value.ts";
import { type CommandContext, rowsOf } from "./command.ts";
import { expiryAt, expiryOf, timeUnitAt } from "./expiry.ts";

/** Most bytes of a string, as servers are configured without proto-max-bulk-len. */
export const stringBytesMax = 512 * 1024 * 1024;
/** Strings up to here stay texts when something is appended. */
const appendedTextBytesMax = 64;

const conditions = ["NX", "XX", "IFEQ", "IFNE", "IFDEQ", "IFDNE"] as const;

interface Condition {
  readonly kind: (typeof conditions)[number];
  /** What IFEQ and its relatives compare with. */
  readonly comparand: string;
}

interface SetOptions {
  condition: Condition | undefined;
  keepsExpiry: boolean;
  expireAtMs: number | undefined;
}

function set(context: CommandContext, args: CommandArguments): Outcome {
  const { db } = context;
  const key = args.slice(1);
  if (args.count === 3) {
    db.replaceString(key, args.slice(2));
    return applied;
  }
  const { condition, keepsExpiry, expireAtMs } = setOptions(context, args, 3);
  if (condition !== undefined && !holds(db, key, condition)) return unchanged;
  const value = args.slice(2);
  if (keepsExpiry) db.putString(key, value);
  else db.replaceString(key, value);
  if (expireAtMs !== undefined) db.expireAt(key, expireAtMs);
  return applied;
}

/** Options from the word `from` on: of SET, and of MSETEX behind its pairs. */
function setOptions(context: CommandContext, args: CommandArguments, from: number): SetOptions {
  const options: SetOptions = { condition: undefined, keepsExpiry: false, expireAtMs: undefined };
  for (let index = from; index < args.count; index++) {
    const unit = timeUnitAt(args, index);
    const kind = unit === undefined ? conditions.find((name) => args.is(index, name)) : undefined;
    if (unit !== undefined) {
      if (options.keepsExpiry || options.expireAtMs !== undefined || ++index >= args.count)
        throw refusal.syntax;
      options.expireAtMs = expiryAt(context, args, index, unit);
    } else if (args.is(index, "KEEPTTL")) {
      if (options.expireAtMs !== undefined) throw refusal.syntax;
      options.keepsExpiry = true;
    } else if (kind !== undefined) {
      if (options.condition !== undefined) throw refusal.syntax;
      const comparand = kind.startsWith("IF") ? args.textAfter(++index) : "";
      options.condition = { kind, comparand };
    } else if (!args.is(index, "GET")) throw refusal.syntax;
  }
  return options;
}

function holds(db: Database, key: Key, { kind, comparand }: Condition): boolean {
  if (kind === "NX") return !db.has(key);
  if (kind === "XX") return db.has(key);
  const found = db.findString(key);
  switch (kind) {
    case "IFEQ":
      return found !== undefined && textOfString(found) === comparand;
    case "IFNE":
      return found === undefined || textOfString(found) !== comparand;
    case "IFDEQ":
      return found !== undefined;
    default:
      return true;
  }
}

function setNx({ db }: CommandContext, args: CommandArguments): Outcome {
  const key = args.text(1);
  if (db.has(key)) return unchanged;
  db.replaceString(key, args.slice(2));
  return applied;
}

/** SETEX and PSETEX: logged by Redis before 7.0 only to replicas. */
function setWithTime(isSeconds: boolean) {
  return (context: CommandContext, args: CommandArguments): Outcome => {
    const unit = { isSeconds, isAbsolute: false };
    const expireAtMs = expiryAt(context, args, 2, unit);
    const key = args.text(1);
    context.db.replaceString(key, args.slice(3));
    context.db.expireAt(key, expireAtMs);
    return applied;
  };
}

function getSet({ db }: CommandContext, args: CommandArguments): Outcome {
  const key = args.text(1);
  db.findString(key);
  db.replaceString(key, args.slice(2));
  return applied;
}

function getDel({ db }: CommandContext, args: CommandArguments): Outcome {
  const key = args.text(1);
  db.findString(key);
  return appliedIf(db.delete(key));
}

/** GETEX key [EX s | PX ms | EXAT s | PXAT ms | PERSIST]. */
function getEx(context: CommandContext, args: CommandArguments): Outcome {
  const { db } = context;
  const key = args.text(1);
  const change = expiryOf(context, args, 2);
  if (db.findString(key) === undefined || change === undefined) return unchanged;
  if (change === "persist") return appliedIf(db.persist(key));
  db.expireAt(key, change);
  return applied;
}

function setMany({ db }: CommandContext, args: CommandArguments): Outcome {
  requirePairs(args, 1, args.count);
  for (let index = 1; index < args.count; index += 2)
    db.replaceString(args.text(index), args.slice(index + 1));
  return applied;
}

function setManyNx({ db }: CommandContext, args: CommandArguments): Outcome {
  requirePairs(args, 1, args.count);
  for (let index = 1; index < args.count; index += 2) if (db.has(args.text(index))) return unchanged;
  for (let index = 1; index < args.count; index += 2)
    db.replaceString(args.text(index), args.slice(index + 1));
  return applied;
}

function requirePairs(args: CommandArguments, from: number, to: number): void {
  if ((to - from) % 2 !== 0)
    throw new Refusal(`ERR wrong number of arguments for '${args.text(0).toLowerCase()}' command`);
}

/** MSETEX numkeys key value … [NX | XX] [KEEPTTL | EX s | PX ms | EXAT s | PXAT ms]. */
function setManyEx(context: CommandContext, args: CommandArguments): Outcome {
  const { db } = context;
  const pairCount = args.integer(1);
  if (pairCount <= 0) throw new Refusal("ERR invalid numkeys value");
  const end = 2 + 2 * pairCount;
  if (end > args.count) throw new Refusal("ERR wrong number of key-value pairs");
  const { condition, keepsExpiry, expireAtMs } = setOptions(context, args, end);
  const keys: string[] = [];
  for (let index = 2; index < end; index += 2) keys.push(args.text(index));
  if (condition?.kind === "NX" && keys.some((key) => db.has(key))) return unchanged;
  if (condition?.kind === "XX" && !keys.every((key) => db.has(key))) return unchanged;
  for (const [index, key] of keys.entries()) {
    const value = args.slice(3 + 2 * index);
    if (keepsExpiry) db.putString(key, value);
    else db.replaceString(key, value);
    if (expireAtMs !== undefined) db.expireAt(key, expireAtMs);
  }
  return applied;
}

function append({ db }: CommandContext, args: CommandArguments): Outcome {
  const key = args.text(1);
  const found = db.findString(key);
  const size = (found === undefined ? 0 : sizeOfString(found)) + args.sizeOf(2);
  if (size > stringBytesMax) throw refusal.stringTooLong;
  if (found === undefined) db.putString(key, args.slice(2));
  else if (typeof found === "string" && size <= appendedTextBytesMax) db.put(key, found + args.text(2));
  else db.editBytes(key).append(args.view(2));
  return appliedIf(args.sizeOf(2) > 0 || found === undefined);
}

function setRange({ db }: CommandContext, args: CommandArguments): Outcome {
  const key = args.text(1);
  const offset = args.integer(2);
  if (offset < 0) throw refusal.offset;
  db.findString(key);
  if (args.sizeOf(3) === 0) return unchanged;
  if (offset + args.sizeOf(3) > stringBytesMax) throw refusal.stringTooLong;
  const value = db.editBytes(key);
  value.growTo(offset + args.sizeOf(3));
  value.bytes.set(args.view(3), offset);
  return applied;
}

/** DELEX (Redis 8.4) and DELIFEQ (Valkey 9.0) are logged as DEL; understood all the same where that needs no digest. */
function delIfEqual({ db }: CommandContext, args: CommandArguments): Outcome {
  const key = args.text(1);
  const found = db.findString(key);
  if (found === undefined || textOfString(found) !== args.text(2)) return unchanged;
  return appliedIf(db.delete(key));
}

function delEx({ db }: CommandContext, args: CommandArguments): Outcome {
  const key = args.text(1);
  if (args.count === 2) return appliedIf(db.delete(key));
  const kind = conditions.find((name) => args.is(2, name));
  if (args.count !== 4 || kind === undefined || kind === "NX" || kind === "XX") throw refusal.syntax;
  if (db.findString(key) === undefined || !holds(db, key, { kind, comparand: args.text(3) }))
    return unchanged;
  return appliedIf(db.delete(key));
}

export const stringCommands = rowsOf("strings", [
  ["SET", -3, set],
  ["SETNX", 3, setNx],
  ["SETEX", 4, setWithTime(true)],
  ["PSETEX", 4, setWithTime(false)],
  ["GETSET", 3, getSet],
  ["GETDEL", 2, getDel],
  ["GETEX", -2, getEx],
  ["MSET", -3, setMany],
  ["MSETNX", -3, setManyNx],
  ["MSETEX", -4, setManyEx],
  ["APPEND", 3, append],
  ["SETRANGE", 4, setRange],
  ["DELEX", -2, delEx],
  ["DELIFEQ", 3, delIfEqual],
]);

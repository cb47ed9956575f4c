/**
 * Fields that expire: Redis since 7.4, Valkey since 9.0.
 *
 *   HPEXPIREAT key ms [NX|XX|GT|LT] FIELDS n field …      HEXPIRE, HPEXPIRE, HEXPIREAT are logged as this
 *   HPERSIST   key FIELDS n field …
 *   HGETEX     key [EX|PX|EXAT|PXAT t | PERSIST] FIELDS n field …
 *   HSETEX     key [NX|XX] [FNX|FXX] [EX|PX|EXAT|PXAT t | KEEPTTL] FIELDS n field value …
 *   HGETDEL    key FIELDS n field …
 *
 * Fields that are not there are passed over: Redis leaves them out of the log, Valkey does not. No field goes for its time: the log has an
 * HDEL. Source: t_hash.c of Redis 8.6 and Valkey 9.1.
 */
import type { CommandArguments } from "../arguments.ts";
import { applied, appliedIf, type Outcome, Refusal, refusal, unchanged } from "../outcome.ts";
import { HashValue } from "../values/hash-value.ts";
import { type CommandContext, type Handler, rowsOf } from "./command.ts";
import { absoluteMs, expiryAt, expiryOf, type TimeUnit, timeUnitAt } from "./expiry.ts";
import { expireTest } from "./keys.ts";

/** Where FIELDS stands, from the word `from` on; checks that its count is that of the words behind it. */
function fieldsAt(args: CommandArguments, from: number, wordsPerField = 1): number {
  let at = from;
  while (at < args.count && !args.is(at, "FIELDS")) at++;
  if (at + 2 >= args.count) throw refusal.syntax;
  const fieldCount = args.integer(at + 1);
  if (fieldCount < 1) throw new Refusal("ERR Parameter `numFields` should be greater than 0");
  if (at + 2 + fieldCount * wordsPerField !== args.count)
    throw new Refusal("ERR The `numfields` parameter must match the number of arguments");
  return at;
}

function expire(unit: TimeUnit): Handler {
  return (context, args) => {
    const at = fieldsAt(args, 3);
    const test = expireTest(args, 3, at);
    const expireAtMs = absoluteMs(context, args, 2, unit);
    const hash = context.db.edit(args.text(1), HashValue);
    let hasChanged = false;
    for (let index = at + 2; index < args.count; index++) {
      const field = args.text(index);
      if (!hash?.has(field) || !test(hash.expireAtMs(field), expireAtMs)) continue;
      hash.expireAt(field, expireAtMs);
      hasChanged = true;
    }
    return appliedIf(hasChanged);
  };
}

function persist({ db }: CommandContext, args: CommandArguments): Outcome {
  const at = fieldsAt(args, 2);
  return persistFields(db.edit(args.text(1), HashValue), args.texts(at + 2));
}

function persistFields(hash: HashValue | undefined, fields: readonly string[]): Outcome {
  let hasChanged = false;
  for (const field of fields) if (hash?.persist(field)) hasChanged = true;
  return appliedIf(hasChanged);
}

function getEx(context: CommandContext, args: CommandArguments): Outcome {
  const at = fieldsAt(args, 2);
  const change = expiryOf(context, args, 2, at);
  const hash = context.db.edit(args.text(1), HashValue);
  const fields = args.texts(at + 2).filter((field) => hash?.has(field));
  if (change === undefined) return unchanged;
  if (change === "persist") return persistFields(hash, fields);
  for (const field of fields) hash?.expireAt(field, change);
  return appliedIf(fields.length > 0);
}

interface SetExOptions {
  keyMust: "exist" | "be new" | undefined;
  fieldsMust: "exist" | "be new" | undefined;
  keepsExpiry: boolean;
  expireAtMs: number | undefined;
}

function setExOptions(context: CommandContext, args: CommandArguments, to: number): SetExOptions {
  const options: SetExOptions = {
    keyMust: undefined,
    fieldsMust: undefined,
    keepsExpiry: false,
    expireAtMs: undefined,
  };
  for (let index = 2; index < to; index++) {
    const unit = timeUnitAt(args, index);
    if (unit !== undefined && index + 1 < to && !options.keepsExpiry && options.expireAtMs === undefined)
      options.expireAtMs = expiryAt(context, args, ++index, unit);
    else if (args.is(index, "KEEPTTL") && options.expireAtMs === undefined) options.keepsExpiry = true;
    else if (args.is(index, "NX")) options.keyMust = "be new";
    else if (args.is(index, "XX")) options.keyMust = "exist";
    else if (args.is(index, "FNX")) options.fieldsMust = "be new";
    else if (args.is(index, "FXX")) options.fieldsMust = "exist";
    else throw refusal.syntax;
  }
  return options;
}

function setEx(context: CommandContext, args: CommandArguments): Outcome {
  const { db } = context;
  const at = fieldsAt(args, 2, 2);
  const { keyMust, fieldsMust, keepsExpiry, expireAtMs } = setExOptions(context, args, at);
  const key = args.text(1);
  const found = db.find(key, HashValue);
  if (keyMust !== undefined && (keyMust === "exist") !== (found !== undefined)) return unchanged;
  const fields: string[] = [];
  for (let index = at + 2; index < args.count; index += 2) fields.push(args.text(index));
  if (fieldsMust === "be new" && fields.some((field) => found?.has(field))) return unchanged;
  if (fieldsMust === "exist" && !fields.every((field) => found?.has(field))) return unchanged;
  const hash = db.editOrCreate(key, HashValue);
  for (const [index, field] of fields.entries()) {
    const value = args.text(at + 3 + 2 * index);
    if (keepsExpiry) hash.put(field, value);
    else hash.replace(field, value);
    if (expireAtMs !== undefined) hash.expireAt(field, expireAtMs);
  }
  return applied;
}

function getDel({ db }: CommandContext, args: CommandArguments): Outcome {
  const at = fieldsAt(args, 2);
  const key = args.text(1);
  const hash = db.edit(key, HashValue);
  if (hash === undefined) return unchanged;
  const before = hash.itemCount;
  for (const field of args.texts(at + 2)) hash.remove(field);
  db.dropIfEmpty(key, hash);
  return appliedIf(hash.itemCount < before);
}

export const hashExpiryCommands = rowsOf("hashes", [
  ["HEXPIRE", -6, expire({ isSeconds: true, isAbsolute: false })],
  ["HPEXPIRE", -6, expire({ isSeconds: false, isAbsolute: false })],
  ["HEXPIREAT", -6, expire({ isSeconds: true, isAbsolute: true })],
  ["HPEXPIREAT", -6, expire({ isSeconds: false, isAbsolute: true })],
  ["HPERSIST", -5, persist],
  ["HGETEX", -5, getEx],
  ["HSETEX", -6, setEx],
  ["HGETDEL", -5, getDel],
]);

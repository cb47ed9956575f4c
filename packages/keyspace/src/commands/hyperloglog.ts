/**
 * PFADD, PFMERGE, PFCOUNT, PFDEBUG. PFCOUNT is in logs because it renews the count that is kept in the value, PFDEBUG because it makes
 * sparse ones dense.
 */
import type { CommandArguments } from "../arguments.ts";
import type { Database } from "../database.ts";
import { registerCount, sparseBytesMaxDefault } from "../hyperloglog/format.ts";
import { HyperLogLog, isDenseHyperLogLog, isHyperLogLog } from "../hyperloglog/hyperloglog.ts";
import { applied, appliedIf, type Outcome, Refusal, unchanged, wrongArity } from "../outcome.ts";
import { BytesValue, bytesOfString, stringValueOf } from "../values/bytes-value.ts";
import { type CommandContext, rowsOf } from "./command.ts";

const notHyperLogLog = new Refusal("WRONGTYPE Key is not a valid HyperLogLog string value.");
const corrupt = new Refusal("INVALIDOBJ Corrupted HLL object detected");

function add({ db }: CommandContext, args: CommandArguments): Outcome {
  const key = args.text(1);
  const isNew = !db.has(key);
  const found = denseInPlace(db, key) ?? open(db, key);
  let hasRisen = false;
  for (let index = 2; index < args.count; index++) {
    const rose = found.add(args.view(index));
    if (rose === undefined) throw corrupt;
    hasRisen ||= rose;
  }
  if (!hasRisen && !isNew) return unchanged;
  found.forgetCardinality();
  save(db, key, found);
  return applied;
}

function merge({ db }: CommandContext, args: CommandArguments): Outcome {
  const registers = new Uint8Array(registerCount);
  let isDense = false;
  const target = args.text(1);
  for (const key of args.texts(1)) {
    const source = find(db, key);
    if (source === undefined) continue;
    isDense ||= source.isDense;
    if (!source.mergeInto(registers)) throw corrupt;
  }
  const merged = open(db, target);
  if (isDense && !merged.makeDense()) throw corrupt;
  for (let register = 0; register < registerCount; register++)
    if (registers[register] > 0) merged.raise(register, registers[register]);
  merged.forgetCardinality();
  save(db, target, merged);
  return applied;
}

function count({ db }: CommandContext, args: CommandArguments): Outcome {
  // Of several keys a server computes the union's count and keeps it nowhere.
  if (args.count > 2) return unchanged;
  const key = args.text(1);
  const found = find(db, key);
  if (found === undefined) return unchanged;
  const hasChanged = found.refreshCardinality();
  if (hasChanged === undefined) throw corrupt;
  if (hasChanged) save(db, key, found);
  return appliedIf(hasChanged);
}

function debug({ db }: CommandContext, args: CommandArguments): Outcome {
  if (args.is(1, "SIMD")) return unchanged;
  if (args.count !== 3) throw wrongArity("pfdebug");
  const key = args.text(2);
  const found = find(db, key);
  if (found === undefined) throw new Refusal("ERR The specified key does not exist");
  const makesDense = args.is(1, "GETREG") || args.is(1, "TODENSE");
  if (!makesDense || found.isDense) return unchanged;
  if (!found.makeDense()) throw corrupt;
  save(db, key, found);
  return applied;
}

/** A dense one, to be changed where it is: adding to it is what logs are full of, and a copy is 12 KiB. */
function denseInPlace(db: Database, key: string): HyperLogLog | undefined {
  const value = db.findString(key);
  if (!(value instanceof BytesValue) || !isHyperLogLog(value.bytes) || !isDenseHyperLogLog(value.bytes))
    return undefined;
  return HyperLogLog.inPlace(db.editBytes(key).bytes);
}

/** The key's, or an empty one. */
function open(db: Database, key: string): HyperLogLog {
  return find(db, key) ?? new HyperLogLog(undefined, sparseBytesMaxDefault);
}

function find(db: Database, key: string): HyperLogLog | undefined {
  const value = db.findString(key);
  if (value === undefined) return undefined;
  const bytes = bytesOfString(value);
  if (!isHyperLogLog(bytes)) throw notHyperLogLog;
  return new HyperLogLog(bytes, sparseBytesMaxDefault);
}

/** The key's expiry stays. A dense one takes the memory of the one before. */
function save(db: Database, key: string, changed: HyperLogLog): void {
  const before = db.findString(key);
  if (before instanceof BytesValue && before.bytes.buffer === changed.bytes.buffer) return;
  if (before instanceof BytesValue && before.size === changed.bytes.length)
    db.editBytes(key).bytes.set(changed.bytes);
  else db.put(key, stringValueOf(changed.bytes));
}

export const hyperLogLogCommands = rowsOf("hyperloglog", [
  ["PFADD", -2, add],
  ["PFMERGE", -2, merge],
  ["PFCOUNT", -2, count],
  ["PFDEBUG", -2, debug],
]);

/**
 * RESTORE key ttl payload [REPLACE] [ABSTTL] [IDLETIME seconds] [FREQ frequency], and RESTORE-ASKING, which is the same.
 *
 * Logged with ABSTTL, or with ttl 0. The payload is decoded by @holdfast/rdb; one of a version that the server knew and we know is
 * taken, whatever `rdb-version-check` would say. Source: cluster.c of Redis 7.0, restoreCommand.
 */
import { decodeDumpPayload, parseDumpPayload, RdbFormatError } from "@holdfast/rdb";
import type { CommandArguments } from "../arguments.ts";
import { applied, type Outcome, Refusal, refusal } from "../outcome.ts";
import type { KeyAttributes } from "../store/key-table.ts";
import type { Slabs } from "../store/slabs.ts";
import type { Value } from "../values/value.ts";
import { ValueLoader } from "../values/value-loader.ts";
import { type CommandContext, rowsOf } from "./command.ts";
import { absoluteMs } from "./expiry.ts";

interface RestoreOptions {
  replaces: boolean;
  isAbsolute: boolean;
  idleSec: number | undefined;
  frequency: number | undefined;
}

function restore(context: CommandContext, args: CommandArguments): Outcome {
  const { db } = context;
  const { replaces, isAbsolute, idleSec, frequency } = restoreOptions(args);
  const key = args.text(1);
  if (!replaces && db.has(key)) throw refusal.busyKey;
  const ttl = args.int64(2);
  if (ttl < 0n) throw new Refusal("ERR Invalid TTL value, must be >= 0");
  const { value, meta } = valueOfPayload(args.view(3), db.slabs);
  const unit = { isSeconds: false, isAbsolute };
  const expireAtMs = ttl === 0n ? undefined : absoluteMs(context, args, 2, unit);
  db.replace(key, value);
  if (expireAtMs !== undefined) db.expireAt(key, expireAtMs);
  const attributes: KeyAttributes = { idleSec, frequency, meta };
  if (idleSec !== undefined || frequency !== undefined || meta !== undefined)
    db.setAttributes(key, attributes);
  return applied;
}

function restoreOptions(args: CommandArguments): RestoreOptions {
  const options: RestoreOptions = {
    replaces: false,
    isAbsolute: false,
    idleSec: undefined,
    frequency: undefined,
  };
  for (let index = 4; index < args.count; index++) {
    const hasMore = index + 1 < args.count;
    if (args.is(index, "REPLACE")) options.replaces = true;
    else if (args.is(index, "ABSTTL")) options.isAbsolute = true;
    else if (args.is(index, "IDLETIME") && hasMore && options.frequency === undefined) {
      options.idleSec = args.integer(++index);
      if (options.idleSec < 0) throw new Refusal("ERR Invalid IDLETIME value, must be >= 0");
    } else if (args.is(index, "FREQ") && hasMore && options.idleSec === undefined) {
      options.frequency = args.integer(++index);
      if (options.frequency < 0 || options.frequency > 255)
        throw new Refusal("ERR Invalid FREQ value, must be >= 0 and <= 255");
    } else throw refusal.syntax;
  }
  return options;
}

function valueOfPayload(payload: Uint8Array, slabs: Slabs): { value: Value; meta: Uint8Array | undefined } {
  const loader = new ValueLoader(slabs);
  let value: Value | undefined;
  try {
    const { meta } = parseDumpPayload(payload);
    for (const event of decodeDumpPayload(payload)) {
      if (event.kind === "key") value = loader.begin(event);
      else if (event.kind === "items") value = loader.add(event);
    }
    if (isSound(value)) return { value, meta: meta?.slice() };
  } catch (thrown) {
    loader.abandon();
    if (!(thrown instanceof RdbFormatError)) throw thrown;
    throw isSealBroken(thrown) ? refusal.badPayloadSeal : refusal.badPayload;
  }
  throw refusal.badPayload;
}

/** Servers refuse a collection without elements. */
function isSound(value: Value | undefined): value is Value {
  if (value === undefined) return false;
  return typeof value === "string" || value.type === "stream" || value.itemCount !== 0;
}

function isSealBroken({ code }: RdbFormatError): boolean {
  return code === "RDB_CHECKSUM_MISMATCH" || code === "RDB_UNSUPPORTED_VERSION";
}

export const restoreCommands = rowsOf("keys", [
  ["RESTORE", -4, restore],
  ["RESTORE-ASKING", -4, restore],
]);

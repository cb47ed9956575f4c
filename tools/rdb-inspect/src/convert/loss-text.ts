/** Losses in words: what a target cannot hold, key by key and in total. */
import { jsonValueOfBytes } from "../output/json-text.ts";
import { formatKey } from "../report.ts";
import { formatCount } from "../sizes-and-times.ts";
import type { Loss, LossTotal } from "./convert-pass.ts";

const words: Readonly<Record<Loss["kind"], string>> = {
  stream: "streams",
  module: "module values",
  "vector-set": "vector sets",
  array: "arrays",
  "field-expiry": "expiries of hash fields",
  "stream-counters": "stream counters",
  "consumer-active-time": "active times of stream consumers",
  idempotency: "idempotency ids of streams",
  "nacked-entries": "nacked stream entries",
  "expiry-milliseconds": "milliseconds of expiries",
  "idle-time": "idle times",
  frequency: "access frequencies",
  "key-metadata": "key metadata",
  function: "function libraries",
  script: "cached scripts",
  "module-aux": "module data beside the keys",
  "slot-import": "slot imports that had not finished",
  "append-only-log": "an append-only log behind the snapshot",
};

/** `key "a" in db 0: expiries of hash fields (3)`, or `key "a" in db 0: left out, streams`. */
export function lossLine({ kind, key, db, isWholeKey, count }: Loss): string {
  const what = `${isWholeKey ? "left out, " : ""}${words[kind]}${count > 1 ? ` (${formatCount(count)})` : ""}`;
  return key === undefined ? what : `key ${formatKey(key, db)}: ${what}`;
}

/** `expiries of hash fields in 3 keys`. */
export function totalLine({ kind, keyCount, count }: LossTotal): string {
  if (keyCount === 0) return `${words[kind]}: ${formatCount(count)}`;
  return `${words[kind]} in ${formatCount(keyCount)} ${keyCount === 1 ? "key" : "keys"}`;
}

export function lossJson({ kind, key, db, isWholeKey, count }: Loss): object {
  return {
    kind,
    db: db ?? null,
    key: key === undefined ? null : jsonValueOfBytes(key),
    isWholeKey,
    count,
  };
}

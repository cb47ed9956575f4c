/** Losses in words: what a target cannot hold, key by key and in total. */
import { formatCount, formatKey, type Style } from "@holdfast/command-line";
import { jsonValueOfBytes } from "../output/json-text.ts";
import type { Loss, LossTotal } from "./loss-list.ts";

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
  expiry: "expiries beyond 2038",
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
function lossLine({ kind, key, db, isWholeKey, count }: Loss): string {
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

export interface LossReport {
  readonly losses: readonly Loss[];
  readonly lossCount: number;
  readonly totals: readonly LossTotal[];
}

/** The list for stderr: a line for each loss, how many more there are, and, when nothing was written for them, what to do. */
export function lossesText(
  { losses, lossCount, totals }: LossReport,
  options: { readonly isAllowed: boolean; readonly targetName: string },
  style: Style,
): string {
  if (lossCount === 0) return "";
  const mark = options.isAllowed ? style.doubtful("rdb-inspect:") : style.bad("rdb-inspect:");
  const lines = losses.map((loss) => `${mark} ${lossLine(loss)}`);
  const unlisted = lossCount - losses.length;
  if (unlisted > 0) lines.push(`${mark} and ${formatCount(unlisted)} more, --max-losses lists them`);
  if (!options.isAllowed) {
    const what = totals.map(totalLine).join("; ");
    lines.push(`${mark} ${options.targetName} cannot hold ${what}: nothing was written`);
    lines.push(`  ${style.dim("next")}  --allow-loss writes without these; or choose another --target`);
  }
  return `${lines.join("\n")}\n`;
}

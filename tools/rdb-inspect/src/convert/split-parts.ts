/**
 * Into which parts a file is split: cluster slots, databases, or prefixes; each part is a rule and the name of a file.
 *
 *   --shards 3            slots-0-5460.rdb  slots-5461-10922.rdb  slots-10923-16383.rdb
 *   --slots 0-99          slots-0-99.rdb, repeatable; all together must hold every slot once
 *   --by db               db-0.rdb  db-5.rdb
 *   --by prefix           prefix-user.rdb  prefix-session.rdb  without-prefix.rdb
 *
 * Every key belongs to exactly one part. Databases and prefixes are those of the file: a walk over its keys finds them.
 */

import { CLUSTER_SLOTS, slotOfKey } from "@holdfast/bytes";
import { type FilterSettings, KeyFilter, type NumberRange, UsageError } from "@holdfast/command-line";
import type { KeyHead, RdbEvent } from "@holdfast/rdb";
import type { Pass, PassKind } from "../pass.ts";
import { type ChosenKeys, selectBy } from "../passes/select.ts";

/** Which keys a part has. */
export type SplitRule =
  | { readonly by: "slot"; readonly from: number; readonly to: number }
  | { readonly by: "db"; readonly db: number }
  /** One character a byte, with the separator; "" is for keys that have none. */
  | { readonly by: "prefix"; readonly prefix: string; readonly separator: string };

export interface SplitPart {
  /** Without a folder. */
  readonly fileName: string;
  readonly rule: SplitRule;
}

/** A file each is meant for a handful, not for thousands. */
export const partsMax = 256;

/** Whether a key is of this part. */
export function belongsTo(
  rule: SplitRule,
  head: Pick<KeyHead, "db" | "keyBuffer" | "keyStart" | "keyEnd">,
): boolean {
  switch (rule.by) {
    case "slot": {
      const slot = slotOfKey(nameOf(head));
      return slot >= rule.from && slot <= rule.to;
    }
    case "db":
      return head.db === rule.db;
    case "prefix":
      return prefixOf(nameOf(head), rule.separator) === rule.prefix;
  }
}

/** Equal shares of the slots. Throws UsageError for a count that is none. */
export function shardParts(count: number): SplitPart[] {
  if (count < 1 || count > partsMax)
    throw new UsageError(`--shards wants a number from 1 to ${partsMax}, not ${count}`);
  const border = (index: number) => Math.round((index * CLUSTER_SLOTS) / count);
  return Array.from({ length: count }, (_, index) =>
    slotPart({ from: border(index), to: border(index + 1) - 1 }),
  );
}

/** Throws UsageError when a slot is in none of the ranges, or in two: its keys would be lost, or be there twice. */
export function slotParts(ranges: readonly NumberRange[]): SplitPart[] {
  const sorted = [...ranges].sort((one, other) => one.from - other.from);
  let next = 0;
  for (const { from, to } of sorted) {
    if (from > next) throw new UsageError(`--slots: slots ${next}-${from - 1} are in none of the ranges`);
    if (from < next) throw new UsageError(`--slots: slot ${from} is in two of the ranges`);
    next = to + 1;
  }
  if (next < CLUSTER_SLOTS)
    throw new UsageError(`--slots: slots ${next}-${CLUSTER_SLOTS - 1} are in none of the ranges`);
  return sorted.map(slotPart);
}

/** `0-5460`, or one slot. Throws UsageError for anything else. */
export function parseSlotRange(text: string): NumberRange {
  const match = /^(\d+)(?:-(\d+))?$/.exec(text);
  const from = Number(match?.[1]);
  const to = Number(match?.[2] ?? match?.[1]);
  if (match !== null && from <= to && to < CLUSTER_SLOTS) return { from, to };
  throw new UsageError(
    `--slots wants a slot or a range between 0 and ${CLUSTER_SLOTS - 1}, such as 0-5460, not "${text}"`,
  );
}

function slotPart({ from, to }: NumberRange): SplitPart {
  return { fileName: `slots-${from}-${to}.rdb`, rule: { by: "slot", from, to } };
}

function dbPart(db: number): SplitPart {
  return { fileName: `db-${db}.rdb`, rule: { by: "db", db } };
}

function prefixPart(prefix: string, separator: string): SplitPart {
  const name = prefix.slice(0, prefix.length - separator.length);
  const fileName = prefix === "" ? "without-prefix.rdb" : `prefix-${fileNameOf(name)}.rdb`;
  return { fileName, rule: { by: "prefix", prefix, separator } };
}

/** Everything up to the first separator, and that; "" where there is none. */
function prefixOf(key: Uint8Array, separator: string): string {
  const text = Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString("latin1");
  const at = text.indexOf(separator);
  return at === -1 ? "" : text.slice(0, at + separator.length);
}

/** Different for different prefixes, also where names do not know upper from lower case: other characters become %XX. */
function fileNameOf(prefix: string): string {
  return prefix.replace(/[^a-z0-9_.-]|^\./g, (character) => {
    const hex = character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0");
    return `%${hex}`;
  });
}

function nameOf({
  keyBuffer,
  keyStart,
  keyEnd,
}: Pick<KeyHead, "keyBuffer" | "keyStart" | "keyEnd">): Uint8Array {
  return keyBuffer.subarray(keyStart, keyEnd);
}

export interface PartsSettings {
  readonly filters: FilterSettings;
  readonly chosen: ChosenKeys | undefined;
  readonly by: "db" | "prefix";
  /** One character a byte. */
  readonly separator: string;
}

/** Finds the parts that a file has, in the order of their first key. Throws UsageError beyond partsMax. */
class PartsPass implements Pass<SplitPart[]> {
  readonly decoder: Pass<SplitPart[]>["decoder"];
  readonly pendingBytes = 0;
  readonly #settings: PartsSettings;
  readonly #found = new Map<string, SplitPart>();

  constructor(settings: PartsSettings) {
    this.#settings = settings;
    this.decoder = { level: "skip", ...selectBy(new KeyFilter(settings.filters), "skip", settings.chosen) };
  }

  consume(event: RdbEvent): void {
    if (event.kind !== "key") return;
    const { by, separator } = this.#settings;
    const id = by === "db" ? String(event.db) : prefixOf(event.key, separator);
    if (this.#found.has(id)) return;
    if (this.#found.size === partsMax)
      throw new UsageError(`--by ${by} would make more than ${partsMax} files`, {
        nextStep: "choose keys with a filter, or split by slots",
      });
    this.#found.set(id, by === "db" ? dbPart(event.db) : prefixPart(id, separator));
  }

  takeOutput(): undefined {}

  finish(): SplitPart[] {
    return [...this.#found.values()];
  }
}

export const partsPass: PassKind<PartsSettings, SplitPart[]> = {
  name: "parts",
  create: (settings) => new PartsPass(settings),
};

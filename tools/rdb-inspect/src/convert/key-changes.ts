/**
 * What a conversion changes about keys on its way: names and expiries.
 *
 *   --rename old:=new:      a name that begins with old: begins with new: instead; the first rule that fits counts
 *   --ttl keep              expiries stay as they are
 *   --ttl persist           nothing expires any more
 *   --ttl shift             everything lives as long from now on as it had left when the file was written
 *   --ttl shift=2h          expiries move by so much; shift=-1d moves them back
 *
 * Expiries are those of keys and of hash fields.
 */
import type { HashField, ItemBatch, ItemsEvent, KeyEvent } from "@holdfast/rdb";
import { UsageError } from "../problems.ts";
import { parseDuration } from "../sizes-and-times.ts";

export interface Rename {
  readonly from: Uint8Array;
  readonly to: Uint8Array;
}

/** `shiftMs` undefined: by the age of the file, which is known when its aux fields were read. */
export type TtlRule =
  | { readonly kind: "keep" }
  | { readonly kind: "persist" }
  | { readonly kind: "shift"; readonly shiftMs: number | undefined };

/** Throws UsageError for a rule without an equals sign, or with nothing in front of it. */
export function parseRename(text: string): Rename {
  const at = text.indexOf("=");
  if (at < 1) throw new UsageError(`--rename wants FROM=TO, such as old:=new:, not "${text}"`);
  return { from: Buffer.from(text.slice(0, at), "utf8"), to: Buffer.from(text.slice(at + 1), "utf8") };
}

/** Throws UsageError with what is allowed. */
export function parseTtl(text: string): TtlRule {
  if (text === "keep" || text === "persist") return { kind: text };
  if (text === "shift") return { kind: "shift", shiftMs: undefined };
  const amount = /^shift=([+-]?)(.+)$/.exec(text);
  const durationMs = amount === null ? undefined : parseDuration(amount[2]);
  if (amount === null || durationMs === undefined)
    throw new UsageError(`--ttl wants keep, persist, shift, or shift=2h and shift=-1d, not "${text}"`);
  return { kind: "shift", shiftMs: amount[1] === "-" ? -durationMs : durationMs };
}

/** The name under which a key is written; the given one when no rule fits. */
export function renamed(key: Uint8Array, renames: readonly Rename[]): Uint8Array {
  for (const { from, to } of renames)
    if (key.length >= from.length && Buffer.compare(key.subarray(0, from.length), from) === 0)
      return Buffer.concat([to, key.subarray(from.length)]);
  return key;
}

/** Moves an expiry; undefined is never. */
export type ExpiryChange = (expireAtMs: number | undefined) => number | undefined;

/** The key event with another name and other expiries. Borrows from the given one. */
export function changedKey(event: KeyEvent, key: Uint8Array, change: ExpiryChange): KeyEvent {
  return {
    kind: "key",
    db: event.db,
    key,
    keyBuffer: key,
    keyStart: 0,
    keyEnd: key.length,
    type: event.type,
    encoding: event.encoding,
    row: event.row,
    expireAtMs: change(event.expireAtMs),
    idleSec: event.idleSec,
    frequency: event.frequency,
    meta: event.meta,
    itemCount: event.itemCount,
    items: changedItems(event.items, change),
    last: event.last,
    recordOffset: event.recordOffset,
    offset: event.offset,
    endOffset: event.endOffset,
  };
}

export function changedMore(event: ItemsEvent, change: ExpiryChange): ItemsEvent {
  return { ...event, items: changedItems(event.items, change) };
}

function changedItems(items: ItemBatch, change: ExpiryChange): ItemBatch {
  if (items.of !== "fields") return items;
  const fields = items.fields.map(({ field, value, expireAtMs }): HashField => {
    return { field, value, expireAtMs: change(expireAtMs) };
  });
  return { of: "fields", fields };
}

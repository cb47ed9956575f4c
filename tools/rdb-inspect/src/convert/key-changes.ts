/**
 * What a conversion changes about keys on its way beside their names: expiries.
 *
 *   --ttl keep              expiries stay as they are
 *   --ttl persist           nothing expires any more
 *   --ttl shift             everything lives as long from now on as it had left when the file was written
 *   --ttl shift=2h          expiries move by so much; shift=-1d moves them back
 *
 * Expiries are those of keys and of hash fields.
 */
import { parseDuration, UsageError } from "@holdfast/command-line";
import type { HashField, ItemBatch, ItemsEvent, KeyEvent } from "@holdfast/rdb";

/** `shiftMs` undefined: by the age of the file, which is known when its aux fields were read. */
export type TtlRule =
  | { readonly kind: "keep" }
  | { readonly kind: "persist" }
  | { readonly kind: "shift"; readonly shiftMs: number | undefined };

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

/** A key event under another name. */
import type { KeyEvent } from "@holdfast/rdb";

/** Borrows everything else from the given one. */
export function namedKey(event: KeyEvent, name: Uint8Array, expireAtMs: number | undefined): KeyEvent {
  return {
    kind: "key",
    db: event.db,
    key: name,
    keyBuffer: name,
    keyStart: 0,
    keyEnd: name.length,
    type: event.type,
    encoding: event.encoding,
    row: event.row,
    expireAtMs,
    idleSec: event.idleSec,
    frequency: event.frequency,
    meta: event.meta,
    itemCount: event.itemCount,
    items: event.items,
    last: event.last,
    recordOffset: event.recordOffset,
    offset: event.offset,
    endOffset: event.endOffset,
  };
}

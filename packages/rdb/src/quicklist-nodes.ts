/**
 * The head of a node of a quicklist in its second form (type 18): one plain element, or a listpack.
 *
 * Source: quicklist.h of Redis and Valkey.
 */
import type { RdbCursor } from "./cursor.ts";

export const quicklistPlain = 1;
export const quicklistPacked = 2;

/** Reads the container kind of a quicklist node: plain or packed. */
export function readContainer(cursor: RdbCursor): number {
  const at = cursor.window.position;
  const container = cursor.length();
  if (container !== quicklistPlain && container !== quicklistPacked) {
    cursor.fail("RDB_BAD_QUICKLIST", `quicklist node of container ${container}, only 1 and 2 exist`, at);
  }
  return container;
}

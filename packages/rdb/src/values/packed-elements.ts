/**
 * Values that are one packed encoding whose entries are the elements: lists in a ziplist, sets in an
 * intset or a listpack.
 */
import { checkPackedEntryIsNew } from "./packed-duplicates.ts";
import type { ValueScan } from "./value-scan.ts";

const phase = { open: 0, entries: 1 } as const;

export function readPackedElements(scan: ValueScan, unique = false): boolean {
  const { packed } = scan;
  if (scan.phase === phase.open) {
    if (!scan.openPacked(scan.row.packed ?? "listpack")) return true;
    scan.itemCount = packed.left;
    scan.enter(phase.entries);
    if (!scan.building) {
      scan.seen.expect(packed.left);
      while (unique && packed.left > 0) {
        packed.next();
        checkPackedEntryIsNew(scan, "a member");
      }
      packed.left = 0;
    }
  }
  while (packed.left > 0) {
    if (scan.isBatchFull) return false;
    packed.next();
    scan.addElement(scan.packedText());
  }
  return scan.finish();
}

/** Sets: types 2 (plain), 11 (intset), 20 (listpack). */
import { readPackedElements } from "./packed-elements.ts";
import type { ValueReader } from "./value-scan.ts";

const phase = { count: 0, members: 1 } as const;

/** Type 2. */
export const readPlainSet: ValueReader = (scan) => {
  if (scan.phase === phase.count) {
    scan.itemCount = scan.cursor.length();
    scan.enter(phase.members, scan.itemCount);
    scan.seen.expect(scan.itemCount);
  }
  while (scan.left > 0) {
    if (scan.isBatchFull) return false;
    scan.readElement();
    if (scan.building) scan.addElement(scan.strings.text());
    else scan.mustBeNew("a member");
    scan.roundDone();
  }
  return scan.finish();
};

/** Type 11: its order was checked with the rest of the intset, so no member stands twice. */
export const readIntset: ValueReader = (scan) => readPackedElements(scan);

/** Type 20. */
export const readListpackSet: ValueReader = (scan) => readPackedElements(scan, true);

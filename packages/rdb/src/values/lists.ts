/**
 * Lists: types 1 (plain), 10 (one ziplist), 14 (quicklist of ziplists), 18 (quicklist of listpacks and
 * plain nodes).
 */
import { quicklistPlain, readContainer } from "../quicklist-nodes.ts";
import { readPackedElements } from "./packed-elements.ts";
import type { ValueReader, ValueScan } from "./value-scan.ts";

const phase = { count: 0, elements: 1, node: 2 } as const;

/** Type 1, and the shape of every collection of plain strings. */
export const readPlainList: ValueReader = (scan) => {
  if (scan.phase === phase.count) {
    scan.itemCount = scan.cursor.length();
    scan.enter(phase.elements, scan.itemCount);
  }
  while (scan.left > 0) {
    if (scan.isBatchFull) return false;
    if (scan.building) {
      scan.readElement();
      scan.addElement(scan.strings.text());
    } else {
      scan.passElement();
    }
    scan.roundDone();
  }
  return scan.finish();
};

/** Type 10. */
export const readPackedList: ValueReader = (scan) => readPackedElements(scan);

/** Types 14 and 18: nodes, each one packed encoding or, in type 18, one plain element. */
export const readQuicklist: ValueReader = (scan) => {
  if (scan.phase === phase.count) {
    scan.itemCount = 0;
    scan.enter(phase.elements, scan.cursor.length());
  }
  for (;;) {
    if (scan.phase === phase.node && !drainNode(scan)) return false;
    if (scan.left === 0) return scan.finish();
    if (scan.isBatchFull) return false;
    readNode(scan);
  }
};

function readNode(scan: ValueScan): void {
  const kind = scan.row.packed ?? "listpack";
  if (kind === "listpack" && readContainer(scan.cursor) === quicklistPlain) {
    scan.readElement();
    const { strings } = scan;
    if (strings.textBytes === 0)
      scan.cursor.fail("RDB_BAD_QUICKLIST", "plain quicklist node of 0 bytes", strings.at);
    if (scan.building) scan.addElement(strings.text());
    scan.itemCount = (scan.itemCount ?? 0) + 1;
  } else if (scan.openPacked(kind)) {
    scan.itemCount = (scan.itemCount ?? 0) + scan.packed.left;
    scan.phase = phase.node;
  }
  scan.roundDone();
}

/** Hands over what the open node still holds; false when the batch is full first. */
function drainNode(scan: ValueScan): boolean {
  const { packed } = scan;
  if (!scan.building) packed.left = 0;
  while (packed.left > 0) {
    if (scan.isBatchFull) return false;
    packed.next();
    scan.addElement(scan.packedText());
  }
  scan.phase = phase.elements;
  return true;
}

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

/** Elements of the nodes so far. The list says nowhere how many it has: the sum is its count only behind the last node. */
class NodeSum {
  elements = 0;
}

/** Types 14 and 18: nodes, each one packed encoding or, in type 18, one plain element. */
export const readQuicklist: ValueReader = (scan) => {
  const sum = scan.remember(() => new NodeSum());
  if (scan.phase === phase.count) scan.enter(phase.elements, scan.cursor.length());
  for (;;) {
    if (scan.phase === phase.node && !drainNode(scan)) return false;
    if (scan.left === 0) {
      scan.itemCount = sum.elements;
      return scan.finish();
    }
    if (scan.isBatchFull) return false;
    readNode(scan, sum);
  }
};

function readNode(scan: ValueScan, sum: NodeSum): void {
  const kind = scan.row.packed ?? "listpack";
  if (kind === "listpack" && readContainer(scan.cursor) === quicklistPlain) {
    scan.readElement();
    const { strings } = scan;
    if (strings.textBytes === 0)
      scan.cursor.fail("RDB_BAD_QUICKLIST", "plain quicklist node of 0 bytes", strings.at);
    if (scan.building) scan.addElement(strings.text());
    sum.elements += 1;
  } else if (scan.openPacked(kind)) {
    sum.elements += scan.packed.left;
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

/** Sorted sets: types 3 (ASCII scores), 5 (binary scores), 12 (ziplist), 17 (listpack). */
import { checkPackedEntryIsNew } from "./packed-duplicates.ts";
import { packedScore, readBinaryScore, readTextScore } from "./scores.ts";
import type { ValueReader, ValueScan } from "./value-scan.ts";

const phase = { count: 0, members: 1 } as const;
const textScoresType = 3;

/** Types 3 and 5: member, score, member, score, … */
export const readPlainZset: ValueReader = (scan) => {
  if (scan.phase === phase.count) {
    scan.itemCount = scan.cursor.length();
    scan.enter(phase.members, scan.itemCount);
    scan.seen.expect(scan.itemCount);
  }
  const readScore = scan.row.number === textScoresType ? readTextScore : readBinaryScore;
  while (scan.left > 0) {
    if (scan.isBatchFull) return false;
    scan.readElement();
    const { strings } = scan;
    if (scan.building) {
      const member = strings.text();
      scan.addMember(member, readScore(scan.cursor));
    } else {
      // The score first: a member must not be remembered before its record is known to be whole.
      readScore(scan.cursor);
      scan.mustBeNew("a member");
    }
    scan.roundDone();
  }
  return scan.finish();
};

/** Types 12 and 17: member, score, member, score, … in one packed encoding. */
export const readPackedZset: ValueReader = (scan) => {
  const { packed } = scan;
  if (scan.phase === phase.count) {
    if (!scan.openPacked(scan.row.packed ?? "listpack")) return true;
    if (!hasWholePairs(scan)) return true;
    scan.enter(phase.members);
    if (!scan.building) checkMembers(scan);
  }
  while (packed.left > 0) {
    if (scan.isBatchFull) return false;
    packed.next();
    const member = scan.packedText();
    packed.next();
    scan.addMember(member, packedScore(packed, scan.strings.at));
  }
  return scan.finish();
};

function hasWholePairs(scan: ValueScan): boolean {
  const { packed, strings } = scan;
  scan.itemCount = packed.left >> 1;
  if (packed.left % 2 === 0) return true;
  const code = scan.row.packed === "ziplist" ? "RDB_BAD_ZIPLIST" : "RDB_BAD_LISTPACK";
  scan.report(code, `${packed.left} entries do not make pairs of member and score`, strings.at);
  packed.left = 0;
  return false;
}

function checkMembers(scan: ValueScan): void {
  const { packed } = scan;
  scan.seen.expect(packed.left / 2);
  while (packed.left > 0) {
    packed.next();
    checkPackedEntryIsNew(scan, "a member");
    packed.next();
    try {
      packedScore(packed, scan.strings.at);
    } catch (error) {
      packed.left = 0;
      scan.reportDamage(error);
    }
  }
}

import type { ReadLevel } from "@holdfast/rdb";
import { listFixtures, readHexFixture } from "@holdfast/testkit";
import { describe, expect, it } from "vitest";
import { type Run, runOf } from "./event-lines.ts";

const smallFileBytesMax = 700;
const masks: readonly number[] = [0x01, 0x80, 0xff];
const levels: readonly ReadLevel[] = ["items", "check"];
const checksumBytes = 8;

/** Bytes that may be wrong without anybody seeing it, where no checksum guards them: first and last, and why. */
const dontCare: Readonly<Record<string, readonly (readonly [number, number, string])[]>> = {
  "hash-field-expiry": [
    [91, 98, "type 25: the least expiry is a hint that servers read and ignore"],
    [153, 160, "the same"],
  ],
  "hash-templates": [
    [153, 153, "type 29: an integer in the place of a template id"],
    [178, 178, "the same"],
  ],
  "stream-15": [
    [64, 67, "id of a deleted entry"],
    [70, 73, "content of a deleted entry"],
  ],
  "stream-19": [
    [63, 66, "id of a deleted entry"],
    [69, 69, "content of a deleted entry"],
  ],
  "stream-emptied-node": [
    [16, 31, "id of a node whose only entry was deleted"],
    [46, 60, "field name, id and content of the deleted entry"],
  ],
  "string-lzf": [[364, 364, "a copy from another place where the same bytes stand"]],
  "v1-plain": [[115, 115, "the 17th digit of 3.1400000000000001 makes no other double"]],
  "zset-ascii": [
    [41, 41, "4e-324 is the same double as 5e-324"],
    [71, 71, "the 17th digit of 0.10000000000000001 makes no other double"],
    [97, 97, "the 17th digit of 0.33333333333333331 makes no other double"],
  ],
};

describe("a file with one wrong byte", () => {
  for (const fixture of listFixtures("rdb/hex", ".hex")) {
    const bytes = readHexFixture(fixture.path);
    if (bytes.length > smallFileBytesMax) continue;
    it(`${fixture.name}: is refused, or says something else where it has no checksum`, () => {
      for (const level of levels) expectFlips(fixture.name, bytes, level);
    });
    it(`${fixture.name}: with its checksum off, is refused or says something else, but for bytes without meaning`, () => {
      expectFlips(fixture.name, withoutChecksum(bytes), "items");
    });
  }
});

/** Zero means that the writer had checksums off. */
function withoutChecksum(bytes: Uint8Array): Uint8Array {
  const end = runOf([bytes], { level: "skip" }).end;
  const copy = bytes.slice();
  if (end?.checksum === "ok") copy.fill(0, end.endOffset - checksumBytes, end.endOffset);
  return copy;
}

function expectFlips(name: string, bytes: Uint8Array, level: ReadLevel): void {
  const options = { level, totalBytes: bytes.length };
  const whole = runOf([bytes], options);
  const flipped = bytes.slice();
  for (let at = 0; at < bytes.length; at += 1) {
    for (const mask of masks) {
      flipped[at] = bytes[at] ^ mask;
      const verdict = judge(runOf([flipped], options), whole, level);
      if (verdict !== undefined && !isDontCare(name, at))
        expect.soft(verdict, `${name}, level ${level}, byte ${at} ^ ${mask}`).toBe(undefined);
    }
    flipped[at] = bytes[at];
  }
}

function isDontCare(name: string, at: number): boolean {
  return dontCare[name]?.some(([first, last]) => at >= first && at <= last) ?? false;
}

/** What is wrong with the outcome of a flip; undefined when nothing is. */
function judge(run: Run, whole: Run, level: ReadLevel): string | undefined {
  if (run.error !== undefined) return run.error.code.startsWith("RDB_") ? undefined : "an unknown code";
  if (run.damage.length > 0) return undefined;
  if (run.end?.checksum === "ok") return "the checksum was called right";
  // A flip that makes an end out of data, or a version without checksum out of a later one, leaves bytes behind.
  if (run.trailingBytes !== whole.trailingBytes) return undefined;
  if (run.end?.checksum !== whole.end?.checksum) return "the checksum is not looked for any more";
  // Level "check" hands over no values: what is in them is not its to tell.
  const isSame = level === "items" && isDeepSame(run.lines, whole.lines);
  return isSame ? "nothing is different" : undefined;
}

function isDeepSame(first: readonly string[], second: readonly string[]): boolean {
  return first.length === second.length && first.every((line, index) => line === second[index]);
}

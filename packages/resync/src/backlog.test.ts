import { testSeed } from "@holdfast/testkit";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MemoryBacklog } from "./backlog.ts";

/** Byte `offset` of every stream here, so that what is read can be told from its place. */
const byteAt = (offset: number) => (offset * 7 + (offset >> 8)) & 0xff;

function bytesFrom(offset: number, size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, index) => byteAt(offset + index));
}

function readAll(backlog: MemoryBacklog, from: number, bytesMax = 50_000): Uint8Array {
  const pieces: Uint8Array[] = [];
  let offset = from;
  for (
    let piece = backlog.read(offset, bytesMax);
    piece !== undefined;
    piece = backlog.read(offset, bytesMax)
  ) {
    expect(piece.length).toBeLessThanOrEqual(bytesMax);
    pieces.push(piece);
    offset += piece.length;
  }
  return Buffer.concat(pieces);
}

describe("a backlog in memory", () => {
  test("gives back what was appended, from any offset, in pieces of at most what was asked", () => {
    const backlog = new MemoryBacklog({ capacityBytes: 1 << 20, startOffset: 1000 });
    backlog.append(bytesFrom(1000, 10));
    backlog.append(bytesFrom(1010, 200_000));
    backlog.append(new Uint8Array(0));
    expect([backlog.firstOffset, backlog.endOffset]).toEqual([1000, 201_010]);
    for (const from of [1000, 1009, 1010, 66_536, 201_009])
      expect(Buffer.compare(readAll(backlog, from), bytesFrom(from, 201_010 - from))).toBe(0);
    expect(backlog.read(1000, 1)).toEqual(bytesFrom(1000, 1));
  });

  test("has nothing at its end, before its beginning, and when it is new", () => {
    const backlog = new MemoryBacklog({ capacityBytes: 100, startOffset: 40 });
    expect([backlog.firstOffset, backlog.endOffset, backlog.read(40, 10)]).toEqual([40, 40, undefined]);
    backlog.append(bytesFrom(40, 5));
    expect(backlog.read(45, 10)).toBeUndefined();
    expect(backlog.read(39, 10)).toBeUndefined();
  });

  test("drops its oldest blocks when the others are enough", () => {
    const backlog = new MemoryBacklog({ capacityBytes: 100_000 });
    for (let offset = 0; offset < 1_000_000; offset += 1000) backlog.append(bytesFrom(offset, 1000));
    expect(backlog.endOffset - backlog.firstOffset).toBeGreaterThanOrEqual(100_000);
    expect(backlog.endOffset - backlog.firstOffset).toBeLessThan(100_000 + 65_536 + 1000);
  });

  test("keeps what is held, up to a limit, and lets go of it when it is released", () => {
    const options = { capacityBytes: 65_536, heldBytesMax: 500_000 };
    const backlog = new MemoryBacklog(options);
    backlog.append(bytesFrom(0, 100));
    const hold = backlog.hold(50);
    backlog.append(bytesFrom(100, 400_000));
    expect(backlog.firstOffset).toBe(0);
    hold.moveTo(300_000);
    expect(backlog.firstOffset).toBeGreaterThan(50);
    expect(backlog.firstOffset).toBeLessThanOrEqual(300_000);
    hold.moveTo(10);
    expect(backlog.read(300_000, 1)).toEqual(bytesFrom(300_000, 1));
    backlog.append(bytesFrom(400_100, 600_000));
    expect(backlog.firstOffset).toBeGreaterThan(300_000);
    hold.release();
    expect(backlog.endOffset - backlog.firstOffset).toBeLessThanOrEqual(65_536 * 2);
    hold.release();
    hold.moveTo(2_000_000);
  });

  test("starts again under another history", () => {
    const backlog = new MemoryBacklog({ capacityBytes: 1000 });
    backlog.append(bytesFrom(0, 100));
    backlog.restartAt(7000);
    expect([backlog.firstOffset, backlog.endOffset]).toEqual([7000, 7000]);
    backlog.append(bytesFrom(7000, 3));
    expect(readAll(backlog, 7000)).toEqual(Buffer.from(bytesFrom(7000, 3)));
  });

  test("agrees with a plain array, whatever is appended and read", () => {
    const step = fc.oneof(
      fc.record({ append: fc.integer({ min: 0, max: 150_000 }) }),
      fc.record({ read: fc.integer({ min: 0, max: 500_000 }) }),
    );
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200_000 }),
        fc.array(step, { maxLength: 12 }),
        (capacityBytes, steps) => {
          const backlog = new MemoryBacklog({ capacityBytes, heldBytesMax: 0 });
          let end = 0;
          for (const each of steps) {
            if ("append" in each) {
              backlog.append(bytesFrom(end, each.append));
              end += each.append;
              expect(backlog.endOffset).toBe(end);
              expect(end - backlog.firstOffset).toBeGreaterThanOrEqual(Math.min(end, capacityBytes));
            } else {
              const piece = backlog.read(each.read, 1000);
              const isThere = each.read >= backlog.firstOffset && each.read < end;
              if (!isThere) expect(piece).toBeUndefined();
              else expect(Buffer.compare(piece!, bytesFrom(each.read, piece!.length))).toBe(0);
            }
          }
        },
      ),
      { seed: testSeed(), numRuns: 40 },
    );
  });
});

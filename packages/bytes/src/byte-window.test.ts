import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ByteWindow, slotsOf } from "./byte-window.ts";

const bytesOf = (...values: number[]) => Uint8Array.from(values);

describe("a byte window", () => {
  test("hands out all pushed bytes in order, whatever the chunks and the reads", () => {
    const chunks = fc.array(fc.uint8Array({ maxLength: 600 }), { maxLength: 30 });
    const reads = fc.array(fc.nat(900), { minLength: 30, maxLength: 30 });
    fc.assert(
      fc.property(chunks, reads, fc.boolean(), (pushed, counts, poison) => {
        const window = new ByteWindow({ start: 5, poison });
        const read: number[] = [];
        pushed.forEach((chunk, index) => {
          window.push(Uint8Array.from(chunk));
          read.push(...window.take(Math.min(window.available, counts[index])));
          expect(window.offset).toBe(5 + read.length);
          if (window.available > 0)
            expect(window.view.getUint8(window.position)).toBe(window.buffer[window.position]);
        });
        read.push(...window.take(window.available));
        expect(read).toEqual(pushed.flatMap((chunk) => [...chunk]));
      }),
    );
  });

  test("uses a chunk where it lies when nothing is unread", () => {
    const window = new ByteWindow();
    const chunk = bytesOf(1, 2, 3);
    window.push(chunk);
    expect(window.buffer).toBe(chunk);
    window.take(3);
    const next = bytesOf(4);
    window.push(next);
    expect(window.buffer).toBe(next);
    expect(window.start).toBe(3);
  });

  test("never writes into a chunk that it uses where it lies", () => {
    const window = new ByteWindow();
    const memory = bytesOf(1, 2, 3, 4, 5, 6);
    window.push(memory.subarray(0, 3));
    window.take(1);
    window.push(bytesOf(9, 9));
    expect([...memory]).toEqual([1, 2, 3, 4, 5, 6]);
    expect([...window.take(4)]).toEqual([2, 3, 9, 9]);
  });

  test("a chunk of another window's memory keeps its place in its buffer", () => {
    const window = new ByteWindow();
    window.push(bytesOf(7, 8, 0x34, 0x12).subarray(2));
    expect(window.view.getUint16(window.position, true)).toBe(0x1234);
  });

  test("byte by byte it changes its memory only a few times", () => {
    const window = new ByteWindow();
    const memories = new Set<Uint8Array>();
    for (let count = 0; count < 100_000; count++) {
      window.push(bytesOf(count));
      memories.add(window.buffer);
    }
    expect(window.available).toBe(100_000);
    expect(memories.size).toBeLessThan(20);
  });

  test("equal chunks with a rest of changing size soon stop asking for memory", () => {
    const window = new ByteWindow();
    const memories = new Set<Uint8Array>();
    const chunk = new Uint8Array(10_000);
    for (let count = 0; count < 1000; count++) {
      window.push(chunk);
      window.take(Math.max(0, window.available - 1 - (count % 300)));
      memories.add(window.buffer);
    }
    expect(memories.size).toBeLessThan(10);
  });

  test("gives large memory back once small chunks are enough", () => {
    const window = new ByteWindow();
    window.push(new Uint8Array(3_000_000));
    window.take(1);
    window.push(new Uint8Array(3_000_000));
    window.take(5_999_990);
    window.push(new Uint8Array(100));
    window.take(100);
    window.push(new Uint8Array(2_000_000));
    expect(window.buffer.length).toBeGreaterThan(1_000_000);
    window.take(window.available - 1);
    window.push(new Uint8Array(10));
    window.take(5);
    window.push(new Uint8Array(20));
    expect(window.available).toBe(26);
  });

  test("in poison mode a view that was not copied is overwritten by the next push", () => {
    const window = new ByteWindow({ poison: true });
    const callers = bytesOf(1, 2, 3, 4);
    window.push(callers);
    const consumed = window.take(2);
    const copied = window.buffer.slice(0, 2);
    window.push(bytesOf(5));
    expect([...consumed]).toEqual([0xdb, 0xdb]);
    expect([...copied]).toEqual([1, 2]);
    expect([...callers]).toEqual([1, 2, 3, 4]);
    const rest = window.take(3);
    expect([...rest]).toEqual([3, 4, 5]);
    window.push(bytesOf(3, 4, 5));
    expect([...rest]).toEqual([0xdb, 0xdb, 0xdb]);
  });

  test("discarding goes forward only, and not past the end", () => {
    const window = new ByteWindow();
    window.push(bytesOf(1, 2, 3));
    window.discardBefore(2);
    expect(window.offset).toBe(2);
    expect(() => window.discardBefore(1)).toThrow(RangeError);
    expect(() => window.discardBefore(4)).toThrow(RangeError);
    expect(() => window.take(2)).toThrow("2 bytes wanted, 1 available");
  });
});

describe("a home", () => {
  const [roomBytes, headroomBytes, slotBytes] = [1000, 100, 500];

  function homeWindow() {
    const memory = new Uint8Array(roomBytes + 3 * (headroomBytes + slotBytes));
    const home = { memory, roomBytes, headroomBytes };
    return { memory, slots: slotsOf(home, slotBytes), window: new ByteWindow({ home }) };
  }

  test("has chunks read where they lie, behind what was left of the one before", () => {
    const { memory, slots, window } = homeWindow();
    for (let turn = 0; turn < 7; turn++) {
      const slot = slots[turn % 3].fill(turn);
      window.push(slot);
      expect(window.buffer).toBe(memory);
      expect(window.limit).toBe(slot.byteOffset + slotBytes);
      const unread = window.buffer.subarray(window.position, window.limit);
      expect([unread.length, unread[0], unread.at(-1)]).toEqual([
        slotBytes + turn,
        turn === 0 ? 0 : turn - 1,
        turn,
      ]);
      window.position = window.limit - turn - 1;
    }
  });

  test("gathers in its room what is more than a headroom, and elsewhere what is more than the room: slots are read into", () => {
    const { memory, slots, window } = homeWindow();
    const pushed: number[] = [];
    for (let turn = 0; turn < 7; turn++) {
      const next = slots[(turn + 1) % 3].fill(0xee);
      window.push(slots[turn % 3].fill(turn));
      pushed.push(turn);
      expect(next.every((byte) => byte === 0xee)).toBe(true);
      const unread = window.buffer.subarray(window.position, window.limit);
      expect([...unread]).toEqual(pushed.flatMap((byte) => new Array(slotBytes).fill(byte)));
      expect(window.buffer === memory).toBe(unread.length <= roomBytes);
    }
  });
});

test("a chunk that is a Buffer of Node is lent as plain bytes, so that slice() copies", () => {
  const chunk = Buffer.from("abc");
  const window = new ByteWindow();
  window.push(chunk);
  const kept = window.take(3).slice();
  chunk.fill(0);
  expect(Buffer.from(kept).toString()).toBe("abc");
});

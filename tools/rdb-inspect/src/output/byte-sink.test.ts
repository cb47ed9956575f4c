import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ByteSink } from "./byte-sink.ts";

const textOf = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString("utf8");

describe("a byte sink", () => {
  test("writes whole numbers as JavaScript prints them", () => {
    fc.assert(
      fc.property(fc.oneof(fc.maxSafeInteger(), fc.integer(), fc.nat(2000)), (value) => {
        const sink = new ByteSink();
        sink.integer(value);
        sink.commit();
        expect(textOf(sink.take())).toBe(String(value));
      }),
    );
  });

  test("writes text of any size and place as UTF-8", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.nat(2000), fc.nat(66_000), (piece, times, before) => {
        const text = piece.repeat(times);
        const sink = new ByteSink();
        sink.bytes(new Uint8Array(before).fill(0x2e));
        sink.text(text);
        sink.commit();
        expect(textOf(sink.take()) === ".".repeat(before) + text).toBe(true);
      }),
    );
  });

  test("keeps an unfinished record back until it is committed", () => {
    const sink = new ByteSink();
    sink.ascii("one\n");
    sink.commit();
    sink.ascii("tw");
    expect(textOf(sink.take())).toBe("one\n");
    expect(sink.take()).toBeUndefined();
    sink.ascii("o\n");
    sink.commit();
    expect(textOf(sink.take())).toBe("two\n");
    expect(sink.size).toBe(0);
  });

  test("lets a record larger than the hold go out in pieces and says that it is torn", () => {
    const sink = new ByteSink({ holdBytes: 10 });
    sink.ascii("012345678901");
    expect(textOf(sink.take())).toBe("012345678901");
    expect(sink.isTorn).toBe(true);
    sink.ascii("end");
    sink.commit();
    expect(sink.isTorn).toBe(false);
    expect(textOf(sink.take())).toBe("end");
  });

  test("a rollback forgets the unfinished record only", () => {
    const sink = new ByteSink();
    sink.text("größe\n");
    sink.commit();
    sink.ascii("half");
    sink.rollback();
    expect(textOf(sink.take())).toBe("größe\n");
  });

  test("what was taken is not overwritten by what comes later", () => {
    const sink = new ByteSink();
    const taken: Uint8Array[] = [];
    for (let index = 0; index < 50; index++) {
      sink.ascii(String(index).repeat(3000));
      sink.commit();
      taken.push(sink.take()!);
    }
    expect(taken.map(textOf)).toEqual(Array.from({ length: 50 }, (_, index) => String(index).repeat(3000)));
  });
});

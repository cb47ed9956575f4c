import fc from "fast-check";
import { expect, test } from "vitest";
import { ByteWriter } from "./byte-writer.ts";

test("every kind of value is written in the order its name says", () => {
  const writer = new ByteWriter()
    .u8(1)
    .u16le(0x0203)
    .u32le(0x04050607)
    .u32be(0x08090a0b)
    .u64le(0x0102030405060708n)
    .u64be(0x0102030405060708n)
    .i64le(-2n)
    .f64le(1.5)
    .bytes(Uint8Array.of(0xaa, 0xbb))
    .ascii("OK");
  expect(writer.size).toBe(51 - 4);
  expect(Buffer.from(writer.take()).toString("hex")).toBe(
    "01 0302 07060504 08090a0b 0807060504030201 0102030405060708 feffffffffffffff 000000000000f83f aabb 4f4b".replaceAll(
      " ",
      "",
    ),
  );
});

test("what was taken stays as it is when writing goes on", () => {
  const writer = new ByteWriter().ascii("first");
  const taken = writer.take();
  expect(writer.size).toBe(0);
  writer.ascii("other");
  expect(Buffer.from(taken).toString()).toBe("first");
});

test("it grows to any size and keeps every byte", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 700 }), { maxLength: 20 }), (pieces) => {
      const writer = new ByteWriter();
      for (const piece of pieces) writer.bytes(piece);
      expect([...writer.take()]).toEqual(pieces.flatMap((piece) => [...piece]));
    }),
  );
});

test("text that is not ASCII is refused", () => {
  expect(() => new ByteWriter().ascii("é")).toThrow(RangeError);
});

test("it grows under a number as it grows under bytes", () => {
  for (let before = 250; before <= 256; before++) {
    const writer = new ByteWriter().bytes(new Uint8Array(before)).u64be(0x0102030405060708n).u8(9);
    expect([...writer.take().subarray(before)]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  }
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Crc64, combineCrc64, crc64, formatCrc64 } from "./crc64.ts";

const digits = new TextEncoder().encode("123456789");

/** The definition, bit by bit. */
function slowCrc64(bytes: Uint8Array): bigint {
  let register = 0n;
  for (const byte of bytes) {
    register ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) {
      register = (register & 1n) === 1n ? (register >> 1n) ^ 0x95ac9329ac4bc9b5n : register >> 1n;
    }
  }
  return register;
}

describe("CRC-64", () => {
  test("the check value over 123456789 is e9c6d914c4b8d9ca", () => {
    expect(formatCrc64(crc64(digits))).toBe("e9c6d914c4b8d9ca");
  });

  test("no bytes have checksum 0, written with sixteen digits", () => {
    expect(formatCrc64(crc64(new Uint8Array(0)))).toBe("0000000000000000");
  });

  test("it is the definition, for any bytes cut at any point", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(), (bytes, at) => {
        const cut = at % (bytes.length + 1);
        const whole = slowCrc64(bytes);
        expect(crc64(bytes)).toBe(whole);
        expect(new Crc64().update(bytes, 0, cut).update(bytes, cut).value).toBe(whole);
      }),
    );
  });

  test("one continues from where another stands, which stays there", () => {
    const first = new Crc64().update(digits, 0, 4);
    const second = new Crc64().update(digits);
    second.continueFrom(first);
    expect(second.update(digits, 4).value).toBe(crc64(digits));
    expect(first.value).toBe(crc64(digits.subarray(0, 4)));
  });

  test("reset starts again", () => {
    const crc = new Crc64().update(digits);
    crc.reset();
    expect(crc.value).toBe(0n);
    expect(crc.update(digits).value).toBe(crc64(digits));
  });
});

describe("two checksums combined", () => {
  test("are the checksum of both parts in order", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.uint8Array({ maxLength: 200 }), (first, second) => {
        const whole = crc64(Buffer.concat([first, second]));
        expect(combineCrc64(crc64(first), crc64(second), second.length)).toBe(whole);
      }),
    );
  });

  test("are exact for parts of any size", () => {
    const register = crc64(digits);
    const half = 2 ** 52;
    const inTwoSteps = combineCrc64(combineCrc64(register, 0n, half - 1), 0n, half);
    expect(combineCrc64(register, 0n, 2 ** 53 - 1)).toBe(inTwoSteps);
    expect(combineCrc64(register, 0n, 2 ** 32 + 5)).toBe(
      combineCrc64(combineCrc64(register, 0n, 5), 0n, 2 ** 32),
    );
  });

  test("an inexact count is refused", () => {
    expect(() => combineCrc64(0n, 0n, 2 ** 53)).toThrow(RangeError);
    expect(() => combineCrc64(0n, 0n, -1)).toThrow(RangeError);
  });
});

/**
 * CRC-64 of RDB files, bit by bit: slow, and independent of the code it is there to judge.
 *
 * Polynomial ad93d23594c935a9 (Jones), reflected in and out, initial value 0, no final xor.
 * Check value: e9c6d914c4b8d9ca over the text "123456789".
 *
 * Source: redis src/crc64.c, the comment at its head.
 */
const reflectedPolynomial = 0x95ac9329ac4bc9b5n;

export function crc64Oracle(bytes: Uint8Array): bigint {
  let crc = 0n;
  for (const byte of bytes) {
    crc ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit += 1) {
      crc = (crc & 1n) === 1n ? (crc >> 1n) ^ reflectedPolynomial : crc >> 1n;
    }
  }
  return crc;
}

/** The checksum as it stands at the end of an RDB: eight bytes, least significant first. */
export function crc64Bytes(bytes: Uint8Array): Uint8Array {
  const crc = crc64Oracle(bytes);
  return Uint8Array.from({ length: 8 }, (_, index) => Number((crc >> BigInt(8 * index)) & 0xffn));
}

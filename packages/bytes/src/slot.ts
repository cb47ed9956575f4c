/**
 * The cluster slot of a key: CRC-16/XMODEM of the key, or of its hash tag, modulo 16384.
 *
 *   user:{42}:name     the tag is what stands between the first "{" and the first "}" behind it
 *   user:{}:name       an empty tag does not count: the whole key is hashed
 *
 * Source: the Redis cluster specification, "Hash tags"; redis src/cluster.c, keyHashSlot().
 */

import crc16xmodem from "crc/calculators/crc16xmodem";

/** Slots are 0…16383. */
export const CLUSTER_SLOTS = 16_384;

const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;

/** The CRC of each byte alone: all that is needed to go on byte by byte without a call for each key. */
const crcOfByte = Uint16Array.from({ length: 256 }, (_, byte) => crc16xmodem(Uint8Array.of(byte)));

/** The slot, 0…16383, that a cluster keeps the key bytes[start, end) in. */
export function slotOfKey(bytes: Uint8Array, start = 0, end: number = bytes.length): number {
  let crc = 0;
  for (let at = start; at < end; at++) {
    const byte = bytes[at];
    if (byte === OPENING_BRACE) return slotOfTag(bytes, start, at, end);
    crc = (crcOfByte[(crc >>> 8) ^ byte] ^ (crc << 8)) & 0xffff;
  }
  return crc % CLUSTER_SLOTS;
}

/** The same for a key whose first opening brace is at `opening`. */
function slotOfTag(bytes: Uint8Array, start: number, opening: number, end: number): number {
  let closing = opening + 1;
  while (closing < end && bytes[closing] !== CLOSING_BRACE) closing++;
  const hasTag = closing < end && closing > opening + 1;
  return (
    crc16xmodem(hasTag ? bytes.subarray(opening + 1, closing) : bytes.subarray(start, end)) % CLUSTER_SLOTS
  );
}

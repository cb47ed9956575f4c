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

/** The slot, 0…16383, that a cluster keeps this key in. */
export function slotOfKey(key: Uint8Array): number {
  return crc16xmodem(hashedPart(key)) % CLUSTER_SLOTS;
}

function hashedPart(key: Uint8Array): Uint8Array {
  const opening = key.indexOf(OPENING_BRACE);
  if (opening === -1) return key;
  const closing = key.indexOf(CLOSING_BRACE, opening + 1);
  return closing <= opening + 1 ? key : key.subarray(opening + 1, closing);
}

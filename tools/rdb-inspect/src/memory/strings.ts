/**
 * Sizes of the servers' string structure ("sds"): a header that grows with the length, the text, a zero byte.
 *
 *   length      below 32   below 256   below 65 536   below 2^32   more
 *   header      1          3           5              9            17
 *
 * A string inside another allocation (an "embedded" value) always has the three-byte header.
 *
 * Source: sds.h of Redis and Valkey. The newest versions switch headers up to seven bytes earlier,
 * which never changes the size class.
 */

export const embeddedHeaderBytes = 3;
const terminatorBytes = 1;

function stringHeaderBytes(lengthBytes: number): number {
  if (lengthBytes < 32) return 1;
  if (lengthBytes < 256) return 3;
  if (lengthBytes < 65536) return 5;
  return lengthBytes < 2 ** 32 ? 9 : 17;
}

/** Bytes asked for when a string of this length is made. */
export function stringBytes(lengthBytes: number): number {
  return stringHeaderBytes(lengthBytes) + lengthBytes + terminatorBytes;
}

/** Bytes of a string whose header has at least three bytes: embedded values, and fields with flags in the header. */
export function wideStringBytes(lengthBytes: number): number {
  return Math.max(stringHeaderBytes(lengthBytes), embeddedHeaderBytes) + lengthBytes + terminatorBytes;
}

/**
 * HyperLogLogs as servers keep them in strings, byte for byte.
 *
 *   "HYLL"  encoding  0 0 0  cached cardinality, 8 bytes little-endian; its top bit says "out of date"
 *   dense   16384 registers of 6 bits, the first in the low bits of the first byte
 *   sparse  runs of registers:  00zzzzzz           z + 1 registers of 0
 *                               01zzzzzz zzzzzzzz  z + 1 registers of 0
 *                               1vvvvvnn           n + 1 registers of v + 1
 *
 * Source: redis src/hyperloglog.c.
 */

export const registerCount = 16384;
export const registerBits = 6;
export const headerBytes = 16;
export const denseBytes = headerBytes + (registerCount * registerBits) / 8;

export const encodingAt = 4;
export const cardinalityAt = 8;
export const cardinalityTopAt = 15;
export const outOfDate = 0x80;
export const encodings = { dense: 0, sparse: 1 } as const;

export const magic = Uint8Array.of(0x48, 0x59, 0x4c, 0x4c);

/** What one run of a sparse HyperLogLog can say. */
export const runLimits = { zeros: 64, manyZeros: 16384, values: 4, value: 32 } as const;

/** The server's `hll-sparse-max-bytes`, when nobody changed it. */
export const sparseBytesMaxDefault = 3000;

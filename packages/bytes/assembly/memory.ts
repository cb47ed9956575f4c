/**
 * Where the kernels keep things in their memory. JavaScript learns what it must know from the exports of kernels.ts.
 *
 *   0        8 bytes    the CRC register between two calls
 *   4096     32 KiB     16 tables of 256 CRC contributions
 *   36864    2816 bytes folded bytes before the piece: what the piece's folding looks back at
 *   39680    to the end bytes that JavaScript copies in and out
 */

export const REGISTER: usize = 0;
export const TABLES: usize = 4096;
export const TABLES_END: usize = 36864;
/** At least the largest distance that folding looks back, and a multiple of 16. */
export const HISTORY_BYTES: usize = 2816;
export const HISTORY: usize = TABLES_END;
export const SCRATCH: usize = HISTORY + HISTORY_BYTES;

/**
 * Where the kernels keep things in their memory. JavaScript learns what it must know from the exports of kernels.ts.
 *
 *   0        8 bytes    the CRC register between two calls
 *   4096     32 KiB     16 tables of 256 CRC contributions
 *   36864    64 KiB     where LZF packing has seen what
 *   102400   2816 bytes folded bytes before the piece: what the piece's folding looks back at
 *   105216   to the end bytes that JavaScript copies in and out
 */

import { LZF_TABLE_BYTES } from "./lzf-pack";

export const REGISTER: usize = 0;
export const TABLES: usize = 4096;
export const TABLES_END: usize = 36864;
export const LZF_TABLE: usize = TABLES_END;
/** At least the largest distance that folding looks back, and a multiple of 16. */
export const HISTORY_BYTES: usize = 2816;
export const HISTORY: usize = LZF_TABLE + LZF_TABLE_BYTES;
export const SCRATCH: usize = HISTORY + HISTORY_BYTES;

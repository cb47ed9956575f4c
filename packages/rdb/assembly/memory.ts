/**
 * Where the lane keeps things in its memory. JavaScript learns what it must know from the exports of lane.ts.
 *
 *   CHECKSUM   119 KiB    what the kernel for CRC-64 keeps (packages/bytes/assembly/memory.ts), with 16 KiB that it folds at a time
 *   TYPES      256 B      what to do with a type number: a shape of shapes.ts, 0 for none
 *   KEPT_OUT   256 B      how names begin that are left to JavaScript
 *   ROWS       64 KiB     one row a record, laid out in rows.ts
 *   PRINTS     8 KiB      the fingerprint of each row's key
 *   NAMES      16 KiB     names of keys that are stored as integers
 *   TRACE      8 MiB      numbers that the walk met, as doubles
 *   TABLE      8 MiB      fingerprints of the members of one value
 *   UNPACKED   2 MiB      one LZF block, unpacked
 *   WINDOW     16 MiB     the bytes of the file at hand, or, behind that:
 *   SLOTS      4 times    256 KiB of headroom and 2 MiB that a chunk is read into
 *
 * Large records need the large areas; memory that nothing was written to costs nothing.
 *
 * Behind UNPACKED and WINDOW lie bytes that may be read, and in UNPACKED also written, without meaning: so loops
 * can take 16 bytes at a time and look a few bytes ahead before they compare with the end.
 */

import { SCRATCH } from "../../bytes/assembly/memory";

export const SLACK_BYTES: usize = 128;

const CHECKSUM_END: usize = SCRATCH + (16 << 10);
export const TYPES: usize = CHECKSUM_END;
export const KEPT_OUT: usize = TYPES + 1024;
export const KEPT_OUT_BYTES: usize = 256;
export const ROW_BYTES: usize = 64;
export const ROWS_MAX: i32 = 1024;
export const ROWS: usize = TYPES + 4096;
export const NAME_BYTES: usize = 16;
export const PRINTS: usize = ROWS + <usize>ROWS_MAX * ROW_BYTES;
export const NAMES: usize = PRINTS + <usize>ROWS_MAX * 8;
export const TRACE: usize = NAMES + <usize>ROWS_MAX * NAME_BYTES;
export const TRACE_END: usize = TRACE + (8 << 20);
export const TABLE: usize = TRACE_END;
/** More members than half of this are left to JavaScript. */
export const TABLE_SLOTS: usize = 1048576;
export const UNPACKED: usize = TABLE + TABLE_SLOTS * 8;
export const UNPACKED_BYTES: usize = 2 << 20;
export const WINDOW: usize = UNPACKED + UNPACKED_BYTES + SLACK_BYTES;
export const WINDOW_BYTES: usize = 16 << 20;
export const HEADROOM_BYTES: usize = 256 << 10;
export const SLOT_BYTES: usize = 2 << 20;
const SLOTS: usize = 4;
export const HOME_BYTES: usize = WINDOW_BYTES + SLOTS * (HEADROOM_BYTES + SLOT_BYTES);
export const LANE_END: usize = WINDOW + HOME_BYTES + SLACK_BYTES;

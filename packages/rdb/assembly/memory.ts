/**
 * Where the lane keeps things in its memory. JavaScript learns what it must know from the exports of lane.ts.
 *
 *   TYPES      256 B      what to do with a type number: a shape of shapes.ts, 0 for none
 *   ROWS       256 KiB    one row a record, laid out in rows.ts
 *   NAMES      64 KiB     names of keys that are stored as integers
 *   TRACE      1 MiB      numbers that the walk met, as doubles
 *   TABLE      1 MiB      fingerprints of the members of one value
 *   UNPACKED   2 MiB      one LZF block, unpacked
 *   WINDOW     2 MiB      the bytes of the file at hand
 *
 * Behind UNPACKED and WINDOW lie bytes that may be read, and in UNPACKED also written, without meaning: so loops
 * can take 16 bytes at a time and look a few bytes ahead before they compare with the end.
 */

export const SLACK_BYTES: usize = 128;

export const TYPES: usize = 1024;
export const ROW_BYTES: usize = 64;
export const ROWS_MAX: i32 = 4096;
export const ROWS: usize = 4096;
export const NAME_BYTES: usize = 16;
export const NAMES: usize = ROWS + <usize>ROWS_MAX * ROW_BYTES;
export const TRACE: usize = NAMES + <usize>ROWS_MAX * NAME_BYTES;
export const TRACE_END: usize = TRACE + (1 << 20);
export const TABLE: usize = TRACE_END;
/** More members than half of this are left to JavaScript. */
export const TABLE_SLOTS: usize = 131072;
export const UNPACKED: usize = TABLE + TABLE_SLOTS * 8;
export const UNPACKED_BYTES: usize = 2 << 20;
export const WINDOW: usize = UNPACKED + UNPACKED_BYTES + SLACK_BYTES;
export const WINDOW_BYTES: usize = 2 << 20;
export const LANE_END: usize = WINDOW + WINDOW_BYTES + SLACK_BYTES;
